//! Every request gets an id: in the log, in each error, and in the answer's `X-Request-Id`.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::response::Response;
use mti::prelude::TypeIdSuffix;
use tracing::Instrument;
use uuid::Uuid;

use crate::telemetry::traces;

/// The id of a request, e.g. `req_01kaf…`: ours, never the caller's.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

impl RequestId {
    /// A new one.
    pub fn fresh() -> Self {
        Self(format!("req_{}", &*TypeIdSuffix::from(Uuid::now_v7())))
    }
}

pub async fn assign<F: Future<Output = Response>>(
    mut request: Request,
    route: Option<&str>,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let RequestId(id) = RequestId::fresh();
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = tracing::info_span!("request", id);
    // Inside of the log's span, so that what outlives the request can take that one along without this one.
    let traced = span.in_scope(|| traces::request(request.method(), route, &id, request.headers()));
    let mut response = async {
        let response = next(request).instrument(traced.clone()).await;
        traces::answered(&traced, response.status());
        // Operations have lines of their own.
        tracing::debug!(route, status = response.status().as_u16(), "request");
        response
    }
    .instrument(span)
    .await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}
