//! Sessions and devices as their owners see and end them.

mod cookies;
mod devices;
mod ends;

use harness::{Person, World};
use serde_json::{Value, json};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const NEWER_FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0";
const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1";
const HOME: &str = "192.0.2.7";
const PASSWORD: &str = "correct horse";

const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) {
    session { id } accessToken refreshToken userErrors { code } } }";
const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) {
    session { id device { id } } accessToken refreshToken userErrors { code path } } }";
const REFRESH: &str = "mutation($input: RefreshSessionInput!) { refreshSession(input: $input) {
    session { id } accessToken refreshToken userErrors { code path } } }";
const SESSIONS: &str =
    "{ viewer { sessions { totalCount nodes { id isCurrent address endedAt lastActiveAt idleExpiresAt
    device { name platform isCurrent } } } } }";
const DEVICES: &str = "{ viewer { devices { totalCount nodes { id name platform isCurrent trustedUntil } } } }";
const EVENTS: &str = "{ viewer { securityEvents { nodes { kind deviceName address session { id } } } } }";
const VIEWER: &str = "{ viewer { username } }";

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

async fn registered<'w>(world: &'w World, username: &str) -> Person<'w> {
    let nobody = world.anonymous().from(HOME, FIREFOX);
    let answer = nobody.run(REGISTER, json!({ "input": { "username": username, "password": PASSWORD } })).await;
    nobody.with_token(text(&answer.field("register")["accessToken"]))
}

fn credentials(username: &str) -> Value {
    json!({ "input": { "identifier": username, "password": PASSWORD } })
}

async fn signed_in<'w>(world: &'w World, username: &str, address: &str, agent: &str) -> (Person<'w>, Value) {
    let nobody = world.anonymous().from(address, agent);
    let answer = nobody.run(SIGN_IN, credentials(username)).await;
    let admission = answer.field("signIn").clone();
    (nobody.with_token(text(&admission["accessToken"])), admission)
}

async fn is_in(person: &Person<'_>) -> bool {
    let answer = person.run(VIEWER, json!({})).await;
    match answer.status.as_u16() {
        200 => true,
        401 => false,
        status => panic!("{status}: {:#}", answer.body),
    }
}

async fn nodes(person: &Person<'_>, query: &str, list: &str) -> Vec<Value> {
    let answer = person.run(query, json!({})).await;
    answer.field("viewer")[list]["nodes"].as_array().unwrap().clone()
}

async fn kinds(person: &Person<'_>) -> Vec<String> {
    nodes(person, EVENTS, "securityEvents").await.iter().map(|event| text(&event["kind"]).to_owned()).collect()
}
