//! Showing that an address is one's own.

use chrono::TimeDelta;
use harness::World;
use serde_json::{Value, json};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_mailed_token_verifies_the_address() {
    let world = World::empty().await;
    let ines = join(&world, "ines").await;
    assert_eq!(verified_at(&ines).await, Value::Null);
    let asked = ines.run(ASK, json!({})).await;
    assert_eq!(asked.field("requestEmailVerification")["email"], "ines@people.test");
    assert_eq!(ines.run(ASK, json!({})).await.refusals("requestEmailVerification"), ["CONFLICT"], "a moment ago");
    let token = token(&newest(&world, "email_verification_link").await.1);
    world.clock.advance(TimeDelta::seconds(10));
    let verified = verify(&world, &token).await;
    assert_eq!(verified.field("verifyEmail")["verifiedAt"], "2026-06-01T12:00:10.000Z");
    assert_eq!(verified_at(&ines).await, "2026-06-01T12:00:10.000Z");
    assert_eq!(verify(&world, &token).await.refusals("verifyEmail"), ["WRONG_CREDENTIALS token"], "once");
    world.clock.advance(TimeDelta::minutes(5));
    assert_eq!(ines.run(ASK, json!({})).await.refusals("requestEmailVerification"), ["CONFLICT"], "verified already");
    for (table, condition) in [
        ("audit_log", "action = 'email.request_verification'"),
        ("audit_log", "action = 'email.verify'"),
        ("security_events", "kind = 'email_verified'"),
        ("mails", "template = 'email_verification_link'"),
    ] {
        assert_eq!(world.number(&format!("select count(*) from {table} where {condition}")).await, 1, "{condition}");
    }
    let other = world.member("other").await;
    let seen = "query($id: ID!) { node(id: $id) { ... on User { username emailVerifiedAt } } }";
    let id = ines.run("{ viewer { id } }", json!({})).await.field("viewer")["id"].clone();
    assert_eq!(other.run(seen, json!({ "id": id })).await.field("node"), &Value::Null);
    let admin = world.admin("root").await;
    assert_eq!(admin.run(seen, json!({ "id": id })).await.field("node")["emailVerifiedAt"], "2026-06-01T12:00:10.000Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_is_not_verified() {
    let world = World::empty().await;
    let ines = join(&world, "ines").await;
    let token = verification_token(&world, &ines).await;
    verify(&world, &token).await.field("verifyEmail");
    world.db_run("update users set email = 'new@people.test'").await;
    assert_eq!(verified_at(&ines).await, Value::Null, "whoever changed it");
    let fresh = verification_token(&world, &ines).await;
    assert_eq!(newest(&world, "email_verification_link").await.0, "new@people.test", "at once for another address");
    world.db_run("update users set email = 'third@people.test'").await;
    assert_eq!(verify(&world, &fresh).await.refusals("verifyEmail"), ["WRONG_CREDENTIALS token"], "an old address");
    world.db_run("update users set email = 'fourth@people.test', email_verified_at = now()").await;
    assert_ne!(verified_at(&ines).await, Value::Null, "who has seen it verified may say so with the change");
    world.db_run("update users set email = null").await;
    assert_eq!(ines.run(ASK, json!({})).await.refusals("requestEmailVerification"), ["INVALID"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_after_a_day_and_with_the_next_one() {
    let world = World::empty().await;
    let ines = join(&world, "ines").await;
    let first = verification_token(&world, &ines).await;
    let wrong = reset_token(&world, "ines@people.test").await;
    assert_eq!(verify(&world, &wrong).await.refusals("verifyEmail"), ["WRONG_CREDENTIALS token"], "for a password");
    world.clock.advance(TimeDelta::minutes(5));
    let second = verification_token(&world, &ines).await;
    assert_eq!(verify(&world, &first).await.refusals("verifyEmail"), ["WRONG_CREDENTIALS token"]);
    world.clock.advance(TimeDelta::hours(24));
    assert_eq!(verify(&world, &second).await.refusals("verifyEmail"), ["WRONG_CREDENTIALS token"]);
    let uses = (0..100).map(|_| verify(&world, &second));
    let done = futures_util::future::join_all(uses).await;
    assert!(done.iter().all(|answer| !answer.refusals("verifyEmail").is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_mail_sent_to_many_addresses() {
    let world = World::empty().await;
    join(&world, "ines").await;
    let ask = async |n: usize| {
        world.db_run(&format!("update users set email = 'ines-{n}@people.test'")).await;
        world.existing("ines").await.run(ASK, json!({})).await.refusals("requestEmailVerification")
    };
    for n in 0..10 {
        assert_eq!(ask(n).await, Vec::<String>::new(), "{n}");
    }
    assert_eq!(ask(10).await, ["CONFLICT"]);
    world.clock.advance(TimeDelta::hours(24) - TimeDelta::milliseconds(1));
    assert_eq!(ask(11).await, ["CONFLICT"]);
    world.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(ask(12).await, Vec::<String>::new());
    assert_eq!(world.number("select count(*) from mails").await, 11);
}
