//! The messages of `graphql-transport-ws`, and the codes with which a socket is closed.

use async_graphql::Response;
use axum::extract::ws::{CloseFrame, Message};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::graphql::engine::encode;
use crate::http::params::{self, Params};

/// Why a socket ends: a code and a reason that fits into a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Close(pub u16, pub &'static str);

pub const STOPPING: Close = Close(1001, "The service stops");
pub const UNREADABLE: Close = Close(1009, "Message too large or malformed");
pub const BUSY: Close = Close(1013, "Try again later");
pub const INVALID: Close = Close(4400, "Invalid message received");
pub const UNAUTHORIZED: Close = Close(4401, "Unauthorized");
pub const SIGNED_OUT: Close = Close(4401, "The session is over");
pub const FORBIDDEN: Close = Close(4403, "Forbidden");
pub const EXPIRED: Close = Close(4403, "The token has expired");
pub const UNKNOWN_PROTOCOL: Close = Close(4406, "Subprotocol not acceptable");
pub const LATE: Close = Close(4408, "Connection initialisation timeout");
pub const IN_USE: Close = Close(4409, "An operation with this id is running");
pub const AGAIN: Close = Close(4429, "Too many initialisation requests");

impl Close {
    pub fn message(self) -> Message {
        Message::Close(Some(CloseFrame { code: self.0, reason: self.1.into() }))
    }
}

/// What a client may say.
#[derive(Debug)]
pub enum Said {
    Init { authorization: Option<String> },
    Ping { payload: Option<Map<String, Value>> },
    Pong,
    Subscribe { id: String, params: Params },
    Complete { id: String },
}

impl Said {
    /// Nothing if the text is not a message of the protocol.
    pub fn parse(text: &str) -> Option<Self> {
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else { return None };
        let Some(Value::String(kind)) = message.remove("type") else { return None };
        let payload = message.remove("payload");
        let mut id = || match message.remove("id") {
            Some(Value::String(id)) if !id.is_empty() => Some(id),
            _ => None,
        };
        match kind.as_str() {
            "connection_init" => Some(Self::Init { authorization: authorization(object(payload)?.as_ref()).ok()? }),
            "ping" => Some(Self::Ping { payload: object(payload)? }),
            "pong" => object(payload).map(|_| Self::Pong),
            "complete" => Some(Self::Complete { id: id()? }),
            "subscribe" => {
                let id = id()?;
                let params = params::from_fields(object(payload)??).ok()?;
                Some(Self::Subscribe { id, params })
            }
            _ => None,
        }
    }
}

/// Payloads are objects or are not there.
fn object(payload: Option<Value>) -> Option<Option<Map<String, Value>>> {
    match payload {
        None | Some(Value::Null) => Some(None),
        Some(Value::Object(fields)) => Some(Some(fields)),
        Some(_) => None,
    }
}

/// The credential in a payload; an error if it is there and is no text.
pub fn authorization(payload: Option<&Map<String, Value>>) -> Result<Option<String>, ()> {
    let named = |name: &str| payload.and_then(|payload| payload.get(name));
    match named("authorization").or_else(|| named("Authorization")) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(()),
    }
}

pub fn ack() -> Message {
    Message::text(json!({ "type": "connection_ack" }).to_string())
}

pub fn pong(payload: Option<Map<String, Value>>) -> Message {
    let message = match payload {
        Some(payload) => json!({ "type": "pong", "payload": payload }),
        None => json!({ "type": "pong" }),
    };
    Message::text(message.to_string())
}

/// A message about an operation.
pub fn about(id: &str, kind: &'static str, payload: Option<&impl Serialize>) -> Message {
    #[derive(Serialize)]
    struct About<'a, P> {
        id: &'a str,
        #[serde(rename = "type")]
        kind: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<&'a P>,
    }
    Message::text(serde_json::to_string(&About { id, kind, payload }).unwrap_or_default())
}

/// A result of an operation.
pub fn next(id: &str, response: &Response) -> Message {
    let payload = String::from_utf8(encode(response)).unwrap_or_default();
    Message::text(format!("{{\"id\":{},\"type\":\"next\",\"payload\":{payload}}}", Value::from(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_is_nothing() {
        for text in [
            "",
            "{}",
            "[]",
            "\"ping\"",
            r#"{"type":"nonsense"}"#,
            r#"{"type":1}"#,
            r#"{"type":"ping","payload":1}"#,
            r#"{"type":"connection_init","payload":[]}"#,
            r#"{"type":"connection_init","payload":{"authorization":1}}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"complete","id":""}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}"#,
        ] {
            assert!(Said::parse(text).is_none(), "{text}");
        }
        for text in [
            r#"{"type":"ping"}"#,
            r#"{"type":"pong","payload":{"a":1}}"#,
            r#"{"type":"connection_init","payload":null}"#,
            r#"{"type":"connection_init","payload":{"Authorization":"Bearer x"}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":null,"extensions":{}}}"#,
        ] {
            assert!(Said::parse(text).is_some(), "{text}");
        }
    }
}
