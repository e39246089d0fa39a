//! Documents that run by id: registered ones, those that clients persist by themselves, who may run what, and answers that
//! need not be sent again.

mod automatic;
mod caching;
mod policy;
mod registered;

use axum::body::Body;
use axum::http::Request;
use chrono::TimeDelta;
use harness::{Answer, Heard, Person, Socket, Start, World};
use serde_json::{Value, json};
use stoa::config::DocumentPolicy;
use stoa::documents::rows::{self, Registered};
use stoa::documents::{Digest, is_id};

const TYPENAME: &str = "query Name { __typename }";
const VIEWER: &str = "query Me { viewer { username } }";

/// Registers a text as the operator does.
async fn register(world: &World, id: &str, text: &str) {
    assert!(is_id(id), "{id}");
    let registered = rows::register(&world.db, id, text, world.clock.now()).await.unwrap();
    assert_eq!(registered, Registered::New, "{id}");
}

async fn remove(world: &World, id: &str) {
    assert!(rows::remove(&world.db, id).await.unwrap(), "{id}");
}

fn pass(world: &World, seconds: i64) {
    world.clock.advance(TimeDelta::seconds(seconds));
}

async fn post(person: &Person<'_>, body: Value) -> Answer {
    person.send(Request::post("/graphql").body(Body::from(body.to_string())).unwrap()).await
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// GET with these parameters and headers.
async fn get(person: &Person<'_>, parameters: &[(&str, &str)], headers: &[(&'static str, &str)]) -> Answer {
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let mut request = Request::get(format!("/graphql?{}", pairs.join("&")));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    person.send(request.body(Body::empty()).unwrap()).await
}

/// `extensions` of an automatic persisted query.
fn persisted(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

fn hash(text: &str) -> String {
    Digest::of(text).to_string()
}

/// Refused before anything ran.
#[track_caller]
fn check_refused(answer: &Answer, status: u16, code: &str, what: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{what}: {:#}", answer.body);
    assert_eq!(answer.body.get("data"), None, "{what}");
    assert_eq!(answer.headers["cache-control"], "no-store", "{what}");
    assert!(!answer.headers.contains_key("etag"), "{what}");
}

#[track_caller]
fn message(answer: &Answer) -> &str {
    answer.body["errors"][0]["message"].as_str().unwrap()
}
