//! `/metrics`, on a listener of its own, so that nobody gets to read it by accident.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use super::Server;
use crate::telemetry::traces::Spans;
use crate::telemetry::{MEDIA, Sample};

/// Answers on `listener` for as long as it is polled.
pub async fn serve_metrics(
    listener: TcpListener,
    server: Arc<Server>,
    spans: Option<Arc<Spans>>,
) -> std::io::Result<()> {
    axum::serve(listener, metrics_router(server, spans)).await
}

/// What is on that listener.
pub fn metrics_router(server: Arc<Server>, spans: Option<Arc<Spans>>) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state((server, spans))
}

async fn metrics(State((server, spans)): State<(Arc<Server>, Option<Arc<Spans>>)>) -> Response {
    let pool = server.app.db.get_postgres_connection_pool();
    let sample = Sample {
        pool: (pool.size(), pool.num_idle() + server.app.rest.resting(), pool.options().get_max_connections()),
        connection_limit: server.connection_limit,
        documents: server.engine.kept(),
        spans: spans.map(|spans| (spans.ended(), spans.sent())),
    };
    match server.app.metrics.page(&sample) {
        Ok(page) => ([(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA))], page).into_response(),
        Err(cause) => {
            tracing::error!(%cause, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
