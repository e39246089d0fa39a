//! Whether the process lives, and whether it can serve.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::Server;

/// 200 as long as the process answers at all.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// 200 when the database answers within a second, else 503.
pub async fn readyz(State(server): State<Arc<Server>>) -> (StatusCode, &'static str) {
    let ping = Statement::from_string(DbBackend::Postgres, "select 1");
    match tokio::time::timeout(Duration::from_secs(1), server.app.db.query_one_raw(ping)).await {
        Ok(Ok(_)) => (StatusCode::OK, "ready\n"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}
