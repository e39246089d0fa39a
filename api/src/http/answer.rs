//! From a GraphQL response to an HTTP one.

use async_graphql::Response as GraphqlResponse;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::negotiate::MediaType;
use super::request_id::RequestId;
use crate::error::ErrorCode;
use crate::graphql::engine::{RequestError, encode};
use crate::limits::{Bill, write_retry_after};

/// The status of a request error in the newer media type. An answer without data is never a success, so the codes that
/// only come beside data would be bad requests here; one that forbids the whole says so.
fn status(code: ErrorCode) -> StatusCode {
    if code == ErrorCode::Forbidden {
        return StatusCode::FORBIDDEN;
    }
    let status = u16::try_from(code.http_status()).ok().and_then(|status| StatusCode::from_u16(status).ok());
    status.filter(|status| *status != StatusCode::OK).unwrap_or(StatusCode::BAD_REQUEST)
}

/// Whether the code speaks of the GraphQL document rather than of the HTTP request around it. Clients that only know
/// `application/json` expect 200 for those.
fn is_about_document(code: ErrorCode) -> bool {
    use ErrorCode::{DocumentNotFound, LimitExceeded, ParseFailed, ValidationFailed};
    matches!(code, ParseFailed | ValidationFailed | LimitExceeded | DocumentNotFound)
}

/// The answer to an operation that ran, or that was only to be priced.
pub fn executed(media: MediaType, id: &RequestId, response: GraphqlResponse, bill: Option<&Bill>) -> Response {
    let mut response = reply(StatusCode::OK, media, body(id, response));
    if let Some(bill) = bill {
        bill.write(response.headers_mut());
    }
    response
}

/// A response as JSON in one line.
pub fn body(id: &RequestId, mut response: GraphqlResponse) -> Vec<u8> {
    name_request(id, &mut response);
    encode(&response)
}

/// Puts the request's id into every error.
pub fn name_request(id: &RequestId, response: &mut GraphqlResponse) {
    for error in &mut response.errors {
        error.extensions.get_or_insert_default().set("requestId", id.0.as_str());
    }
}

/// The answer to a request that did not run: errors and no data.
pub fn refused(media: MediaType, id: &RequestId, errors: &[RequestError]) -> Response {
    refused_at(media, id, errors, None)
}

/// The same for a document that had its price.
pub fn refused_at(media: MediaType, id: &RequestId, errors: &[RequestError], bill: Option<&Bill>) -> Response {
    let code = errors.first().map_or(ErrorCode::BadRequest, |error| error.code);
    let status = match media {
        MediaType::Json if is_about_document(code) => StatusCode::OK,
        _ => status(code),
    };
    let mut response = refusal(status, media, id, errors, bill);
    write_retry_after(response.headers_mut(), errors);
    if let Some(bill) = bill {
        bill.write(response.headers_mut());
    }
    response
}

/// The same with a status of its own.
pub fn with_status(status: StatusCode, media: MediaType, id: &RequestId, errors: &[RequestError]) -> Response {
    refusal(status, media, id, errors, None)
}

fn refusal(
    status: StatusCode,
    media: MediaType,
    id: &RequestId,
    errors: &[RequestError],
    bill: Option<&Bill>,
) -> Response {
    let mut body = json!({ "errors": entries(errors, id) });
    if let Some(bill) = bill {
        body["extensions"] = json!({ "cost": bill.value() });
    }
    let mut response = reply(status, media, body.to_string().into_bytes());
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// Request errors as entries of `errors`.
pub fn entries(errors: &[RequestError], id: &RequestId) -> Vec<Value> {
    errors.iter().map(|error| entry(error, id)).collect()
}

fn entry(error: &RequestError, id: &RequestId) -> Value {
    let mut entry = json!({ "message": error.message });
    if !error.locations.is_empty() {
        let places = error.locations.iter().map(|place| json!({ "line": place.line, "column": place.column }));
        entry["locations"] = places.collect();
    }
    entry["extensions"] = json!({ "code": error.code.name(), "requestId": id.0 });
    if let Some(seconds) = error.retry_after {
        entry["extensions"]["retryAfter"] = seconds.into();
    }
    if let Some(permission) = error.permission {
        entry["extensions"]["permission"] = permission.into();
    }
    entry
}

fn reply(status: StatusCode, media: MediaType, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media.header()));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Authorization"));
    response
}
