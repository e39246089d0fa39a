//! `/.well-known/jwks.json`: the public keys with which others verify access tokens.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::Server;
use crate::auth::keys::KEPT;

pub async fn keys(State(server): State<Arc<Server>>) -> Response {
    let mut response = Json(server.app.tokens.public_set()).into_response();
    if let Ok(caching) = HeaderValue::from_str(&format!("public, max-age={KEPT}")) {
        response.headers_mut().insert(header::CACHE_CONTROL, caching);
    }
    response
}
