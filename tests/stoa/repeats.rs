//! `idempotencyKey`: whatever is sent again happens once and is answered alike.

use futures_util::future::join_all;
use harness::{Answer, Person, World};
use serde_json::{Value, json};

const CREATE: &str = "mutation($input: CreateConversationInput!) { createConversation(input: $input) {
    conversation { id title version owner { username } } userErrors { code path } } }";
const UPDATE: &str = "mutation($input: UpdateConversationInput!) { updateConversation(input: $input) {
    conversation { title version } userErrors { code path } } }";
const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) {
    user { username number } session { id } accessToken refreshToken userErrors { code path } } }";

async fn create(person: &Person<'_>, title: &str, key: &str) -> Answer {
    person.run(CREATE, json!({ "input": { "title": title, "idempotencyKey": key } })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_calls_with_one_key_have_one_effect() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let answers = join_all((0..100).map(|_| create(&ines, "Once", "k-1"))).await;
    let first = answers[0].field("createConversation");
    assert_eq!(first["conversation"]["title"], "Once");
    assert!(answers.iter().all(|answer| answer.data() == answers[0].data()));
    assert_eq!(world.number("select count(*) from conversations").await, 1);
    assert_eq!(world.number("select count(*) from audit_log").await, 1);
    assert_eq!(world.number("select count(*) from events").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_is_the_recorded_one() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let made = create(&ines, "First", "k-1").await;
    let id = made.field("createConversation")["conversation"]["id"].clone();
    let update = json!({ "input": { "conversationId": id, "title": "Second", "idempotencyKey": "k-2" } });
    let changed = ines.run(UPDATE, update.clone()).await;
    let later = json!({ "input": { "conversationId": id, "title": "Third" } });
    ines.run(UPDATE, later).await.field("updateConversation");
    let before = world.fingerprint().await;
    assert_eq!(create(&ines, "First", "k-1").await.data(), made.data());
    assert_eq!(ines.run(UPDATE, update).await.data(), changed.data());
    assert_eq!(world.fingerprint().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_stands_for_one_call_of_one_user_for_a_day() {
    let world = World::with(harness::Start::Empty, |config| {
        config.auth.access_token_lifetime = 200_000;
    })
    .await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let made = create(&ines, "Mine", "k-1").await;
    let id = made.field("createConversation")["conversation"]["id"].clone();
    let before = world.fingerprint().await;
    assert_eq!(create(&ines, "Other", "k-1").await.refusals("createConversation"), ["CONFLICT idempotencyKey"]);
    let update = json!({ "input": { "conversationId": id, "title": "Mine", "idempotencyKey": "k-1" } });
    assert_eq!(ines.run(UPDATE, update).await.refusals("updateConversation"), ["CONFLICT idempotencyKey"]);
    for bad in ["", "a\0b", "a\nb", &"x".repeat(201)] {
        assert_eq!(
            create(&ines, "New", bad).await.refusals("createConversation"),
            ["INVALID idempotencyKey"],
            "{bad:?}"
        );
    }
    assert_eq!(create(&ines, "", "").await.refusals("createConversation"), ["INVALID title", "INVALID idempotencyKey"]);
    assert_eq!(world.fingerprint().await, before);
    create(&omar, "Other", "k-1").await.field("createConversation");
    world.clock.advance(chrono::TimeDelta::hours(24));
    create(&ines, "Other", "k-1").await.field("createConversation");
    assert_eq!(world.number("select count(*) from conversations").await, 3);
    world.clock.advance(chrono::TimeDelta::hours(23));
    assert_eq!(stoa::write::forget_old(&world.db, world.clock.now()).await.unwrap(), 1);
    assert_eq!(world.number("select count(*) from replies").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_leaves_the_key_free() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let before = world.fingerprint().await;
    let unknown = json!({ "conversationId": "conv_01h455vb4pex5vsknk084sn02q", "title": "T", "idempotencyKey": "k-1" });
    let refused = ines.run(UPDATE, json!({ "input": unknown })).await;
    assert_eq!(refused.refusals("updateConversation"), ["NOT_FOUND conversationId"]);
    assert_eq!(world.fingerprint().await, before);
    create(&ines, "Now", "k-1").await.field("createConversation");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_repeats_too_and_no_secret_is_kept() {
    let world = World::empty().await;
    let nobody = world.anonymous();
    let input = json!({ "input": { "username": "ines", "password": "correct horse", "idempotencyKey": "k-1" } });
    let answers = join_all((0..10).map(|_| nobody.run(REGISTER, input.clone()))).await;
    let first = answers[0].field("register").clone();
    assert!(answers.iter().all(|answer| answer.data() == answers[0].data()), "{answers:#?}");
    assert_eq!(world.number("select count(*) from users").await, 1);
    assert_eq!(world.number("select count(*) from sessions").await, 1);
    // Another person's same key is another key; the same person with another password is refused.
    let other = json!({ "input": { "username": "omar", "password": "correct horse", "idempotencyKey": "k-1" } });
    nobody.run(REGISTER, other).await.field("register");
    let guess = json!({ "input": { "username": "ines", "password": "wrong horses", "idempotencyKey": "k-1" } });
    assert_eq!(nobody.run(REGISTER, guess).await.refusals("register"), ["CONFLICT idempotencyKey"]);
    for secret in [&first["accessToken"], &first["refreshToken"], &json!("correct horse"), &json!("$2b$")] {
        let leaks = format!("select count(*) from replies r where r::text like '%{}%'", secret.as_str().unwrap());
        assert_eq!(world.number(&leaks).await, 0, "{secret}");
    }
    let ines = nobody.with_token(first["accessToken"].as_str().unwrap());
    ines.run("mutation { signOut(input: {}) { endedSessions userErrors { code } } }", json!({})).await.field("signOut");
    let late = nobody.run(REGISTER, input).await;
    assert_eq!(late.refusals("register"), ["WRONG_CREDENTIALS idempotencyKey"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_shown_again_to_who_lost_the_answer() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    let invite = "mutation($input: CreateInvitationInput!) { createInvitation(input: $input) {
        invitationCode expiresAt userErrors { code path } } }";
    let input = json!({ "input": { "idempotencyKey": "k-1" } });
    let (one, two) = (root.run(invite, input.clone()).await, root.run(invite, input).await);
    assert_eq!(one.field("createInvitation"), two.field("createInvitation"));
    assert_eq!(world.number("select count(*) from invitations").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_takes_a_key() {
    let world = World::empty().await;
    let document =
        "{ __schema { mutationType { fields { name args { type { ofType { inputFields { name } } } } } } } }";
    let answer = world.anonymous().run(document, json!({})).await;
    for field in answer.data()["__schema"]["mutationType"]["fields"].as_array().unwrap() {
        let inputs: Vec<Value> = field["args"][0]["type"]["ofType"]["inputFields"].as_array().unwrap().clone();
        assert!(inputs.iter().any(|input| input["name"] == "idempotencyKey"), "{}", field["name"]);
    }
}
