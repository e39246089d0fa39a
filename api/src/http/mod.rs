//! The HTTP side: one endpoint for GraphQL (requests, event streams, sockets), the GraphiQL page, health, and what every
//! answer carries.

mod answer;
mod event_stream;
mod graphql;
mod health;
mod negotiate;
mod operation;
mod origin;
mod pages;
mod params;
mod request_id;
mod serve;
mod socket;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::response::Response;
use axum::routing::get;
use tokio::sync::watch;

use crate::app::App;
use crate::config::Config;
use crate::graphql::schema::{self, StoaEngine};

pub use request_id::RequestId;
pub use serve::serve;

/// What the handlers share.
pub struct Server {
    pub app: Arc<App>,
    pub engine: StoaEngine,
    pub body_limit: usize,
    pub request_timeout: Duration,
    pub header_timeout: Duration,
    pub connection_limit: u32,
    pub socket_operation_limit: usize,
    pub allowed_origins: Vec<String>,
    /// Turns true when the service stops, for what does not end by itself: sockets and event streams.
    pub stop: watch::Sender<bool>,
}

impl Server {
    pub fn new(config: &Config, app: Arc<App>) -> anyhow::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            app,
            engine: schema::engine(config.limits.engine())?,
            body_limit: config.http.body_limit,
            request_timeout: config.http.request_timeout(),
            header_timeout: config.http.header_timeout(),
            connection_limit: config.http.connection_limit,
            socket_operation_limit: config.http.socket_operation_limit,
            allowed_origins: config.http.allowed_origins.clone(),
            stop: watch::Sender::new(false),
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
        .layer(middleware::from_fn(request_id::assign))
        .with_state(server)
}

/// Waits for the stop. A dropped sender means that nobody is left to say it: the same as a stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
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
