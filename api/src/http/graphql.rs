//! `/graphql`: a request as the GraphQL-over-HTTP specification has it, by POST or GET; the same answered as an event
//! stream for those who accept that; and the way to a socket for those who ask for one.

use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{Extension, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::response::Response;

use super::Server;
use super::line::Line;
use super::negotiate::{self, MediaType};
use super::operation::{self, Asker};
use super::params::{self, Params, Refusal, bad, bad_with};
use super::request_id::RequestId;
use super::{answer, conditional, document, event_stream, socket};
use crate::error::ErrorCode;
use crate::graphql::engine::{Prepared, RequestError};
use crate::telemetry::Transport;
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
    let params = match params::check_content(&parts.headers) {
        Ok(()) if params::announced(&parts.headers) > server.body_limit => Err(params::too_large(server.body_limit)),
        Ok(()) => match tokio::time::timeout(server.request_timeout, params::read(body, server.body_limit)).await {
            Ok(params) => params,
            Err(_) => Err(bad_with(StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.")),
        },
        Err(refusal) => Err(refusal),
    };
    answer(server, media, &id, &parts, params).await
}

/// GET with the request in the query string: queries, or subscriptions as an event stream. Or the handshake of a socket.
pub async fn get(State(server): State<Arc<Server>>, Extension(id): Extension<RequestId>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if parts.method == Method::HEAD {
        return other_method(Extension(id)).await;
    }
    if socket::is_asked_for(&parts.headers) {
        return match socket::upgrade(server, parts).await {
            Ok(response) => response,
            Err((status, error)) => refuse(MediaType::Json, &id, status, error),
        };
    }
    let media = match media(&parts.headers, parts.version) {
        Ok(media) => media,
        Err((status, error)) => return refuse(MediaType::Json, &id, status, error),
    };
    let params = params::from_query_string(parts.uri.query().unwrap_or_default());
    answer(server, media, &id, &parts, params).await
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
    let refusal = || {
        let message = "Accept application/graphql-response+json, application/json or text/event-stream.";
        bad_with(StatusCode::NOT_ACCEPTABLE, message)
    };
    negotiate::accepted(accept.as_deref()).ok_or_else(refusal)
}

/// Who asks, whether the document may run, and what it answers; logged as one line.
async fn answer(
    server: Arc<Server>,
    media: MediaType,
    id: &RequestId,
    parts: &Parts,
    params: Result<Params, Refusal>,
) -> Response {
    let transport = if media == MediaType::EventStream { Transport::Events } else { Transport::Http };
    let mut line = Line::new(&server, transport);
    let mut response = match params {
        Err((status, error)) => {
            line.outcome = error.code.name();
            refuse(media, id, status, error)
        }
        // An event stream goes on after this function, and so does its line.
        Ok(params) if media == MediaType::EventStream => {
            return event_stream::respond(server, id, parts, params, line).await;
        }
        Ok(params) => execute(&server, media, id, parts, params, &mut line).await,
    };
    line.asker.client.write_cookies(response.headers_mut());
    line.status = response.status().as_u16();
    line.sent(response.body().size_hint().exact().unwrap_or_default() as usize);
    response
}

async fn execute(
    server: &Arc<Server>,
    media: MediaType,
    id: &RequestId,
    parts: &Parts,
    params: Params,
    line: &mut Line,
) -> Response {
    let db = line.reader(&params);
    let is_conditional = conditional::applies(&parts.method, &params);
    let run = async {
        let actor = operation::actor(server, &db, parts).await?.into();
        line.asker = Asker { actor, client: operation::client_with_cookies(server, parts) };
        let prepared = document::prepare(server, &db, &actor, &params).await?;
        line.operation = Some(prepared.clone());
        if let Some(response) = wrong_method(&parts.method, media, id, &prepared) {
            return Ok(Err(response));
        }
        if prepared.kind() == OperationType::Subscription {
            let message = "Subscriptions run over a socket, or by POST and GET with Accept: text/event-stream.";
            return Err(vec![RequestError::new(ErrorCode::BadRequest, message)]);
        }
        operation::run(server, id, &prepared, params, line).await.map(Ok)
    };
    match operation::in_time(server, Box::pin(run)).await {
        Ok(Ok(response)) => {
            line.answered(&response);
            let tag = is_conditional.then(|| conditional::tag(media, &response));
            let answer = answer::executed(media, id, response, line.bill.as_ref());
            tag.into_iter().fold(answer, |answer, tag| conditional::conclude(answer, tag, &parts.headers))
        }
        Ok(Err(response)) => {
            line.outcome = ErrorCode::BadRequest.name();
            response
        }
        Err(errors) => {
            line.refused(&errors);
            answer::refused_at(media, id, &errors, line.bill.as_ref())
        }
    }
}

/// By GET nothing is changed; and without an event stream nothing is listened to.
pub(super) fn wrong_method(method: &Method, media: MediaType, id: &RequestId, prepared: &Prepared) -> Option<Response> {
    let fits = match prepared.kind() {
        OperationType::Query => true,
        OperationType::Mutation => *method != Method::GET,
        OperationType::Subscription => *method != Method::GET || media == MediaType::EventStream,
    };
    if fits {
        return None;
    }
    let error = RequestError::new(ErrorCode::BadRequest, "By GET only queries run: send this by POST.");
    Some(allow(answer::with_status(StatusCode::METHOD_NOT_ALLOWED, media, id, &[error]), "POST"))
}
