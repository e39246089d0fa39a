//! The HTTP side: one endpoint for GraphQL (requests, event streams, sockets), the GraphiQL page, the schema bundle,
//! health, and what every answer carries.

mod answer;
mod around;
mod bundle;
mod client_address;
mod conditional;
mod cors;
mod document;
mod event_stream;
mod graphql;
mod health;
mod introspection;
mod keys;
mod line;
mod metrics;
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
use axum::middleware;
use axum::routing::get;
use ipnet::IpNet;
use tokio::sync::watch;

use crate::app::App;
use crate::config::{Config, Introspection};
use crate::graphql::schema::{self, StoaEngine};

pub use self::metrics::{metrics_router, serve_metrics};
pub use self::request_id::RequestId;
pub use self::serve::serve;

/// What the handlers share.
pub struct Server {
    pub app: Arc<App>,
    pub engine: StoaEngine,
    pub body_limit: usize,
    pub request_timeout: Duration,
    pub header_timeout: Duration,
    pub connection_limit: u32,
    pub socket_operation_limit: usize,
    pub socket_init_timeout: Duration,
    pub keep_alive: Duration,
    /// From so many milliseconds on a query or mutation is slow.
    pub slow_operation: f64,
    pub allowed_origins: Vec<String>,
    pub trusted_proxies: Vec<IpNet>,
    pub introspection: Introspection,
    pub write_timeout: Duration,
    /// Turns true when the service stops, for what does not end by itself: sockets and event streams.
    pub stop: watch::Sender<bool>,
}

impl Server {
    pub fn new(config: &Config, app: Arc<App>) -> anyhow::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            app,
            engine: schema::engine(schema::limits(&config.limits))?,
            body_limit: config.http.body_limit,
            request_timeout: config.http.request_timeout(),
            header_timeout: config.http.header_timeout(),
            connection_limit: config.http.connection_limit,
            socket_operation_limit: config.http.socket_operation_limit,
            socket_init_timeout: config.http.socket_init_timeout(),
            keep_alive: config.http.keep_alive(),
            slow_operation: config.telemetry.slow_operation(),
            allowed_origins: config.http.allowed_origins.clone(),
            trusted_proxies: config.door.trusted_proxies.clone(),
            introspection: config.door.introspection,
            write_timeout: config.door.write_timeout(),
            stop: watch::Sender::new(false),
        }))
    }
}

/// Where operations are sent to.
const GRAPHQL: &str = "/graphql";

/// Every route of the service.
pub fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route(GRAPHQL, get(graphql::get).post(graphql::post).fallback(graphql::other_method))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/.well-known/jwks.json", get(keys::keys))
        .merge(bundle::routes())
        .merge(pages::routes())
        .fallback(pages::not_found)
        .layer(middleware::from_fn_with_state(server.clone(), around::surround))
        .with_state(server)
}

/// Waits for the stop. A dropped sender means that nobody is left to say it: the same as a stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
