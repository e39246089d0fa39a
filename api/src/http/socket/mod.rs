//! GraphQL over WebSocket: the protocol `graphql-transport-ws`, and no other.
//!
//! A socket is opened (`upgrade`), says who it is (`connection_init`), and then runs operations side by side, each through
//! the same engine and under the same limits as a request over HTTP. The credential is asked for each operation and for
//! each event; a `ping` with `{"authorization": "Bearer …"}` in its payload renews it. What ends a socket:
//!
//! | code | when | try again |
//! |---|---|---|
//! | 1001 | the service stops | yes, after the last cursor |
//! | 1009 | a message is larger than `STOA_BODY_LIMIT`, or no WebSocket message | no |
//! | 1013 | the database was away while the credential was looked at | later |
//! | 4400 | a message is not one of the protocol's | no |
//! | 4401 | an operation before the acknowledgement; or the session is over or the account shut | after a new sign-in |
//! | 4403 | the token is bad or has ended without renewal; or the renewal is somebody else's | with a new token |
//! | 4406 | the client does not offer `graphql-transport-ws` | no |
//! | 4408 | no `connection_init` within three seconds | yes |
//! | 4409 | an operation's id is in use | no |
//! | 4429 | a second `connection_init` | no |
//!
//! The usual client libraries take 4401 as final and come back after 4403 with what their `connectionParams` say then;
//! that is why a token that ends is 4403 and a session that ends is 4401.

mod connection;
mod message;
mod operations;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use tracing::Instrument;

use self::connection::Connection;
use super::Server;
use super::operation;
use super::origin;
use super::params::{Refusal, bad, bad_with};
use super::request_id::RequestId;
use super::serve::Guest;
use crate::error::ErrorCode;
use crate::graphql::engine::RequestError;

const PROTOCOL: &str = "graphql-transport-ws";

/// Whether a GET is the handshake of a WebSocket.
pub fn is_asked_for(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Answers the handshake; the socket then lives in a task of its own.
pub async fn upgrade(server: Arc<Server>, mut parts: Parts) -> Result<Response, Refusal> {
    if !parts.headers.contains_key(header::HOST) {
        return Err(bad("The request has no Host header."));
    }
    if !origin::is_allowed(&parts.headers, &server.allowed_origins) {
        let error = RequestError::new(ErrorCode::Forbidden, "Pages of this origin may not open sockets here.");
        return Err((Some(StatusCode::FORBIDDEN), error));
    }
    // A client that is no browser may say who it is right here.
    let authorization = parts.headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or("").to_owned());
    // As long as the socket is open, its connection counts.
    let guest = parts.extensions.get::<Guest>().cloned();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
    let upgrade =
        upgrade.map_err(|_| bad_with(StatusCode::BAD_REQUEST, "This is not the handshake of a WebSocket."))?;
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(server.body_limit)
        .max_frame_size(server.body_limit)
        // A message is on its way before the next is taken, so that a slow reader holds up what writes.
        .write_buffer_size(0);
    let agreed = upgrade.selected_protocol().is_some();
    let open = server.app.metrics.socket();
    let named = operation::named(&parts.headers).map(str::to_owned);
    let client = operation::client(&server, &parts);
    let connection = Connection::new(server, authorization, named, client);
    let live = async move |socket| {
        match agreed {
            true => connection.run(socket).await,
            false => connection::refuse(socket, message::UNKNOWN_PROTOCOL).await,
        }
        drop((guest, open));
    };
    // The request is over with the handshake; its id stays in the log.
    let id = parts.extensions.get::<RequestId>().map_or("", |id| id.0.as_str());
    let span = tracing::info_span!(parent: None, "request", id);
    Ok(upgrade.on_upgrade(move |socket| live(socket).instrument(span)))
}
