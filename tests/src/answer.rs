//! What came back.

use axum::http::{HeaderMap, StatusCode, response::Parts};
use serde_json::Value;

/// An answer of the service.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    /// The body as JSON; null if it is not.
    pub body: Value,
    /// SQL statements that the request made, the one for the actor included.
    pub statements: u32,
}

impl Answer {
    pub(crate) fn new(parts: Parts, bytes: Vec<u8>, statements: u32) -> Self {
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Self { status: parts.status, headers: parts.headers, bytes, body, statements }
    }

    /// The data of an answer without errors.
    #[track_caller]
    pub fn data(&self) -> &Value {
        assert!(self.body.get("errors").is_none(), "errors in {:#}", self.body);
        self.body.get("data").unwrap_or_else(|| panic!("no data in {:#}", self.body))
    }

    /// What a root field answered without errors and, if it is a mutation's payload, without user errors.
    #[track_caller]
    pub fn field(&self, name: &str) -> &Value {
        let field = &self.data()[name];
        if let Some(errors) = field.get("userErrors") {
            assert_eq!(errors, &Value::Array(Vec::new()), "refused: {:#}", self.body);
        }
        field
    }

    /// The body without what differs from request to request: the ids of requests, and what is left of the budget.
    pub fn alike(&self) -> String {
        let left = format!("\"remaining\":{}", self.body["extensions"]["cost"]["remaining"]);
        let body = String::from_utf8_lossy(&self.bytes).replace(&left, "");
        let mut parts = body.split("\"requestId\":\"");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + part.split_once('"').unwrap().1)
    }

    /// The codes of the top-level errors.
    pub fn codes(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().map(|error| error["extensions"]["code"].as_str().unwrap_or("-")).collect()
    }

    /// The only top-level code.
    #[track_caller]
    pub fn code(&self) -> &str {
        let codes = self.codes();
        assert_eq!(codes.len(), 1, "not one error: {:#}", self.body);
        codes[0]
    }

    /// The refusals of a mutation as `CODE path.to.field`.
    #[track_caller]
    pub fn refusals(&self, field: &str) -> Vec<String> {
        let errors = self.data()[field]["userErrors"].as_array().unwrap_or_else(|| panic!("none: {:#}", self.body));
        let written = errors.iter().map(|error| {
            let path: Vec<&str> = error["path"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
            format!("{} {}", error["code"].as_str().unwrap(), path.join(".")).trim_end().to_owned()
        });
        written.collect()
    }
}
