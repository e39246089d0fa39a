//! The landing page and GraphiQL, embedded in the binary: nothing is loaded from anywhere else.

use std::fmt::Write;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::Server;
use super::answer;
use super::negotiate::MediaType;
use super::request_id::RequestId;
use crate::demo;
use crate::error::ErrorCode;
use crate::graphql::engine::RequestError;

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// A file of the pages. Its tag changes with its content.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    tag: LazyLock<String>,
}

macro_rules! assets {
    ($($name:literal $content_type:ident $file:literal)*) => {
        [$(Asset {
            name: $name,
            content_type: $content_type,
            bytes: include_bytes!(concat!("../../assets/", $file)),
            tag: LazyLock::new(|| tag(include_bytes!(concat!("../../assets/", $file)))),
        },)*]
    };
}

const FONT: &str = "font/ttf";

static GRAPHIQL: [Asset; 7] = assets! {
    "app.js" SCRIPT "graphiql/app.js"
    "app.css" STYLE "graphiql/app.css"
    "editor.worker.js" SCRIPT "graphiql/editor.worker.js"
    "json.worker.js" SCRIPT "graphiql/json.worker.js"
    "graphql.worker.js" SCRIPT "graphiql/graphql.worker.js"
    "codicon.ttf" FONT "graphiql/codicon.ttf"
    "LICENSES.txt" TEXT "graphiql/LICENSES.txt"
};

static LANDING: [Asset; 2] = assets! {
    "/" HTML "landing/index.html"
    "/landing.css" STYLE "landing/landing.css"
};

const TEMPLATE: &str = include_str!("../../assets/graphiql/index.html");

fn tag(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..12].iter().fold(String::from("\""), |mut tag, byte| {
        let _ = write!(tag, "{byte:02x}");
        tag
    }) + "\""
}

pub fn routes() -> Router<Arc<Server>> {
    Router::new()
        .route("/", get(|headers: HeaderMap| async move { asset(&LANDING[0], &headers, None) }))
        .route("/landing.css", get(|headers: HeaderMap| async move { asset(&LANDING[1], &headers, None) }))
        .route("/graphiql", get(graphiql))
        .route("/graphiql/{file}", get(graphiql_file))
}

/// Anything that is not a route.
pub async fn not_found(Extension(id): Extension<RequestId>) -> Response {
    let error = RequestError::new(ErrorCode::BadRequest, "There is nothing here: GraphQL is at /graphql.");
    answer::with_status(StatusCode::NOT_FOUND, MediaType::Json, &id, &[error])
}

/// The page, with a nonce of its own and what it has to know of this server.
async fn graphiql(State(server): State<Arc<Server>>) -> Response {
    let nonce = STANDARD.encode(rand::random::<[u8; 16]>());
    let people: Vec<_> = match server.app.demo {
        true => demo::PEOPLE.iter().map(person).collect(),
        false => Vec::new(),
    };
    // The examples name things of the demo world, so they are of no use elsewhere.
    let tabs: Vec<_> = match server.app.demo {
        true => demo::examples::all().iter().map(tab).collect(),
        false => Vec::new(),
    };
    let config = json!({ "endpoint": "/graphql", "demo": server.app.demo, "people": people, "tabs": tabs });
    let page = TEMPLATE.replacen("{{NONCE}}", &nonce, 1).replacen("{{CONFIG}}", &escape(&config.to_string()), 1);
    let mut response = with_type(HTML, Body::from(page));
    protect(&mut response, &format!("style-src 'self' 'nonce-{nonce}'"));
    response
}

fn person(person: &demo::Person) -> serde_json::Value {
    json!({
        "username": person.username,
        "displayName": person.display_name,
        "roles": person.roles,
        "blurb": person.blurb,
    })
}

fn tab(example: &demo::examples::Example) -> serde_json::Value {
    json!({
        "title": example.title,
        "topic": example.topic,
        "query": example.query,
        "variables": example.variables,
    })
}

async fn graphiql_file(
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    id: Extension<RequestId>,
    headers: HeaderMap,
) -> Response {
    match GRAPHIQL.iter().find(|asset| asset.name == name) {
        Some(found) => asset(found, &headers, query.as_deref()),
        None => not_found(id).await,
    }
}

fn asset(asset: &Asset, headers: &HeaderMap, query: Option<&str>) -> Response {
    let tag = asset.tag.as_str();
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = match known.is_some_and(|known| known.split(',').any(|known| matches_tag(known.trim(), tag))) {
        true => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        }
        false => with_type(asset.content_type, Body::from(asset.bytes)),
    };
    // A file asked for by version never changes under that address.
    let versioned = query.is_some_and(|query| query.starts_with("v="));
    let caching = if versioned { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    protect(&mut response, "style-src 'self'");
    response
}

/// Compared weakly: whoever compresses on the way marks the tag so.
fn matches_tag(known: &str, tag: &str) -> bool {
    known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
}

fn with_type(content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The content security policy: nothing from elsewhere, no inline script, in nobody's frame.
fn protect(response: &mut Response, styles: &str) {
    let policy = format!(
        "default-src 'none'; script-src 'self'; {styles}; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
         worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
