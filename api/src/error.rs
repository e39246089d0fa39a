//! What can go wrong, and the closed set of codes in which a caller hears of it.
//!
//! [`Error`] is the one error type of the service. Everything below the GraphQL layer returns it; the two functions at
//! the end of this file are the only places where a cause becomes a code that leaves the server. What each code means to
//! a caller is in [`catalogue`].

pub mod catalogue;

use std::sync::Arc;

use async_graphql::{Enum, PathSegment, ServerError, SimpleObject};
use sea_orm::{DbErr, RuntimeErr};

use crate::access::Permission;
use crate::graphql::engine::{Panicked, RequestError};

/// Every error that leaves the server carries one of these codes in `extensions.code` or, for refused input, in
/// `UserError.code`. The set is closed: a client may switch over it.
#[derive(Clone, Copy, Debug, Enum, Eq, Hash, PartialEq)]
pub enum ErrorCode {
    /// The HTTP request is not a GraphQL request: wrong JSON, wrong types, a missing query. HTTP 400.
    BadRequest,
    /// The document is not GraphQL. HTTP 400.
    ParseFailed,
    /// The document does not fit the schema, or a variable does not fit its type. HTTP 400.
    ValidationFailed,
    /// No document is stored under this id. HTTP 400.
    DocumentNotFound,
    /// This credential may only send registered documents. HTTP 403.
    DocumentNotTrusted,
    /// Nobody is signed in, or the credential is not valid: sign in and try again. HTTP 401 for a bad credential.
    Unauthenticated,
    /// The operation wants a second factor first; `extensions.factors` names those that will do.
    SecondFactorRequired,
    /// The caller is known and may not do this; the message names the missing permission or right.
    Forbidden,
    /// Too many requests: wait for `retryAfter` seconds. HTTP 429.
    RateLimited,
    /// The document costs more than the budget has left. HTTP 429.
    CostExceeded,
    /// The request is larger than the server reads. HTTP 413.
    TooLarge,
    /// The document goes beyond a structural limit: depth, aliases, tokens, root fields. HTTP 400.
    LimitExceeded,
    /// The deadline passed before the answer was complete. Safe to repeat for queries.
    Timeout,
    /// A part that the answer needs is not there at the moment: try again later.
    Unavailable,
    /// A fault of the server. The cause is in its log under the request id.
    Internal,
    /// A value is not acceptable: malformed, too long, out of range.
    Invalid,
    /// There is no such thing, or the caller may not know of it.
    NotFound,
    /// The thing has changed meanwhile, a name is taken, or the same key came with another body.
    Conflict,
    /// User name and password, or the token, do not match. Deliberately says no more.
    WrongCredentials,
}

impl ErrorCode {
    /// The code as it is written on the wire, e.g. `NOT_FOUND`.
    pub fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::ParseFailed => "PARSE_FAILED",
            Self::ValidationFailed => "VALIDATION_FAILED",
            Self::DocumentNotFound => "DOCUMENT_NOT_FOUND",
            Self::DocumentNotTrusted => "DOCUMENT_NOT_TRUSTED",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::SecondFactorRequired => "SECOND_FACTOR_REQUIRED",
            Self::Forbidden => "FORBIDDEN",
            Self::RateLimited => "RATE_LIMITED",
            Self::CostExceeded => "COST_EXCEEDED",
            Self::TooLarge => "TOO_LARGE",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::Timeout => "TIMEOUT",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
            Self::Invalid => "INVALID",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::WrongCredentials => "WRONG_CREDENTIALS",
        }
    }
}

/// One refusal of a mutation's input, as data: the caller can show it beside the field it speaks of.
#[derive(Clone, Debug, Eq, PartialEq, SimpleObject)]
pub struct UserError {
    /// Why it was refused; one of `INVALID`, `NOT_FOUND`, `CONFLICT`, `WRONG_CREDENTIALS`.
    pub code: ErrorCode,
    /// One sentence for people.
    pub message: String,
    /// Where in the mutation's input, from the outside in, e.g. `["title"]`; empty when it is the whole.
    pub path: Vec<String>,
}

impl UserError {
    pub fn new(code: ErrorCode, path: &[&str], message: impl Into<String>) -> Self {
        Self { code, message: message.into(), path: path.iter().map(ToString::to_string).collect() }
    }

    pub fn invalid(path: &[&str], message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Invalid, path, message)
    }

    pub fn not_found(path: &[&str]) -> Self {
        Self::new(ErrorCode::NotFound, path, "There is no such thing, or you may not see it.")
    }

    pub fn conflict(path: &[&str], message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Conflict, path, message)
    }
}

/// The error of everything below the GraphQL layer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("Sign in first.")]
    Unauthenticated,
    #[error("The credential is not valid or has expired. Sign in again.")]
    BadCredential,
    /// The pair of an old installation came, and the account that it stands for is still to be made.
    #[error("The credential is not valid or has expired. Sign in again.")]
    NoDefaultAccount,
    /// What is asked for wants a second factor that was shown a short while ago.
    #[error("Show the second factor first.")]
    SecondFactorRequired,
    #[error("This needs the permission {0}.")]
    MissingPermission(Permission),
    #[error("{0}")]
    Forbidden(&'static str),
    #[error("There is no such thing, or you may not see it.")]
    NotFound,
    /// An argument of a query that is not acceptable; names the argument.
    #[error("{message}")]
    Invalid { argument: &'static str, message: String },
    /// Refusals that the caller's input caused; a mutation answers with them as `userErrors`.
    #[error("The input was refused.")]
    Refused(Vec<UserError>),
    /// Too many wrong guesses; for how many seconds nothing more is looked at.
    #[error("Too many attempts. Try again in {seconds} seconds.")]
    TooManyAttempts { seconds: u64 },
    #[error("The deadline passed before the answer was complete.")]
    Timeout,
    #[error("The service is busy or its database is not reachable. Try again.")]
    Unavailable,
    #[error("The provider of this sign-in cannot be reached or does not answer as it should. Try again later.")]
    ProviderUnavailable,
    #[error("Something went wrong on the server.")]
    Internal(Arc<anyhow::Error>),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn invalid(argument: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { argument, message: message.into() }
    }

    pub fn refused(error: UserError) -> Self {
        Self::Refused(vec![error])
    }

    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::Internal(Arc::new(cause.into()))
    }

    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unauthenticated | Self::BadCredential | Self::NoDefaultAccount => ErrorCode::Unauthenticated,
            Self::SecondFactorRequired => ErrorCode::SecondFactorRequired,
            Self::MissingPermission(_) | Self::Forbidden(_) => ErrorCode::Forbidden,
            Self::NotFound => ErrorCode::NotFound,
            Self::Invalid { .. } | Self::Refused(_) => ErrorCode::Invalid,
            Self::TooManyAttempts { .. } => ErrorCode::RateLimited,
            Self::Timeout => ErrorCode::Timeout,
            Self::Unavailable | Self::ProviderUnavailable => ErrorCode::Unavailable,
            Self::Internal(_) => ErrorCode::Internal,
        }
    }
}

/// SQLSTATE of a statement that ran past `statement_timeout`.
const QUERY_CANCELED: &str = "57014";

impl From<DbErr> for Error {
    fn from(cause: DbErr) -> Self {
        match &cause {
            _ if is_lost_connection(&cause) => {
                tracing::error!(%cause, "no database connection");
                Self::Unavailable
            }
            _ if database_error(&cause).is_some_and(|e| e.code().as_deref() == Some(QUERY_CANCELED)) => Self::Timeout,
            _ => Self::internal(cause),
        }
    }
}

/// Whether the database could not be asked at all: no connection to be had, or one that broke.
fn is_lost_connection(cause: &DbErr) -> bool {
    use sea_orm::sqlx::Error as Sqlx;
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = cause else {
        return matches!(cause, DbErr::ConnectionAcquire(_) | DbErr::Conn(_));
    };
    match error.as_ref() {
        Sqlx::Io(_) | Sqlx::PoolTimedOut | Sqlx::PoolClosed | Sqlx::WorkerCrashed => true,
        // Connection exceptions, and a server that is shutting down or starting.
        Sqlx::Database(error) => error.code().is_some_and(|code| code.starts_with("08") || code.starts_with("57P")),
        _ => false,
    }
}

/// The name of the constraint that refused a write: the one way in which a database error becomes a `CONFLICT`.
pub fn violated_constraint(cause: &DbErr) -> Option<&str> {
    database_error(cause).and_then(|error| error.constraint())
}

fn database_error(cause: &DbErr) -> Option<&(dyn sea_orm::sqlx::error::DatabaseError + 'static)> {
    match cause {
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            error.as_database_error()
        }
        _ => None,
    }
}

/// What can be shown as a second factor, as `extensions.factors` names it.
const FACTORS: [&str; 2] = ["TOTP", "RECOVERY_CODE"];

/// Gives an error of the executed operation its code and, unless it is one of ours, one fixed sentence. The cause goes
/// to the log, where the request's span carries its id.
pub fn present(error: &mut ServerError) {
    let mut extensions = error.extensions.take().unwrap_or_default();
    if let Some(request) = error.source::<RequestError>() {
        extensions.set("code", request.code.name());
    } else if let Some(ours) = error.source::<Error>().cloned() {
        match &ours {
            Error::Internal(cause) => {
                tracing::error!(cause = format!("{cause:#}"), path = readable_path(&error.path), "internal error");
            }
            Error::Invalid { argument, .. } => extensions.set("argument", *argument),
            Error::MissingPermission(permission) => extensions.set("permission", permission.name()),
            Error::SecondFactorRequired => extensions.set("factors", Vec::from(FACTORS)),
            Error::TooManyAttempts { seconds } => extensions.set("retryAfter", *seconds),
            _ => {}
        }
        extensions.set("code", ours.code().name());
        error.message = ours.to_string();
    } else if error.source.is_some() {
        // A panic has been logged where it was caught; anything else is a cause that nobody gave a code.
        if error.source::<Panicked>().is_none() {
            tracing::error!(cause = error.message, path = readable_path(&error.path), "masked error");
        }
        extensions.set("code", ErrorCode::Internal.name());
        error.message = "Something went wrong on the server.".to_owned();
    } else {
        extensions.set("code", ErrorCode::Invalid.name());
        error.message = "An argument's value is not acceptable.".to_owned();
    }
    error.source = None;
    error.extensions = Some(extensions);
}

/// A path as it is read in a log: `conversations.nodes.3.title`.
fn readable_path(path: &[PathSegment]) -> String {
    let segments = path.iter().map(|segment| match segment {
        PathSegment::Field(name) => name.clone(),
        PathSegment::Index(index) => index.to_string(),
    });
    segments.collect::<Vec<_>>().join(".")
}
