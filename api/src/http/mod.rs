//! The HTTP side: one endpoint for GraphQL, the GraphiQL page, health, and what every answer carries.

mod answer;
mod graphql;
mod health;
mod negotiate;
mod pages;
mod params;
mod request_id;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::config::Config;
use crate::graphql::schema::{self, StoaEngine};

use self::negotiate::MediaType;
pub use self::request_id::RequestId;
use crate::error::ErrorCode;
use crate::graphql::engine::RequestError;

/// What the handlers share.
pub struct Server {
    pub app: Arc<App>,
    pub engine: StoaEngine,
    pub body_limit: usize,
    pub request_timeout: Duration,
}

impl Server {
    pub fn new(config: &Config, app: Arc<App>) -> anyhow::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            app,
            engine: schema::engine(config.limits.engine())?,
            body_limit: config.http.body_limit,
            request_timeout: config.http.request_timeout(),
        }))
    }
}

/// Every route of the service.
pub fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route("/graphql", get(graphql::get).post(graphql::post).fallback(graphql::other_method))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .merge(pages::routes())
        .fallback(pages::not_found)
        .layer(middleware::map_response(guard_answer))
        .layer(middleware::from_fn_with_state(server.clone(), local_name))
        .layer(middleware::from_fn(request_id::assign))
        .with_state(server)
}

/// The demo lets in everybody who reaches it, so it answers only under names of this machine: a page from elsewhere that
/// has its own name point here gets nothing.
async fn local_name(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    let local = name.eq_ignore_ascii_case("localhost")
        || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if server.app.demo && !local {
        let error = RequestError::new(ErrorCode::Forbidden, "The demo answers under the name localhost only.");
        let id = request.extensions().get::<RequestId>().cloned().unwrap_or(RequestId(String::new()));
        return answer::with_status(StatusCode::FORBIDDEN, MediaType::Json, &id, &[error]);
    }
    next.run(request).await
}

/// Headers of every answer, whatever it is.
async fn guard_answer(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Serves until `stop` turns true, then lets running requests end, for `drain` at the longest.
pub async fn serve(
    listener: TcpListener,
    server: Arc<Server>,
    mut stop: watch::Receiver<bool>,
    drain: Duration,
) -> anyhow::Result<()> {
    let mut stopped = stop.clone();
    let service = router(server).into_make_service_with_connect_info::<SocketAddr>();
    let service = axum::serve(listener, service).with_graceful_shutdown(async move {
        // A dropped sender means that nobody is left to say stop: the same as a stop.
        let _ = stopped.wait_for(|stop| *stop).await;
    });
    tokio::select! {
        served = std::future::IntoFuture::into_future(service) => served?,
        () = async {
            let _ = stop.wait_for(|stop| *stop).await;
            tokio::time::sleep(drain).await;
        } => tracing::warn!("requests were still running when the drain time was over"),
    }
    Ok(())
}
