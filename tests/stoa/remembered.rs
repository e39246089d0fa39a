//! Credentials that are believed for a moment: without a statement for who asks again, and never longer than said.

use chrono::TimeDelta;
use harness::{PATIENCE, Person, Start, World};
use serde_json::json;

const VIEWER: &str = "{ viewer { username } }";
const SIGN_OUT: &str = "mutation { signOut(input: {}) { endedSessions userErrors { code } } }";
const CREATE: &str = "mutation { createConversation(input: { title: \"T\" }) { conversation { id } } }";
const LIST: &str = "{ conversations { nodes { id } } }";

async fn believing() -> World {
    World::with(Start::Empty, |config| config.auth.credential_cache = 1000).await
}

fn pass(world: &World) {
    world.clock.advance(TimeDelta::milliseconds(1000));
}

async fn is_signed_in(person: &Person<'_>) -> bool {
    let answer = person.run(VIEWER, json!({})).await;
    match answer.status.as_u16() {
        200 => true,
        401 => false,
        status => panic!("{status}: {:#}", answer.body),
    }
}

/// Until another process has heard of what changed; the clock stands still, so nothing is forgotten by itself.
async fn until_signed_out(person: &Person<'_>) {
    let heard = async {
        while is_signed_in(person).await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, heard).await.expect("nobody told the other process");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_again_is_not_looked_up_again() {
    let world = believing().await;
    let ada = world.member("ada").await;
    let first = ada.run(VIEWER, json!({})).await.statements;
    for _ in 0..3 {
        assert_eq!(ada.run(VIEWER, json!({})).await.statements, first - 1);
    }
    pass(&world);
    assert_eq!(ada.run(VIEWER, json!({})).await.statements, first, "a second later");
    let bad = ada.with_token(&format!("{}x", ada.token.as_deref().unwrap()));
    assert!(!is_signed_in(&bad).await, "the token is looked at every time");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_a_session_is_known_at_once_here_and_soon_elsewhere() {
    let world = believing().await;
    let other = world.another_process().await;
    let ada = world.member("ada").await;
    assert!(is_signed_in(&ada).await && is_signed_in(&ada.at(&other)).await);
    ada.run(SIGN_OUT, json!({})).await.field("signOut");
    assert!(!is_signed_in(&ada).await);
    until_signed_out(&ada.at(&other)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_token_ends_what_is_remembered_of_its_session() {
    let world = believing().await;
    let nobody = world.anonymous();
    let register =
        "mutation { register(input: { username: \"ines\", email: \"ines@people.test\", password: \"correct horse\" }) {
        accessToken refreshToken } }";
    let made = nobody.run(register, json!({})).await.field("register").clone();
    let refresh = "mutation($token: String!) { refreshSession(input: { refreshToken: $token }) {
        refreshToken userErrors { code path } } }";
    let mut token = made["refreshToken"].clone();
    for _ in 0..2 {
        token = nobody.run(refresh, json!({ "token": token })).await.field("refreshSession")["refreshToken"].clone();
    }
    let ines = nobody.with_token(made["accessToken"].as_str().unwrap());
    assert!(is_signed_in(&ines).await);
    let replay = nobody.run(refresh, json!({ "token": made["refreshToken"] })).await;
    assert_eq!(replay.refusals("refreshSession"), ["WRONG_CREDENTIALS refreshToken"]);
    assert!(!is_signed_in(&ines).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_tells_is_found_in_a_second_and_by_changes_at_once() {
    let world = believing().await;
    let ada = world.member("ada").await;
    ada.run(LIST, json!({})).await.data();
    // Behind everybody's back: no bell rings.
    world.db_run("delete from user_roles").await;
    ada.run(LIST, json!({})).await.data();
    let before = world.fingerprint().await;
    let change = ada.run(CREATE, json!({})).await;
    assert_eq!(change.code(), "FORBIDDEN", "{:#}", change.body);
    assert_eq!(world.fingerprint().await, before);
    pass(&world);
    assert_eq!(ada.run(LIST, json!({})).await.code(), "FORBIDDEN");
    world.db_run("update users set state = 'suspended'").await;
    pass(&world);
    assert!(!is_signed_in(&ada).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_taken_is_gone_at_once_here_and_soon_elsewhere() {
    let world = believing().await;
    let other = world.another_process().await;
    let (root, ada) = (world.admin("root").await, world.member("ada").await);
    let there = ada.at(&other);
    there.run(LIST, json!({})).await.data();
    ada.run(LIST, json!({})).await.data();
    let held = ada.run("{ viewer { roleAssignments { nodes { role { id } } } } }", json!({})).await;
    let role = held.field("viewer")["roleAssignments"]["nodes"][0]["role"]["id"].clone();
    let remove = "mutation($user: ID!, $role: ID!) { removeRole(input: { userId: $user, roleId: $role }) {
        userErrors { code path } } }";
    let taken = root.run(remove, json!({ "user": ada.id, "role": role })).await;
    assert_eq!(taken.refusals("removeRole"), Vec::<String>::new());
    assert_eq!(ada.run(LIST, json!({})).await.code(), "FORBIDDEN");
    let heard = async {
        while there.run(LIST, json!({})).await.body.get("errors").is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, heard).await.expect("nobody told the other process");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_acts_as_somebody_else_is_forgotten_with_their_key() {
    let world = believing().await;
    let (root, ada) = (world.admin("root").await, world.member("ada").await);
    let make = "mutation { createApiKey(input: { name: \"S\", scopes: [CONVERSATIONS_READ], mayActAsOthers: true }) {
        secret apiKey { id } } }";
    let made = root.run(make, json!({})).await.field("createApiKey").clone();
    let program = world.anonymous().with_token(made["secret"].as_str().unwrap());
    let asks = async || {
        let request = axum::http::Request::post("/graphql").header("x-user-id", ada.id.as_str());
        let request = request.body(axum::body::Body::from(json!({ "query": VIEWER }).to_string())).unwrap();
        program.send(request).await
    };
    let (first, again) = (asks().await, asks().await);
    assert_eq!((first.status.as_u16(), again.statements), (200, first.statements - 1), "remembered");
    let revoke =
        format!("mutation {{ revokeApiKey(input: {{ apiKeyId: {} }}) {{ revokedApiKeyId }} }}", made["apiKey"]["id"]);
    root.run(&revoke, json!({})).await.field("revokeApiKey");
    assert_eq!(asks().await.status.as_u16(), 401, "at once");
}
