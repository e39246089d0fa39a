//! `/graphql`: a request as the GraphQL-over-HTTP specification has it, by POST or GET.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::response::Response;
use http_body_util::LengthLimitError;
use serde_json::{Map, Value};

use super::Server;
use super::answer;
use super::negotiate::{self, MediaType};
use super::request_id::RequestId;
use crate::auth;
use crate::database::Reader;
use crate::error::{Error, ErrorCode};
use crate::graphql::context::RequestContext;
use crate::graphql::engine::{Prepared, RequestError};
use async_graphql::parser::types::OperationType;

/// The parts of a GraphQL request, of the right types.
#[derive(Debug, Default)]
struct Params {
    query: String,
    operation_name: Option<String>,
    variables: Map<String, Value>,
}

type Refusal = (Option<StatusCode>, RequestError);

fn bad(message: impl Into<String>) -> Refusal {
    (None, RequestError::new(ErrorCode::BadRequest, message))
}

fn bad_with(status: StatusCode, message: impl Into<String>) -> Refusal {
    (Some(status), RequestError::new(ErrorCode::BadRequest, message))
}

/// POST with a JSON body.
pub async fn post(
    State(server): State<Arc<Server>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let media = match media(&parts.headers, parts.version) {
        Ok(media) => media,
        Err((status, error)) => return refuse(MediaType::Json, &id, status, error),
    };
    let params = match check_content(&parts.headers) {
        Ok(()) => match tokio::time::timeout(server.request_timeout, read(body, server.body_limit)).await {
            Ok(params) => params,
            Err(_) => Err(bad_with(StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.")),
        },
        Err(refusal) => Err(refusal),
    };
    answer(&server, media, &id, &parts.headers, &Method::POST, params).await
}

/// GET with the request in the query string; queries only.
pub async fn get(State(server): State<Arc<Server>>, Extension(id): Extension<RequestId>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if parts.method == Method::HEAD {
        return other_method(Extension(id)).await;
    }
    let media = match media(&parts.headers, parts.version) {
        Ok(media) => media,
        Err((status, error)) => return refuse(MediaType::Json, &id, status, error),
    };
    let params = from_query_string(parts.uri.query().unwrap_or_default());
    answer(&server, media, &id, &parts.headers, &Method::GET, params).await
}

/// Every other method.
pub async fn other_method(Extension(id): Extension<RequestId>) -> Response {
    let refusal = bad_with(StatusCode::METHOD_NOT_ALLOWED, "Send GraphQL requests by POST, or queries by GET.");
    allow(refuse(MediaType::Json, &id, refusal.0, refusal.1), "GET, POST")
}

fn allow(mut response: Response, methods: &'static str) -> Response {
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}

fn refuse(media: MediaType, id: &RequestId, status: Option<StatusCode>, error: RequestError) -> Response {
    match status {
        Some(status) => answer::with_status(status, media, id, &[error]),
        None => answer::refused(media, id, &[error]),
    }
}

fn media(headers: &HeaderMap, version: Version) -> Result<MediaType, Refusal> {
    if version == Version::HTTP_11 && !headers.contains_key(header::HOST) {
        return Err(bad("The request has no Host header."));
    }
    let accept: Vec<&str> = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let accept = (!accept.is_empty()).then(|| accept.join(","));
    let refusal =
        || bad_with(StatusCode::NOT_ACCEPTABLE, "Accept application/graphql-response+json or application/json.");
    negotiate::accepted(accept.as_deref()).ok_or_else(refusal)
}

fn check_content(headers: &HeaderMap) -> Result<(), Refusal> {
    let unsupported = |message: &str| Err(bad_with(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    let encoding = headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or_default());
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return unsupported("The body must not be compressed.");
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = content_type.split(';').map(str::trim);
    let json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    match json && utf8 {
        true => Ok(()),
        false => unsupported("The body must be application/json in UTF-8."),
    }
}

async fn read(body: Body, limit: usize) -> Result<Params, Refusal> {
    let bytes = to_bytes(body, limit).await.map_err(|cause| {
        let too_large = std::error::Error::source(&cause).is_some_and(|source| source.is::<LengthLimitError>());
        let message = format!("The body must not be larger than {limit} bytes.");
        match too_large {
            true => (None, RequestError::new(ErrorCode::TooLarge, message)),
            false => bad("The body did not arrive whole."),
        }
    })?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| bad("The body is not JSON."))?;
    match value {
        Value::Object(fields) => from_fields(fields),
        Value::Array(_) => Err(bad("Batches are not supported: send one request at a time.")),
        _ => Err(bad("The body must be a JSON object.")),
    }
}

fn from_fields(mut fields: Map<String, Value>) -> Result<Params, Refusal> {
    let query = match fields.remove("query") {
        Some(Value::String(query)) => query,
        None | Some(Value::Null) => return Err(bad("`query` is missing.")),
        Some(_) => return Err(bad("`query` must be a string.")),
    };
    let operation_name = match fields.remove("operationName") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name).filter(|name| !name.is_empty()),
        Some(_) => return Err(bad("`operationName` must be a string.")),
    };
    let variables = match fields.remove("variables") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(variables)) => variables,
        Some(_) => return Err(bad("`variables` must be an object.")),
    };
    match fields.remove("extensions") {
        None | Some(Value::Null | Value::Object(_)) => Ok(Params { query, operation_name, variables }),
        Some(_) => Err(bad("`extensions` must be an object.")),
    }
}

fn from_query_string(text: &str) -> Result<Params, Refusal> {
    let mut fields = Map::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = unescape(name)?;
        if !matches!(name.as_str(), "query" | "operationName" | "variables" | "extensions") {
            continue;
        }
        let value = unescape(value)?;
        let value = match name.as_str() {
            "variables" | "extensions" if value.is_empty() => Value::Null,
            "variables" | "extensions" => {
                serde_json::from_str(&value).map_err(|_| bad(format!("`{name}` is not JSON.")))?
            }
            _ => Value::String(value),
        };
        if fields.insert(name.clone(), value).is_some() {
            return Err(bad(format!("`{name}` is given twice.")));
        }
    }
    from_fields(fields)
}

fn unescape(text: &str) -> Result<String, Refusal> {
    let spaced = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8();
    decoded.map(|text| text.into_owned()).map_err(|_| bad("The query string is not UTF-8."))
}

/// Who asks, whether the document may run, and what it answers; logged as one line.
async fn answer(
    server: &Server,
    media: MediaType,
    id: &RequestId,
    headers: &HeaderMap,
    method: &Method,
    params: Result<Params, Refusal>,
) -> Response {
    let began = Instant::now();
    let (operation, outcome, statements, response) = match params {
        Err((status, error)) => {
            let outcome = error.code.name();
            (None, outcome, 0, refuse(media, id, status, error))
        }
        Ok(params) => execute(server, media, id, headers, method, params).await,
    };
    let (kind, name) = operation.as_ref().map_or(("none", None), |prepared: &Prepared| {
        let kind = match prepared.kind() {
            OperationType::Query => "query",
            OperationType::Mutation => "mutation",
            OperationType::Subscription => "subscription",
        };
        (kind, prepared.operation_name())
    });
    tracing::info!(
        kind,
        operation = name.unwrap_or_default(),
        outcome,
        status = response.status().as_u16(),
        statements,
        milliseconds = began.elapsed().as_secs_f64() * 1000.0,
        "graphql"
    );
    response
}

async fn execute(
    server: &Server,
    media: MediaType,
    id: &RequestId,
    headers: &HeaderMap,
    method: &Method,
    params: Params,
) -> (Option<Prepared>, &'static str, u32, Response) {
    let prepared = match server.engine.prepare(&params.query, params.operation_name.as_deref()) {
        Ok(prepared) => prepared,
        Err(errors) => return (None, outcome(&errors), 0, answer::refused(media, id, &errors)),
    };
    if *method == Method::GET && prepared.kind() != OperationType::Query {
        let error = RequestError::new(ErrorCode::BadRequest, "By GET only queries run: send this by POST.");
        let response = answer::with_status(StatusCode::METHOD_NOT_ALLOWED, media, id, &[error]);
        return (Some(prepared), ErrorCode::BadRequest.name(), 0, allow(response, "POST"));
    }
    if prepared.kind() == OperationType::Subscription {
        let error = RequestError::new(ErrorCode::BadRequest, "Subscriptions do not run over plain HTTP.");
        return (Some(prepared), ErrorCode::BadRequest.name(), 0, answer::refused(media, id, &[error]));
    }
    let db = Reader::new(server.app.db.clone());
    let run = run(server, id, headers, &prepared, params.variables, db.clone());
    let result = match tokio::time::timeout(server.request_timeout, run).await {
        Ok(result) => result,
        Err(_) => Err(vec![RequestError::new(ErrorCode::Timeout, Error::Timeout.to_string())]),
    };
    match result {
        Ok(response) => {
            let outcome = if response.errors.is_empty() { "ok" } else { "errors" };
            (Some(prepared), outcome, db.statements(), answer::executed(media, id, response))
        }
        Err(errors) => (Some(prepared), outcome(&errors), db.statements(), answer::refused(media, id, &errors)),
    }
}

async fn run(
    server: &Server,
    id: &RequestId,
    headers: &HeaderMap,
    prepared: &Prepared,
    variables: Map<String, Value>,
    db: Reader,
) -> Result<async_graphql::Response, Vec<RequestError>> {
    let authorization = match headers.get(header::AUTHORIZATION).map(|value| value.to_str()) {
        Some(Ok(text)) => Some(text),
        None => None,
        Some(Err(_)) => return Err(vec![as_request_error(&Error::BadCredential)]),
    };
    let actor = auth::resolve(&db, &server.app.tokens, &server.app.clock, authorization).await;
    let actor = actor.map_err(|error| vec![as_request_error(&error)])?;
    let context = RequestContext::new(server.app.clone(), actor, db, id.0.clone());
    context.execute(&server.engine, prepared, variables).await
}

fn as_request_error(error: &Error) -> RequestError {
    if let Error::Internal(cause) = error {
        tracing::error!(cause = format!("{cause:#}"), "internal error");
    }
    RequestError::new(error.code(), error.to_string())
}

fn outcome(errors: &[RequestError]) -> &'static str {
    errors.first().map_or("none", |error| error.code.name())
}
