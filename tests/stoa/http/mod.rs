//! GraphQL over HTTP, and the pages beside it: what goes in, which status and which headers come out.

mod answers;
mod door;
mod pages;
mod requests;

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{Method, Request};
use harness::{Answer, Start, World};
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};

const JSON: &str = "application/json";
const NEWER: &str = "application/graphql-response+json";
const TYPENAME: &str = "{ __typename }";

fn post() -> Builder {
    Request::post("/graphql").header("host", "localhost")
}

fn get(uri: &str) -> Request<Body> {
    Request::get(uri).header("host", "localhost").body(Body::empty()).unwrap()
}

async fn post_json(world: &World, accept: &str, body: &str) -> Answer {
    let request = post().header("content-type", JSON).header("accept", accept);
    world.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

#[track_caller]
fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let values: Vec<_> = answer.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(values.len(), 1, "{name} in {:?}", answer.headers);
    values[0]
}

/// What every answer of the endpoint carries, errors included.
#[track_caller]
fn check_headers(answer: &Answer) {
    let media = header(answer, "content-type");
    assert!(
        [format!("{JSON}; charset=utf-8"), format!("{NEWER}; charset=utf-8")].iter().any(|one| one == media),
        "{media}"
    );
    assert!(header(answer, "vary").starts_with("Accept, Authorization"));
    assert_eq!(header(answer, "x-content-type-options"), "nosniff");
    assert_eq!(header(answer, "cache-control"), "no-store");
    let id = header(answer, "x-request-id");
    assert!(id.starts_with("req_") && id.len() == 30, "{id}");
    for error in answer.body["errors"].as_array().into_iter().flatten() {
        assert_eq!(error["extensions"]["requestId"], id);
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty() && !text.contains('\n')), "{error}");
        assert!(error.get("locations").is_none_or(|places| places != &json!([])), "{error}");
    }
}

/// A request that did not run: this status and code, no data.
#[track_caller]
fn check_refused(answer: &Answer, status: u16, code: &str, what: &str) {
    assert_eq!(answer.status.as_u16(), status, "{what}: {:#}", answer.body);
    let codes = answer.codes();
    assert!(!codes.is_empty() && codes.iter().all(|one| *one == code), "{what}: {:#}", answer.body);
    assert_eq!(answer.body.get("data"), None, "{what}");
    assert_eq!(answer.statements, 0, "{what}");
    check_headers(answer);
}

/// Sends a query by GET, each parameter percent-encoded.
async fn get_with(world: &World, parameters: &[(&str, &str)]) -> Answer {
    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let mut request = get(&format!("/graphql?{}", pairs.join("&")));
    request.headers_mut().insert("accept", NEWER.parse().unwrap());
    world.send(request).await
}
