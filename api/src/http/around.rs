//! What surrounds every request, whatever it asks for: its id, the client's address, who may read the answer, and the
//! headers of every answer. One layer, because each costs as much again as what it does.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::negotiate::MediaType;
use super::request_id::{self, RequestId};
use super::{Server, answer, client_address, cors};
use crate::error::ErrorCode;
use crate::graphql::engine::RequestError;

pub async fn surround(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map(MatchedPath::as_str);
    surrounded(&server, request, route, async |request| next.run(request).await).await
}

/// The same around what is not asked by way of the router.
pub async fn surrounded<F: Future<Output = Response>>(
    server: &Server,
    request: Request,
    route: Option<&str>,
    next: impl FnOnce(Request) -> F,
) -> Response {
    request_id::assign(request, route, async |mut request| {
        client_address::find(server, &mut request);
        let response = cors::share(server, request, async |request| match refused_name(server, &request) {
            Some(refusal) => refusal,
            None => next(request).await,
        });
        guard(response.await)
    })
    .await
}

/// The demo lets in everybody who reaches it, so it answers only under names of this machine: a page from elsewhere that
/// has its own name point here gets nothing.
fn refused_name(server: &Server, request: &Request) -> Option<Response> {
    if !server.app.demo {
        return None;
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    let local = name.eq_ignore_ascii_case("localhost")
        || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    (!local).then(|| {
        let error = RequestError::new(ErrorCode::Forbidden, "The demo answers under the name localhost only.");
        let id = request.extensions().get::<RequestId>().cloned().unwrap_or(RequestId(String::new()));
        answer::with_status(StatusCode::FORBIDDEN, MediaType::Json, &id, &[error])
    })
}

/// Headers of every answer, whatever it is.
fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
