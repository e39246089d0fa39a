//! The scalars beyond GraphQL's own, each with the page that specifies it.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// A moment as RFC 3339 in UTC with milliseconds, e.g. `2026-03-01T09:30:00.000Z`. Any offset is accepted as input.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct DateTime(pub chrono::DateTime<Utc>);

/// A moment as RFC 3339 in UTC with milliseconds, e.g. `2026-03-01T09:30:00.000Z`. Any offset is accepted as input.
#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time.html")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => chrono::DateTime::parse_from_rfc3339(text)
                .map(|at| DateTime(at.with_timezone(&Utc)))
                .map_err(|_| InputValueError::custom("not a moment in RFC 3339")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        (*self).into()
    }
}

impl From<chrono::DateTime<Utc>> for DateTime {
    fn from(at: chrono::DateTime<Utc>) -> Self {
        Self(at)
    }
}

impl From<DateTime> for Value {
    fn from(at: DateTime) -> Self {
        Value::String(at.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// Any JSON value: object, list, string, number, boolean or null.
#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub serde_json::Value);

/// Any JSON value: object, list, string, number, boolean or null.
#[Scalar(name = "JSON", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        value.into_json().map(Json).map_err(|_| InputValueError::custom("not JSON"))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or(Value::Null)
    }
}

/// Whether a value is one of the scalar of this name; what a mutation can refuse with its path fits here.
pub fn fits(scalar: &str, value: &Value) -> bool {
    match (scalar, value) {
        ("DateTime", Value::String(text)) => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
        ("EmailAddress" | "UUID", Value::String(_)) => true,
        ("DateTime" | "EmailAddress" | "UUID", _) => false,
        _ => true,
    }
}

macro_rules! text_scalar {
    ($(#[doc = $doc:literal])+ $type:ident $name:literal $url:literal) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
        #[serde(transparent)]
        pub struct $type(pub String);

        $(#[doc = $doc])+
        #[Scalar(name = $name, specified_by_url = $url)]
        impl ScalarType for $type {
            fn parse(value: Value) -> InputValueResult<Self> {
                match value {
                    Value::String(text) => Ok(Self(text)),
                    other => Err(InputValueError::expected_type(other)),
                }
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.clone())
            }
        }
    };
}

// Their texts are checked with the rest of the input, so that a bad one is refused as data, with its path.
text_scalar! {
    /// An e-mail address, e.g. `ines@example.org`; at most 254 characters.
    EmailAddress "EmailAddress" "https://www.rfc-editor.org/rfc/rfc5322#section-3.4.1"
}
text_scalar! {
    /// A UUID of any version in its usual form, e.g. `018f3c1e-7a5b-7c3d-9e2f-000000000001`.
    Uuid "UUID" "https://www.rfc-editor.org/rfc/rfc9562"
}
