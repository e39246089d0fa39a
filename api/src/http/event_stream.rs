//! Server-sent events: the "distinct connections" mode of GraphQL over SSE. One operation a request; each result is an
//! event `next`, and `complete` says that there are no more.
//!
//! - What is wrong with the document or its variables arrives as `next` too: browsers' `EventSource` cannot read the body
//!   of any answer but 200. A bad credential, and what is no GraphQL request at all, keep their status.
//! - A stream ends with its token (`UNAUTHENTICATED`, then `complete`): a new request brings a new one. On shutdown it ends
//!   without `complete`, so that clients come back and go on after their last cursor.
//! - Nothing is read ahead: who does not read keeps one page of event rows here, and nothing grows.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::Response as GraphqlResponse;
use async_graphql::parser::types::OperationType;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header, request::Parts};
use axum::response::Response;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use serde_json::json;
use tokio::sync::watch;
use tracing::Instrument;

use super::Server;
use super::line::Line;
use super::negotiate::MediaType;
use super::operation::{self, Asker, Who};
use super::params::Params;
use super::request_id::RequestId;
use super::{answer, document, graphql, stopped};
use crate::error::{Error, ErrorCode};
use crate::graphql::engine::{Prepared, RequestError};
use crate::graphql::live::Delivery;
use crate::telemetry::Open;

/// The results of an operation as the bodies of `next` events.
type Results = BoxStream<'static, Vec<u8>>;

/// Answers with the operation's results as they come.
pub async fn respond(server: Arc<Server>, id: &RequestId, parts: &Parts, params: Params, mut line: Line) -> Response {
    let media = MediaType::EventStream;
    let db = line.reader(&params);
    let who = match operation::in_time(&server, operation::actor(&server, &db, parts)).await {
        Ok(who) => who,
        Err(errors) => {
            line.refused(&errors);
            let response = answer::refused(media, id, &errors);
            line.status = response.status().as_u16();
            return response;
        }
    };
    let end = match &who {
        Who::Anonymous => None,
        Who::Known(credential) => (credential.expires_at - server.app.clock.now()).to_std().ok(),
    };
    line.asker = Asker { actor: who.into(), client: operation::client(&server, parts) };
    let prepared = operation::in_time(&server, document::prepare(&server, &db, &line.asker.actor, &params)).await;
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(errors) => {
            line.refused(&errors);
            return stream_of(Body::from_stream(framed(&server, refusal(id, &errors), None, id)));
        }
    };
    line.operation = Some(prepared.clone());
    if let Some(response) = graphql::wrong_method(&parts.method, media, id, &prepared) {
        line.outcome = ErrorCode::BadRequest.name();
        line.status = response.status().as_u16();
        return response;
    }
    let results = results(&server, id, prepared, params, line);
    stream_of(Body::from_stream(framed(&server, results, end, id)))
}

fn stream_of(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Authorization"));
    // Proxies that collect an answer before they pass it on are asked not to.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

fn results(server: &Arc<Server>, id: &RequestId, prepared: Prepared, params: Params, mut line: Line) -> Results {
    let (server, id) = (server.clone(), id.clone());
    if prepared.kind() != OperationType::Subscription {
        let run = async move {
            let run = operation::run(&server, &id, &prepared, params, &mut line);
            match operation::in_time(&server, run).await {
                Ok(response) => {
                    line.answered(&response);
                    let body = body(&id, response);
                    line.sent(body.len());
                    body
                }
                Err(errors) => {
                    line.refused(&errors);
                    refused(&id, &errors)
                }
            }
        };
        return stream::once(run.in_current_span()).boxed();
    }
    let begin = async move {
        match operation::stream(&server, &id, &prepared, params, &mut line).await {
            Ok(deliveries) => {
                line.runs();
                told(id, line, deliveries)
            }
            Err(errors) => {
                line.refused(&errors);
                refusal(&id, &errors)
            }
        }
    };
    stream::once(begin.in_current_span()).flatten().boxed()
}

/// The deliveries of a subscription as the bodies of events.
fn told(id: RequestId, mut line: Line, deliveries: BoxStream<'static, Delivery>) -> Results {
    let deliveries = deliveries.map(move |delivery| {
        // The whole line comes along, so that it is written when the stream ends.
        let line = &mut line;
        match delivery {
            Delivery::Event(response) => {
                let body = body(&id, response);
                line.told(body.len());
                body
            }
            Delivery::Refused(response) | Delivery::SignedOut(response) => {
                line.outcome = "ended";
                body(&id, GraphqlResponse::from_errors(response.errors))
            }
        }
    });
    deliveries.boxed()
}

fn refusal(id: &RequestId, errors: &[RequestError]) -> Results {
    stream::iter([refused(id, errors)]).boxed()
}

fn refused(id: &RequestId, errors: &[RequestError]) -> Vec<u8> {
    json!({ "errors": answer::entries(errors, id) }).to_string().into_bytes()
}

fn body(id: &RequestId, response: GraphqlResponse) -> Vec<u8> {
    answer::body(id, response)
}

/// The frames of a stream: results, comments in between, and the end.
struct Frames {
    results: Option<Results>,
    expired: BoxFuture<'static, ()>,
    stop: watch::Receiver<bool>,
    id: RequestId,
    /// Between two comments while nothing happens, so that nobody on the way takes the stream for dead.
    keep_alive: Duration,
    _open: Open,
}

fn framed(
    server: &Arc<Server>,
    results: Results,
    end: Option<Duration>,
    id: &RequestId,
) -> BoxStream<'static, Result<Bytes, Infallible>> {
    let expired: BoxFuture<'static, ()> = match end {
        Some(end) => Box::pin(tokio::time::sleep(end)),
        None => Box::pin(std::future::pending()),
    };
    let frames = Frames {
        results: Some(results),
        expired,
        stop: server.stop.subscribe(),
        id: id.clone(),
        keep_alive: server.keep_alive,
        _open: server.app.metrics.event_stream(),
    };
    let frames = stream::unfold(frames, |mut frames| async move {
        let frame = frames.next().await?;
        Some((Ok(frame), frames))
    });
    frames.boxed()
}

const COMPLETE: &str = "event: complete\ndata:\n\n";

impl Frames {
    async fn next(&mut self) -> Option<Bytes> {
        let results = self.results.as_mut()?;
        tokio::select! {
            biased;
            () = stopped(&mut self.stop) => None,
            () = &mut self.expired => {
                self.results = None;
                let error = operation::as_request_error(&Error::BadCredential);
                let mut frame = frame(&refused(&self.id, &[error]));
                frame.extend_from_slice(COMPLETE.as_bytes());
                Some(frame.into())
            }
            result = results.next() => match result {
                Some(result) => Some(frame(&result).into()),
                None => {
                    self.results = None;
                    Some(Bytes::from_static(COMPLETE.as_bytes()))
                }
            },
            () = tokio::time::sleep(self.keep_alive) => Some(Bytes::from_static(b":\n\n")),
        }
    }
}

/// JSON in one line is one line of data.
fn frame(result: &[u8]) -> Vec<u8> {
    [b"event: next\ndata: ".as_slice(), result, b"\n\n"].concat()
}
