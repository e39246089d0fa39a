//! `/schema`: the schema bundle, open to everybody. The index says which version this is; under a version's address
//! nothing ever changes.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;

use super::Server;
use super::answer;
use super::negotiate::MediaType;
use super::pages::not_found;
use super::request_id::RequestId;
use crate::bundle::{Bundle, File, INDEX};
use crate::error::ErrorCode;
use crate::graphql::engine::RequestError;

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

pub fn routes() -> Router<Arc<Server>> {
    Router::new()
        .route("/schema", get(index))
        .route("/schema/{version}/", get(index_of))
        .route("/schema/{version}/{*name}", get(file))
}

async fn index(id: Extension<RequestId>, headers: HeaderMap) -> Response {
    find(None, INDEX, id, &headers).await
}

async fn index_of(Path(version): Path<String>, id: Extension<RequestId>, headers: HeaderMap) -> Response {
    find(Some(&version), INDEX, id, &headers).await
}

async fn file(Path((version, name)): Path<(String, String)>, id: Extension<RequestId>, headers: HeaderMap) -> Response {
    find(Some(&version), &name, id, &headers).await
}

async fn find(version: Option<&str>, name: &str, id: Extension<RequestId>, headers: &HeaderMap) -> Response {
    let bundle = match Bundle::get().await {
        Ok(bundle) => bundle,
        Err(cause) => {
            tracing::error!(cause = format!("{cause:#}"), "no schema bundle");
            let error = RequestError::new(ErrorCode::Internal, "Something went wrong on the server.");
            return answer::with_status(StatusCode::INTERNAL_SERVER_ERROR, MediaType::Json, &id, &[error]);
        }
    };
    match bundle.file(name).filter(|_| version.is_none_or(|version| version == bundle.version)) {
        Some(file) => send(file, if version.is_some() { FOR_EVER } else { ASK_AGAIN }, headers),
        None => not_found(id).await,
    }
}

fn send(file: &'static File, caching: HeaderValue, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", &file.sha256[..32]);
    let mut response = match is_known(asked, &tag) {
        true => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        }
        false => {
            let mut response = Response::new(Body::from(file.content.as_str()));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, caching);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// Whether `If-None-Match` names the tag; the comparison is the weak one, as the specification has it for GET.
fn is_known(asked: &HeaderMap, tag: &str) -> bool {
    let values = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}
