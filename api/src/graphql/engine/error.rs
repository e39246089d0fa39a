//! What is wrong with a request as a whole.

use std::{fmt, sync::Arc};

use async_graphql::{Pos, ServerError};

use crate::error::ErrorCode;

/// A fault that stops a request before anything runs: the reply has `errors` and no `data`.
///
/// The message is one line in our own words; it may name fields, types and variables of the document, and never
/// repeats a value that was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestError {
    /// `PARSE_FAILED`, `VALIDATION_FAILED`, `LIMIT_EXCEEDED` or `BAD_REQUEST`.
    pub code: ErrorCode,
    /// One line for the caller.
    pub message: String,
    /// Lines and columns of the document, from 1; empty when the fault is not in the text.
    pub locations: Vec<Pos>,
    /// Seconds after which the same request may do better, when it is only a matter of time.
    pub retry_after: Option<u64>,
    /// The permission that is missing, if that is the fault.
    pub permission: Option<&'static str>,
}

impl RequestError {
    /// An error without a place in the text.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), locations: Vec::new(), retry_after: None, permission: None }
    }

    /// The same error with a place in the text, if there is one.
    pub fn at(mut self, location: Option<Pos>) -> Self {
        self.locations.extend(location);
        self
    }

    pub(super) fn limit(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::LimitExceeded, message)
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ValidationFailed, message)
    }

    /// The same fault as an entry of a response, with this error as its source, so that the presenter finds the code.
    pub fn into_server_error(self) -> ServerError {
        let mut error = ServerError::new(self.message.clone(), None);
        error.locations = self.locations.clone();
        error.source = Some(Arc::new(self));
        error
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for RequestError {}
