//! What pages of other sites may read, by the rules that browsers keep (CORS).
//!
//! - `/graphql` is for the origins that are allowed. Every answer to them says so, refusals included: else their script
//!   could not read the code of an error.
//! - The schema bundle and the public keys are for everybody.
//! - Whoever else asks is answered as a client without an origin would be, and their browser keeps the answer from the page.
//!   What changes anything is JSON, which a browser sends only after a preflight. The one credential that travels by itself,
//!   the cookie with a refresh token, stays at home with other sites (`SameSite`) and does not count for other origins.
//!
//! Sockets know no preflight; `origin::is_allowed` stands before them.

use std::future::Future;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;

use super::{Server, origin};

const ANYBODY: HeaderValue = HeaderValue::from_static("*");
/// Beyond those that any page may send: what a request is made of, what tracing adds, and what Apollo's clients add.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "accept, authorization, content-type, if-none-match, traceparent, tracestate, apollo-require-preflight, \
     apollographql-client-name, apollographql-client-version",
);
/// Beyond those that any page may read.
const ANSWER_HEADERS: HeaderValue =
    HeaderValue::from_static("allow, etag, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id");
/// Chromium keeps a preflight for two hours at the longest, Firefox for a day.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// For whom a path is.
enum Readers {
    Allowed,
    Anybody,
}

impl Readers {
    fn of(path: &str) -> Option<Self> {
        match path {
            "/graphql" => Some(Self::Allowed),
            "/schema" | "/.well-known/jwks.json" => Some(Self::Anybody),
            _ => path.starts_with("/schema/").then_some(Self::Anybody),
        }
    }

    fn methods(&self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Allowed => "GET, POST",
            Self::Anybody => "GET",
        })
    }

    /// Whom an answer names as its reader.
    fn named(&self, headers: &HeaderMap, allowed: &[String]) -> Option<HeaderValue> {
        match self {
            Self::Allowed => headers.get(header::ORIGIN).filter(|origin| origin::is_listed(origin, allowed)).cloned(),
            Self::Anybody => Some(ANYBODY),
        }
    }
}

/// Answers preflights, and adds to every other answer who may read it.
pub async fn share<F: Future<Output = Response>>(
    server: &Server,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let Some(readers) = Readers::of(request.uri().path()) else { return next(request).await };
    let reader = readers.named(request.headers(), &server.allowed_origins);
    let preflight = is_preflight(request.method(), request.headers());
    let mut response = match preflight {
        true => Response::new(Body::empty()),
        false => next(request).await,
    };
    if preflight {
        *response.status_mut() = StatusCode::NO_CONTENT;
        response.headers_mut().insert(header::ALLOW, readers.methods());
    }
    let headers = response.headers_mut();
    if matches!(readers, Readers::Allowed) {
        vary(headers);
    }
    let Some(reader) = reader else { return response };
    // With the cookie, for those whom it counts for.
    if matches!(readers, Readers::Allowed) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, reader);
    if preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, readers.methods());
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    } else {
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS);
    }
    response
}

/// The question whether a page may send what it wants to send.
fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer depends on the origin, besides on what it depends on anyway.
fn vary(headers: &mut HeaderMap) {
    let before = headers.get(header::VARY).and_then(|value| value.to_str().ok());
    let value = before.map_or_else(|| "Origin".to_owned(), |before| format!("{before}, Origin"));
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(header::VARY, value);
    }
}
