//! Keys with which programs act for an account.

mod limits;

use axum::body::Body;
use axum::http::Request;
use chrono::TimeDelta;
use harness::{Answer, PATIENCE, Person, Socket, Start, World};
use serde_json::{Value, json};

const CREATE: &str = "mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) {
    secret apiKey { id name ending scopes expiresAt mayActAsOthers } userErrors { code path } } }";
const ROTATE: &str = "mutation($input: RotateApiKeyInput!) { rotateApiKey(input: $input) {
    secret apiKey { id version previousSecretExpiresAt } userErrors { code path } } }";
const REVOKE: &str = "mutation($id: ID!) { revokeApiKey(input: { apiKeyId: $id }) {
    revokedApiKeyId userErrors { code path } } }";
const VIEWER: &str = "{ viewer { username permissions } }";
const TALK: &str =
    "mutation { createConversation(input: { title: \"T\" }) { conversation { id } userErrors { code } } }";

async fn made(person: &Person<'_>, input: Value) -> (String, String) {
    let answer = person.run(CREATE, json!({ "input": input })).await;
    let payload = answer.field("createApiKey");
    (payload["secret"].as_str().unwrap().to_owned(), payload["apiKey"]["id"].as_str().unwrap().to_owned())
}

fn reading() -> Value {
    json!({ "name": "Reader", "scopes": ["CONVERSATIONS_READ"] })
}

async fn is_good(person: &Person<'_>) -> bool {
    let answer = person.run(VIEWER, json!({})).await;
    match answer.status.as_u16() {
        200 => true,
        401 => false,
        status => panic!("{status}: {:#}", answer.body),
    }
}

/// Asks with a key in the name of somebody else.
async fn acts_as(world: &World, secret: &str, user: &str, query: &str) -> Answer {
    let body = json!({ "query": query }).to_string();
    let request = Request::post("/graphql").header("x-user-id", user).body(Body::from(body)).unwrap();
    world.anonymous().with_token(secret).send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_what_its_scopes_and_its_owner_may() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let (secret, id) = made(&ines, reading()).await;
    assert!(secret.starts_with("stoa_sk_") && secret.len() < 150, "{secret}");
    let program = ines.with_token(&secret);
    let seen = program.run(VIEWER, json!({})).await.field("viewer").clone();
    assert_eq!(seen, json!({ "username": "ines", "permissions": ["CONVERSATIONS_READ"] }));
    assert_eq!(program.run(TALK, json!({})).await.code(), "FORBIDDEN");
    let stored = world.number("select count(*) from api_keys where position(name in 'Reader') = 1").await;
    assert_eq!(stored, 1);
    let shown = ines.run("{ viewer { apiKeys { totalCount nodes { id ending scopes } } } }", json!({})).await;
    let key = &shown.field("viewer")["apiKeys"]["nodes"][0];
    assert_eq!((key["id"].as_str().unwrap(), key["ending"].as_str().unwrap()), (&*id, &secret[secret.len() - 4..]));

    world.db_run("delete from user_roles").await;
    let bare = program.run("{ conversations { totalCount } }", json!({})).await;
    assert_eq!(bare.code(), "FORBIDDEN", "the owner may no more");
    let too_much = json!({ "input": { "name": "All", "scopes": ["USERS_READ"] } });
    assert_eq!(ines.run(CREATE, too_much).await.code(), "FORBIDDEN", "nobody gives what they do not hold");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_touches_nothing_of_the_account_itself() {
    let world = World::empty().await;
    let ines = world.admin("ines").await;
    let all = "{ viewer { permissions } }";
    let scopes = ines.run(all, json!({})).await.field("viewer")["permissions"].clone();
    let (secret, id) = made(&ines, json!({ "name": "All", "scopes": scopes })).await;
    let program = ines.with_token(&secret);
    let before = world.fingerprint().await;
    for mutation in [
        "createApiKey(input: { name: \"More\", scopes: [CONVERSATIONS_READ] }) { userErrors { code } }",
        &format!("rotateApiKey(input: {{ apiKeyId: \"{id}\" }}) {{ userErrors {{ code }} }}"),
        &format!("revokeApiKey(input: {{ apiKeyId: \"{id}\" }}) {{ userErrors {{ code }} }}"),
        "signOut(input: { allSessions: true }) { userErrors { code } }",
        "endOtherSessions(input: {}) { userErrors { code } }",
        "trustDevice(input: {}) { userErrors { code } }",
        "changePassword(input: { currentPassword: \"x\", newPassword: \"seven green herons\" }) { userErrors { code } }",
        "deleteAccount(input: {}) { userErrors { code } }",
        "deactivateAccount(input: {}) { userErrors { code } }",
        "updateUser(input: { displayName: \"Other\" }) { userErrors { code } }",
    ] {
        let answer = program.run(&format!("mutation {{ {mutation} }}"), json!({})).await;
        assert_eq!(answer.code(), "FORBIDDEN", "{mutation}: {:#}", answer.body);
    }
    assert_eq!(world.fingerprint().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_end_and_are_ended() {
    let world = World::with(Start::Empty, |config| config.auth.credential_cache = 1000).await;
    let other = world.another_process().await;
    let ines = world.member("ines").await;
    let (secret, id) =
        made(&ines, json!({ "name": "Short", "scopes": ["CONVERSATIONS_READ"], "lifetimeDays": 1 })).await;
    let program = ines.with_token(&secret);
    assert!(is_good(&program).await && is_good(&program.at(&other)).await);
    let mary = world.member("mary").await;
    assert_eq!(mary.run(REVOKE, json!({ "id": id })).await.refusals("revokeApiKey"), ["NOT_FOUND apiKeyId"]);
    ines.run(REVOKE, json!({ "id": id })).await.field("revokeApiKey");
    assert!(!is_good(&program).await);
    let heard = async {
        while is_good(&program.at(&other)).await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, heard).await.expect("nobody told the other process");
    assert_eq!(ines.run(REVOKE, json!({ "id": id })).await.refusals("revokeApiKey"), ["NOT_FOUND apiKeyId"]);

    let (secret, _) =
        made(&ines, json!({ "name": "Short", "scopes": ["CONVERSATIONS_READ"], "lifetimeDays": 1 })).await;
    let program = ines.with_token(&secret);
    assert!(is_good(&program).await);
    world.db_run("update users set state = 'suspended' where username = 'ines'").await;
    world.clock.advance(TimeDelta::seconds(1));
    assert!(!is_good(&program).await, "its owner is out");
    world.db_run("update users set state = 'active' where username = 'ines'").await;
    assert!(is_good(&program).await);
    world.clock.advance(TimeDelta::days(1));
    assert!(!is_good(&program).await, "its day is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_secrets_are_good_for_a_while() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let (first, id) = made(&ines, reading()).await;
    let input = json!({ "input": { "apiKeyId": id, "overlapMinutes": 60, "idempotencyKey": "once" } });
    let rotated = ines.run(ROTATE, input.clone()).await.field("rotateApiKey").clone();
    assert_eq!(ines.run(ROTATE, input).await.field("rotateApiKey"), &rotated, "the same secret when it is asked again");
    let second = rotated["secret"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    assert!(is_good(&ines.with_token(&first)).await && is_good(&ines.with_token(&second)).await);
    world.clock.advance(TimeDelta::minutes(60));
    let ines = world.existing("ines").await;
    assert!(!is_good(&ines.with_token(&first)).await && is_good(&ines.with_token(&second)).await);
    let at_once = json!({ "input": { "apiKeyId": id, "overlapMinutes": 0 } });
    let third = ines.run(ROTATE, at_once).await.field("rotateApiKey")["secret"].clone();
    assert!(!is_good(&ines.with_token(&second)).await);
    assert!(is_good(&ines.with_token(third.as_str().unwrap())).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_key_is_refused() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let (secret, _) = made(&ines, reading()).await;
    let changed = |at: usize| {
        let mut text = secret.clone().into_bytes();
        text[at] = if text[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(text).unwrap()
    };
    for wrong in [changed(10), changed(40), changed(55), changed(90), "stoa_sk_".to_owned(), secret[..60].to_owned()] {
        assert!(!is_good(&ines.with_token(&wrong)).await, "{wrong}");
    }
    assert!(!is_good(&ines.with_token(&format!("{secret}AAAA"))).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_acts_as_whom_it_names() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    let mary = world.member("mary").await;
    let title =
        "mutation { createConversation(input: { title: \"Private\" }) { conversation { id } userErrors { code } } }";
    mary.run(title, json!({})).await.field("createConversation");
    let service = json!({ "name": "Service", "scopes": ["CONVERSATIONS_READ", "CONVERSATIONS_WRITE"],
        "mayActAsOthers": true });
    assert_eq!(ines.run(CREATE, json!({ "input": service })).await.code(), "FORBIDDEN", "members make no such keys");
    let (secret, _) = made(&root, service).await;
    let titles = "{ viewer { username } conversations { nodes { title } } }";
    let number = mary.run("{ viewer { number } }", json!({})).await.field("viewer")["number"].to_string();
    let uuid = mary.user.unwrap().0.to_string();
    for name in ["mary", "MARY", &number, &uuid, &uuid.to_uppercase(), &mary.id] {
        let answer = acts_as(&world, &secret, name, titles).await;
        assert_eq!(answer.field("viewer")["username"], "mary", "{name}");
        assert_eq!(answer.field("conversations")["nodes"][0]["title"], "Private");
    }
    world.db_run("update users set state = 'suspended' where username = 'ines'").await;
    let refusals: Vec<String> = futures_util::future::join_all(
        ["nobody", "99", "00000000-0000-7000-8000-000000000000", "ines", "", "user_1", "stoa:17"]
            .map(async |name| acts_as(&world, &secret, name, titles).await.alike()),
    )
    .await;
    assert!(
        refusals.iter().all(|refusal| *refusal == refusals[0] && refusal.contains("UNAUTHENTICATED")),
        "{refusals:?}"
    );
    let own = root.with_token(&secret).run(VIEWER, json!({})).await;
    assert_eq!(own.field("viewer")["username"], "root", "without a name it is its owner");

    let made_by = acts_as(&world, &secret, "mary", TALK).await;
    made_by.field("createConversation");
    let audited = world
        .number(
            "select count(*) from audit_log a join users actor on actor.id = a.actor_id
               join users behalf on behalf.id = a.on_behalf_of
              where a.action = 'conversation.create' and actor.username = 'root' and behalf.username = 'mary'
                and a.api_key_id is not null and a.session_id is null",
        )
        .await;
    assert_eq!(audited, 1, "both are written down");
    let owner = world
        .number("select count(*) from conversations c join users u on u.id = c.owner_id where u.username = 'mary'");
    assert_eq!(owner.await, 2);
    let many = acts_as(&world, &secret, "mary", "{ users { totalCount } viewer { permissions } }").await;
    assert_eq!(many.field("viewer")["permissions"], json!(["CONVERSATIONS_READ", "CONVERSATIONS_WRITE"]));

    let plain = made(&root, reading()).await.0;
    assert_eq!(acts_as(&world, &plain, "mary", VIEWER).await.status.as_u16(), 401, "a key that may not");
    let with_session = acts_as(&world, mary.token.as_deref().unwrap(), "root", VIEWER).await;
    assert_eq!(with_session.field("viewer")["username"], "mary", "a session is whose it is");
    world.db_run("delete from role_permissions rp using permissions p where p.id = rp.permission_id and p.name in ('users:act_as', '*:*')").await;
    assert_eq!(acts_as(&world, &secret, "mary", VIEWER).await.status.as_u16(), 401, "its owner may no more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_takes_a_key_and_ends_with_it() {
    let world = World::empty().await;
    let here = world.listen().await;
    let ines = world.member("ines").await;
    let (secret, id) = made(&ines, reading()).await;
    let mut socket = Socket::open(here.address, Some(&secret)).await;
    socket.subscribe("1", VIEWER, json!({})).await;
    let message = socket.hear().await.message();
    assert_eq!(message["payload"]["data"]["viewer"]["username"], "ines", "{message}");
    assert_eq!(socket.hear().await.message()["type"], "complete");
    ines.run(REVOKE, json!({ "id": id })).await.field("revokeApiKey");
    assert_eq!(socket.hear().await, harness::Heard::Closed(4401));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_use_of_a_key_is_seen_and_a_creation_is_safe_to_repeat() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let mut input = reading();
    input["clientId"] = json!("018f3c1e-7a5b-7c3d-9e2f-000000000001");
    let (secret, id) = made(&ines, input.clone()).await;
    assert_eq!(made(&ines, input.clone()).await, (secret.clone(), id.clone()));
    input["name"] = json!("Other");
    assert_eq!(ines.run(CREATE, json!({ "input": input })).await.refusals("createApiKey"), ["CONFLICT clientId"]);
    is_good(&ines.with_token(&secret)).await;
    world.app.activity.write(&world.db).await.unwrap();
    let used =
        ines.run("{ viewer { apiKeys { nodes { lastUsedAt } } securityEvents { nodes { kind } } } }", json!({})).await;
    assert_eq!(used.field("viewer")["apiKeys"]["nodes"][0]["lastUsedAt"], "2026-06-01T12:00:00.000Z");
    assert_eq!(used.field("viewer")["securityEvents"]["nodes"], json!([{ "kind": "API_KEY_CREATED" }]));
    // The secret is shown again for a day, and not once there is another.
    let again =
        json!({ "input": { "name": "Reader", "scopes": ["CONVERSATIONS_READ"], "clientId": input["clientId"] } });
    ines.run(ROTATE, json!({ "input": { "apiKeyId": id } })).await.field("rotateApiKey");
    let shown = ines.run(CREATE, again.clone()).await.field("createApiKey").clone();
    assert_eq!((&shown["secret"], &shown["apiKey"]["id"]), (&Value::Null, &json!(id)));
    world.db_run("update api_keys set generation = 0").await;
    assert_eq!(ines.run(CREATE, again.clone()).await.field("createApiKey")["secret"], json!(secret));
    world.clock.advance(TimeDelta::days(1));
    let ines = world.existing("ines").await;
    assert_eq!(ines.run(CREATE, again).await.field("createApiKey")["secret"], Value::Null);
    for n in 1..50 {
        made(&ines, json!({ "name": format!("Key {n}"), "scopes": ["CONVERSATIONS_READ"] })).await;
    }
    let one_more = ines.run(CREATE, json!({ "input": reading() })).await;
    assert_eq!(one_more.refusals("createApiKey"), ["CONFLICT"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_a_budget_of_its_own() {
    let world = World::empty().await;
    let other = world.another_process().await;
    let ines = world.member("ines").await;
    let (first, second) = (made(&ines, reading()).await.0, made(&ines, reading()).await.0);
    let left = async |person: &Person<'_>| {
        let answer = person.run("{ conversations(first: 100) { nodes { title } } viewer { id } }", json!({})).await;
        answer.body["extensions"]["cost"]["remaining"].as_u64().unwrap()
    };
    let (with_first, with_second) = (ines.with_token(&first), ines.with_token(&second));
    let full = left(&with_second).await;
    for _ in 0..3 {
        left(&with_first).await;
    }
    assert!(left(&with_first).await < full && left(&with_second).await > left(&with_first).await);
    assert!(left(&with_first.at(&other)).await < full, "also in another process");
}
