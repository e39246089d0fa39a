//! `/graphql`: a request as the GraphQL-over-HTTP specification has it, by POST or GET.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Extension, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::response::Response;
use http_body_util::LengthLimitError;
use serde_json::Value;

use super::Server;
use super::answer;
use super::negotiate::{self, MediaType};
use super::params::{Params, Refusal, bad, bad_with, from_fields, from_query_string};
use super::request_id::RequestId;
use crate::auth;
use crate::database::Reader;
use crate::error::{Error, ErrorCode};
use crate::graphql::context::RequestContext;
use crate::graphql::engine::{Prepared, RequestError};
use crate::limits::{Bill, Till};
use async_graphql::parser::types::OperationType;

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
        Ok(()) if announced(&parts.headers) > server.body_limit => Err(too_large(server.body_limit)),
        Ok(()) => match tokio::time::timeout(server.request_timeout, read(body, server.body_limit)).await {
            Ok(params) => params,
            Err(_) => Err(bad_with(StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.")),
        },
        Err(refusal) => Err(refusal),
    };
    let caller = Caller::of(&parts);
    answer(&server, media, &id, caller, &Method::POST, params).await
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
    let caller = Caller::of(&parts);
    answer(&server, media, &id, caller, &Method::GET, params).await
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
    let encodings = headers.get_all(header::CONTENT_ENCODING).iter().map(|value| value.to_str().unwrap_or_default());
    if encodings.into_iter().any(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return unsupported("The body must not be compressed.");
    }
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let content_type = types.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    if types.next().is_some() {
        return unsupported("There is more than one Content-Type.");
    }
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

/// The length that the headers promise; 0 if they promise none.
fn announced(headers: &HeaderMap) -> usize {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}

fn too_large(limit: usize) -> Refusal {
    (None, RequestError::new(ErrorCode::TooLarge, format!("The body must not be larger than {limit} bytes.")))
}

async fn read(body: Body, limit: usize) -> Result<Params, Refusal> {
    let bytes = to_bytes(body, limit).await.map_err(|cause| {
        match std::error::Error::source(&cause).is_some_and(|source| source.is::<LengthLimitError>()) {
            true => too_large(limit),
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

/// Who asks, whether the document may run, and what it answers; logged as one line.
async fn answer(
    server: &Server,
    media: MediaType,
    id: &RequestId,
    caller: Caller<'_>,
    method: &Method,
    params: Result<Params, Refusal>,
) -> Response {
    let began = Instant::now();
    let (operation, outcome, statements, response) = match params {
        Err((status, error)) => {
            let outcome = error.code.name();
            (None, outcome, 0, refuse(media, id, status, error))
        }
        Ok(params) => execute(server, media, id, caller, method, params).await,
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
    caller: Caller<'_>,
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
    let mut bill = None;
    let run = run(server, id, caller, &prepared, params, db.clone(), &mut bill);
    let result = match tokio::time::timeout(server.request_timeout, run).await {
        Ok(result) => result,
        Err(_) => Err(vec![RequestError::new(ErrorCode::Timeout, Error::Timeout.to_string())]),
    };
    match result {
        Ok(response) => {
            let outcome = if response.errors.is_empty() { "ok" } else { "errors" };
            (Some(prepared), outcome, db.statements(), answer::executed(media, id, response, bill.as_ref()))
        }
        Err(errors) => {
            let response = answer::refused_at(media, id, &errors, bill.as_ref());
            (Some(prepared), outcome(&errors), db.statements(), response)
        }
    }
}

async fn run(
    server: &Server,
    id: &RequestId,
    caller: Caller<'_>,
    prepared: &Prepared,
    params: Params,
    db: Reader,
    bill: &mut Option<Bill>,
) -> Result<async_graphql::Response, Vec<RequestError>> {
    let authorization = match caller.headers.get(header::AUTHORIZATION).map(|value| value.to_str()) {
        Some(Ok(text)) => Some(text),
        None => None,
        Some(Err(_)) => return Err(vec![as_request_error(&Error::BadCredential)]),
    };
    let actor = auth::resolve(&db, &server.app.tokens, &server.app.clock, authorization).await;
    let actor = actor.map_err(|error| vec![as_request_error(&error)])?;
    let ready = server.engine.ready(prepared, params.variables)?;
    let till = Till::new(&server.app, server.engine.types(), &ready, &actor, caller.address);
    if params.dry_run {
        *bill = Some(till.quote().await);
        return Ok(async_graphql::Response::new(async_graphql::Value::Object(Default::default())));
    }
    till.pay(bill).await.map_err(|error| vec![error])?;
    let context = RequestContext::new(server.app.clone(), actor, db, id.0.clone());
    let response = context.run(&server.engine, &ready).await?;
    till.settle(bill, &response.data).await;
    Ok(response)
}

/// Where a request comes from.
#[derive(Clone, Copy)]
struct Caller<'a> {
    headers: &'a HeaderMap,
    address: Option<IpAddr>,
}

impl<'a> Caller<'a> {
    fn of(parts: &'a Parts) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Self { headers: &parts.headers, address: peer.map(|peer| peer.0.ip()) }
    }
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
