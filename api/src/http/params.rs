//! The parts of a GraphQL request, taken from a body, a query string or a socket's message.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::LengthLimitError;
use serde_json::{Map, Value};

use crate::documents::{Asked, Automatic};
use crate::error::ErrorCode;
use crate::graphql::engine::RequestError;

/// The parts of a GraphQL request, of the right types.
#[derive(Debug, Default)]
pub struct Params {
    pub document: Asked,
    pub operation_name: Option<String>,
    pub variables: Map<String, Value>,
    /// Only the price is wanted: `"extensions": { "dryRun": true }`.
    pub dry_run: bool,
    /// What was done is wanted too: `"extensions": { "debug": true }`.
    pub debug: bool,
}

/// What is wrong with the request around the document, and the status that says so if its code alone does not.
pub type Refusal = (Option<StatusCode>, RequestError);

pub fn bad(message: impl Into<String>) -> Refusal {
    (None, RequestError::new(ErrorCode::BadRequest, message))
}

pub fn bad_with(status: StatusCode, message: impl Into<String>) -> Refusal {
    (Some(status), RequestError::new(ErrorCode::BadRequest, message))
}

/// Whether the body is JSON in UTF-8, and not compressed.
pub fn check_content(headers: &HeaderMap) -> Result<(), Refusal> {
    let unsupported = |message: &str| Err(bad_with(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    let mut encodings =
        headers.get_all(header::CONTENT_ENCODING).iter().map(|value| value.to_str().unwrap_or_default());
    if encodings.any(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return unsupported("The body must not be compressed.");
    }
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let content_type = types.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    if types.next().is_some() {
        return unsupported("There is more than one Content-Type.");
    }
    let mut parts = content_type.split(';').map(str::trim);
    let json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    match json && utf8 {
        true => Ok(()),
        false => unsupported("The body must be application/json in UTF-8."),
    }
}

/// The length that the headers promise; 0 if they promise none.
pub fn announced(headers: &HeaderMap) -> usize {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}

pub fn too_large(limit: usize) -> Refusal {
    (None, RequestError::new(ErrorCode::TooLarge, format!("The body must not be larger than {limit} bytes.")))
}

/// The request in a JSON body.
pub async fn read(body: Body, limit: usize) -> Result<Params, Refusal> {
    let bytes = to_bytes(body, limit).await.map_err(|cause| {
        match std::error::Error::source(&cause).is_some_and(|source| source.is::<LengthLimitError>()) {
            true => too_large(limit),
            false => bad("The body did not arrive whole."),
        }
    })?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| bad("The body is not JSON."))?;
    match value {
        Value::Object(fields) => from_fields(fields),
        Value::Array(_) => Err(bad("Batches are not supported: send one request at a time.")),
        _ => Err(bad("The body must be a JSON object.")),
    }
}

/// The request in the fields of an object.
pub fn from_fields(mut fields: Map<String, Value>) -> Result<Params, Refusal> {
    let mut text = |name: &str| match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad(format!("`{name}` must be a string."))),
    };
    let mut document = Asked { text: text("query")?, id: text("documentId")?, automatic: None };
    let operation_name = text("operationName")?.filter(|name| !name.is_empty());
    let variables = match fields.remove("variables") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(variables)) => variables,
        Some(_) => return Err(bad("`variables` must be an object.")),
    };
    let mut extensions = match fields.remove("extensions") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(extensions)) => extensions,
        Some(_) => return Err(bad("`extensions` must be an object.")),
    };
    let mut flag = |name: &str| match extensions.remove(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(flag),
        Some(_) => Err(bad(format!("`extensions.{name}` must be true or false."))),
    };
    let (dry_run, debug) = (flag("dryRun")?, flag("debug")?);
    document.automatic = extensions.remove("persistedQuery").map_or(Ok(None), automatic)?;
    if document.is_empty() {
        return Err(bad("`query` is missing."));
    }
    Ok(Params { document, operation_name, variables, dry_run, debug })
}

fn automatic(value: Value) -> Result<Option<Automatic>, Refusal> {
    match (value["version"].as_i64(), value["sha256Hash"].as_str()) {
        _ if value.is_null() => Ok(None),
        (Some(version), Some(hash)) => Ok(Some(Automatic { version, hash: hash.to_owned() })),
        _ => Err(bad("`extensions.persistedQuery` must have a `version` and a `sha256Hash`.")),
    }
}

/// The request in a query string.
pub fn from_query_string(text: &str) -> Result<Params, Refusal> {
    let mut fields = Map::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = unescape(name)?;
        if !matches!(name.as_str(), "query" | "documentId" | "operationName" | "variables" | "extensions") {
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
