//! The error catalogue: what each code means to a caller, in one table. The root field `errorCodes`, `errors.json` of
//! the schema bundle and the status of HTTP answers are all made from it.

use async_graphql::{Object, Result, SimpleObject};

use crate::graphql::guard::open;
use serde::{Serialize, Serializer};

use super::ErrorCode;

/// What a caller should know of an error code.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct ErrorCodeInfo {
    /// The code, as it stands in `extensions.code` or `UserError.code`.
    pub code: ErrorCode,
    /// The HTTP status of an answer without `data` that begins with this code, in the media type
    /// `application/graphql-response+json`. 200 for codes that only come beside data.
    pub http_status: i32,
    /// Whether the very same request may succeed when it is sent again later. Change nothing, but wait: as long as
    /// `retryAfter` says, or a little longer each time.
    pub is_retryable: bool,
    /// What has happened, in one or two sentences.
    pub meaning: String,
    /// What the caller can do about it.
    pub remedy: String,
}

/// Every code with what there is to say about it, in the order of the enum.
pub fn catalogue() -> Vec<ErrorCodeInfo> {
    ErrorCode::ALL.iter().map(|code| code.info()).collect()
}

impl ErrorCode {
    /// All of them, in the order in which they are declared.
    pub const ALL: [Self; 19] = [
        Self::BadRequest,
        Self::ParseFailed,
        Self::ValidationFailed,
        Self::DocumentNotFound,
        Self::DocumentNotTrusted,
        Self::Unauthenticated,
        Self::SecondFactorRequired,
        Self::Forbidden,
        Self::RateLimited,
        Self::CostExceeded,
        Self::TooLarge,
        Self::LimitExceeded,
        Self::Timeout,
        Self::Unavailable,
        Self::Internal,
        Self::Invalid,
        Self::NotFound,
        Self::Conflict,
        Self::WrongCredentials,
    ];

    /// The code's row of the table.
    pub fn info(self) -> ErrorCodeInfo {
        let (http_status, is_retryable, meaning, remedy) = self.row();
        ErrorCodeInfo { code: self, http_status, is_retryable, meaning: meaning.to_owned(), remedy: remedy.to_owned() }
    }

    /// The HTTP status of an answer without `data` that begins with this code, in the newer media type.
    pub fn http_status(self) -> i32 {
        self.row().0
    }

    /// HTTP status, whether to retry, meaning, remedy.
    fn row(self) -> (i32, bool, &'static str, &'static str) {
        match self {
            Self::BadRequest => (
                400,
                false,
                "The HTTP request is not a GraphQL request: wrong JSON, wrong types, no query, or a malformed document id.",
                "Mend the program that builds the request; the message says what is wrong.",
            ),
            Self::ParseFailed => {
                (400, false, "The document is not GraphQL.", "Mend the document at the place that `locations` gives.")
            }
            Self::ValidationFailed => (
                400,
                false,
                "The document does not fit the schema, or a variable does not fit its type.",
                "Compare the document with the schema of this server's version, and generate the client's code again.",
            ),
            Self::DocumentNotFound => (
                400,
                false,
                "No document is stored under this id or hash, or none that this credential may know of.",
                "Send the document's text together with its hash, once; the hash alone is enough from then on. Other ids \
                 are registered by the operator.",
            ),
            Self::DocumentNotTrusted => (
                403,
                false,
                "This credential may only send registered documents, and this is none.",
                "Have the operator register the document, or use a credential that may send any text.",
            ),
            Self::Unauthenticated => (
                401,
                false,
                "Nobody is signed in, or the credential is not valid or has expired. The status is 401 for a bad \
                 credential; a field that wants a signed-in user comes with 200.",
                "Refresh the session or sign in, then send the request with the new access token.",
            ),
            Self::SecondFactorRequired => (
                200,
                false,
                "The operation wants a second factor first. `extensions.factors` names those that will do.",
                "Ask the user for a code. Signing in, send `signIn` again with `secondFactor`; else show the code with \
                 `confirmSecondFactor`, then send the request again.",
            ),
            Self::Forbidden => (
                403,
                false,
                "The caller is known and may not do this. The message names the missing permission or right, and so \
                 does `extensions.permission`.",
                "Ask somebody who holds the permission to grant it, or leave the field out.",
            ),
            Self::RateLimited => (
                429,
                true,
                "Too many requests in too short a time.",
                "Wait for as many seconds as `retryAfter` and the header `Retry-After` say.",
            ),
            Self::CostExceeded => (
                429,
                true,
                "The document costs more than the budget has left.",
                "Wait until the budget has grown again, or ask for less at once: fewer items, fewer levels.",
            ),
            Self::TooLarge => (
                413,
                false,
                "The request is larger than the server reads.",
                "Send less at once: shorter texts, fewer items.",
            ),
            Self::LimitExceeded => (
                400,
                false,
                "The document goes beyond a structural limit: depth, aliases, tokens, fields, directives.",
                "Split the document, or take levels or aliases out of it; the message names the limit.",
            ),
            Self::Timeout => (
                503,
                true,
                "The deadline passed before the answer was complete.",
                "Ask for less at once. A query can be sent again as it is; a creation only with its `clientId`.",
            ),
            Self::Unavailable => (
                503,
                true,
                "A part that the answer needs is not there at the moment.",
                "Send the request again a little later, and later each time.",
            ),
            Self::Internal => (
                500,
                false,
                "A fault of the server. Its cause is in the server's log under the request id.",
                "Report it with the `requestId` of the error.",
            ),
            Self::Invalid => (
                200,
                false,
                "A value is not acceptable: malformed, too long, or out of range.",
                "Mend the value that `path` or `extensions.argument` names.",
            ),
            Self::NotFound => (
                200,
                false,
                "There is no such thing, or the caller may not know of it.",
                "Check the id; load the list again that it came from.",
            ),
            Self::Conflict => (
                200,
                false,
                "The thing has changed meanwhile, a name is taken, or the same key came with another body.",
                "Load the thing again and repeat the change on its present version, or choose another name or key.",
            ),
            Self::WrongCredentials => (
                200,
                false,
                "User name and password, or the token, do not match. Deliberately says no more.",
                "Let the user type them again.",
            ),
        }
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The root field that reads the table.
#[derive(Default)]
pub struct ErrorCodeQuery;

#[Object]
impl ErrorCodeQuery {
    /// The error catalogue: every code that can leave this server, what it means and what to do about it. Open to
    /// everybody.
    #[graphql(directive = open::apply())]
    async fn error_codes(&self) -> Result<Option<Vec<ErrorCodeInfo>>> {
        Ok(Some(catalogue()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use async_graphql::resolver_utils::EnumType;

    use super::*;

    #[test]
    fn the_table_has_every_code_once_and_says_something_of_each() {
        let schema: Vec<ErrorCode> = ErrorCode::items().iter().map(|item| item.value).collect();
        assert_eq!(schema, ErrorCode::ALL);
        let mut said = HashSet::new();
        for info in catalogue() {
            assert_eq!(serde_json::to_value(info.code).ok(), Some(info.code.name().into()));
            for sentence in [info.meaning, info.remedy] {
                assert!(sentence.ends_with('.') && !sentence.contains("  "), "{sentence}");
                assert!(said.insert(sentence.clone()), "said twice: {sentence}");
            }
            assert!([200, 400, 401, 403, 413, 429, 500, 503].contains(&info.http_status), "{}", info.http_status);
            // What may be repeated is never the caller's fault, except for asking too much.
            assert_eq!(info.is_retryable, matches!(info.http_status, 429 | 503));
        }
    }
}
