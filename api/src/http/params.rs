//! The parts of a GraphQL request, from a JSON body or from a query string.

use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::error::ErrorCode;
use crate::graphql::engine::RequestError;

/// The parts of a GraphQL request, of the right types.
#[derive(Debug, Default)]
pub struct Params {
    pub query: String,
    pub operation_name: Option<String>,
    pub variables: Map<String, Value>,
    /// Only the price is wanted: `"extensions": { "dryRun": true }`.
    pub dry_run: bool,
}

/// Why a request is not one, and the status to say so with where it is not the code's own.
pub type Refusal = (Option<StatusCode>, RequestError);

pub fn bad(message: impl Into<String>) -> Refusal {
    (None, RequestError::new(ErrorCode::BadRequest, message))
}

pub fn bad_with(status: StatusCode, message: impl Into<String>) -> Refusal {
    (Some(status), RequestError::new(ErrorCode::BadRequest, message))
}

/// From the fields of a JSON object; others than the specification's are ignored.
pub fn from_fields(mut fields: Map<String, Value>) -> Result<Params, Refusal> {
    let query = match fields.remove("query") {
        Some(Value::String(query)) => query,
        None | Some(Value::Null) => return Err(bad("`query` is missing.")),
        Some(_) => return Err(bad("`query` must be a string.")),
    };
    let operation_name = match fields.remove("operationName") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name).filter(|name| !name.is_empty()),
        Some(_) => return Err(bad("`operationName` must be a string.")),
    };
    let variables = match fields.remove("variables") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(variables)) => variables,
        Some(_) => return Err(bad("`variables` must be an object.")),
    };
    let dry_run = match fields.remove("extensions") {
        None | Some(Value::Null) => false,
        Some(Value::Object(mut extensions)) => match extensions.remove("dryRun") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(dry_run)) => dry_run,
            Some(_) => return Err(bad("`extensions.dryRun` must be true or false.")),
        },
        Some(_) => return Err(bad("`extensions` must be an object.")),
    };
    Ok(Params { query, operation_name, variables, dry_run })
}

/// From a query string, in which variables and extensions are JSON.
pub fn from_query_string(text: &str) -> Result<Params, Refusal> {
    let mut fields = Map::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = unescape(name)?;
        if !matches!(name.as_str(), "query" | "operationName" | "variables" | "extensions") {
            continue;
        }
        let value = unescape(value)?;
        let value = match name.as_str() {
            "variables" | "extensions" if value.is_empty() => Value::Null,
            "variables" | "extensions" => {
                serde_json::from_str(&value).map_err(|_| bad(format!("`{name}` is not JSON.")))?
            }
            _ => Value::String(value),
        };
        if fields.insert(name.clone(), value).is_some() {
            return Err(bad(format!("`{name}` is given twice.")));
        }
    }
    from_fields(fields)
}

fn unescape(text: &str) -> Result<String, Refusal> {
    let spaced = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8();
    decoded.map(|text| text.into_owned()).map_err(|_| bad("The query string is not UTF-8."))
}
