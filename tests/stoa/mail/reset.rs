//! A new password for who reads the account's mail.

use chrono::TimeDelta;
use harness::{Person, World};
use serde_json::json;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_mailed_token_sets_a_new_password() {
    let world = World::empty().await;
    let ines = join(&world, "ines").await;
    let token = reset_token(&world, "INES@people.test").await;
    let (to, text) = newest(&world, "password_reset_link").await;
    assert_eq!(to, "ines@people.test", "as the account has it, not as it was typed");
    assert!(text.contains("password reset") && text.contains("1 June 2026, 12:00 UTC"), "{text}");
    for (bad, refusals) in [
        ("short", ["INVALID newPassword"]),
        ("password1", ["INVALID newPassword"]),
        ("ines1234", ["INVALID newPassword"]),
    ] {
        assert_eq!(reset(&world, &token, bad).await.refusals("resetPassword"), refusals, "{bad}");
    }
    assert!(can_sign_in(&world, "ines", OLD).await);
    assert_eq!(reset(&world, &token, NEW).await.field("resetPassword")["endedSessions"], 2);
    assert_eq!(ines.run(VERIFIED, json!({})).await.code(), "UNAUTHENTICATED", "all sessions are over");
    assert!(can_sign_in(&world, "ines", NEW).await && !can_sign_in(&world, "ines", OLD).await);
    assert_eq!(reset(&world, &token, OLD).await.refusals("resetPassword"), ["WRONG_CREDENTIALS token"], "once");
    for (table, condition) in [
        ("audit_log", "action = 'password.request_reset' and actor_id is null"),
        ("audit_log", "action = 'password.reset'"),
        ("security_events", "kind = 'password_reset_requested'"),
        ("security_events", "kind = 'password_reset'"),
        ("mails", "template = 'password_reset'"),
        ("users", "email_verified_at is not null and password_changed_at is not null"),
    ] {
        assert_eq!(world.number(&format!("select count(*) from {table} where {condition}")).await, 1, "{condition}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_whether_an_address_is_somebody_s() {
    let world = World::empty().await;
    join(&world, "ines").await;
    join(&world, "gone").await;
    world.db_run("update users set state = 'suspended' where username = 'gone'").await;
    let mut answers = Vec::new();
    for email in ["ines@people.test", "nobody@people.test", "gone@people.test", "ines@people.test"] {
        let answer = request(&world, email).await;
        answers.push((answer.statements, answer.alike()));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "the same words and the same statements: {answers:?}");
    world.deliver().await;
    let left = "select count(*) from mails where email = 'ines@people.test' and user_id is not null";
    assert_eq!(world.number(left).await, 1);
    assert_eq!(world.number("select count(*) from mails").await, 1, "strangers' addresses are not kept");
    assert_eq!(world.number("select count(*) from security_events").await, 1);
    let bad = request(&world, "no address").await;
    assert_eq!(bad.refusals("requestPasswordReset"), ["INVALID email"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_gets_one_mail_in_five_minutes() {
    let world = World::empty().await;
    join(&world, "ines").await;
    let first = reset_token(&world, "ines@people.test").await;
    for _ in 0..5 {
        request(&world, "ines@people.test").await.field("requestPasswordReset");
    }
    world.deliver().await;
    let mails = "select count(*) from mails";
    assert_eq!(world.number(mails).await, 1);
    world.clock.advance(TimeDelta::minutes(5));
    let second = reset_token(&world, "ines@people.test").await;
    assert_eq!(world.number(mails).await, 2);
    assert_eq!(first, second, "who asks again takes no token away that the owner holds");
    // An hour later it is another one, although the first would still work.
    world.clock.advance(TimeDelta::minutes(55));
    let second = reset_token(&world, "ines@people.test").await;
    assert_ne!(first, second);
    assert_eq!(reset(&world, &first, NEW).await.refusals("resetPassword"), ["WRONG_CREDENTIALS token"], "the latest");
    reset(&world, &second, NEW).await.field("resetPassword");
    // Also when the last one was used.
    request(&world, "ines@people.test").await.field("requestPasswordReset");
    world.deliver().await;
    assert_eq!(world.number("select count(*) from mails where template = 'password_reset_link'").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_uses_one_wins() {
    let world = World::empty().await;
    join(&world, "ines").await;
    let token = reset_token(&world, "ines@people.test").await;
    let uses = (0..100).map(|at| {
        let (world, token) = (&world, &token);
        async move { reset(world, token, &format!("{NEW} {at}")).await.refusals("resetPassword") }
    });
    let done = futures_util::future::join_all(uses).await;
    assert_eq!(done.iter().filter(|refusals| refusals.is_empty()).count(), 1);
    assert!(done.iter().flatten().all(|refusal| refusal == "WRONG_CREDENTIALS token"));
    let winner = done.iter().position(Vec::is_empty).unwrap();
    assert!(can_sign_in(&world, "ines", &format!("{NEW} {winner}")).await);
    assert_eq!(world.number("select count(*) from audit_log where action = 'password.reset'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_worth_nothing_elsewhere_later_or_changed() {
    let world = World::empty().await;
    let ines = join(&world, "ines").await;
    let other = verification_token(&world, &ines).await;
    let token = reset_token(&world, "ines@people.test").await;
    let before = world.fingerprint().await;
    let long = "x".repeat(100_000);
    let swapped = other.replace("stoa_ev_", "stoa_pr_");
    let cut = &token[..token.len() - 1];
    for bad in ["", " ", "stoa_pr_", "stoa_pr_AAAA", "🌿", "\0", &long, &other, &swapped, cut, &format!("{token}A")] {
        assert_eq!(reset(&world, bad, NEW).await.refusals("resetPassword"), ["WRONG_CREDENTIALS token"], "{bad:.60}");
    }
    assert_eq!(world.fingerprint().await, before);
    let refused = async |why: &str| {
        assert_eq!(reset(&world, &token, NEW).await.refusals("resetPassword"), ["WRONG_CREDENTIALS token"], "{why}");
    };
    world.db_run("update users set state = 'suspended'").await;
    refused("of a suspended account").await;
    world.db_run("update users set state = 'active', email = 'new@people.test'").await;
    refused("for an old address").await;
    world.db_run("update users set email = 'ines@people.test'").await;
    world.clock.advance(TimeDelta::hours(1));
    refused("after an hour").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_reset_is_answered_alike() {
    let world = World::empty().await;
    join(&world, "ines").await;
    let token = reset_token(&world, "ines@people.test").await;
    let input = json!({ "input": { "token": token, "newPassword": NEW, "idempotencyKey": "k" } });
    let first = world.anonymous().run(RESET, input.clone()).await;
    first.field("resetPassword");
    let before = world.fingerprint().await;
    let again = world.anonymous().run(RESET, input).await;
    assert_eq!(again.field("resetPassword"), first.field("resetPassword"));
    assert_eq!(world.fingerprint().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_password_gets_its_first_by_mail() {
    let world = World::empty().await;
    world.member("nopassword").await;
    let token = reset_token(&world, "nopassword@people.test").await;
    reset(&world, &token, NEW).await.field("resetPassword");
    assert!(can_sign_in(&world, "nopassword", NEW).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_and_no_text_is_stored() {
    let world = World::empty().await;
    let ines = join(&world, "ines").await;
    let tokens = [reset_token(&world, "ines@people.test").await, verification_token(&world, &ines).await];
    for token in &tokens {
        let code = token.split('_').nth(2).unwrap();
        for (table, _) in world.row_counts().await {
            let found = format!("select count(*) from {table} t where t::text like '%{code}%'");
            assert_eq!(world.number(&found).await, 0, "{table}");
        }
    }
    // They are good ones, and the search finds what is there.
    reset(&world, &tokens[0], NEW).await.field("resetPassword");
    verify(&world, &tokens[1]).await.field("verifyEmail");
    assert_eq!(world.number("select count(*) from mails t where t::text like '%ines@people.test%'").await, 3);
}

/// Gives the person's account a key, which is answered, a trusted device, an identity and a second factor.
async fn ways_in(world: &World, person: &Person<'_>) -> String {
    let key = "mutation { createApiKey(input: { name: \"K\", scopes: [CONVERSATIONS_READ] }) { secret } }";
    let secret = person.run(key, json!({})).await.field("createApiKey")["secret"].as_str().unwrap().to_owned();
    let trust = "mutation { trustDevice(input: {}) { deviceToken } }";
    person.run(trust, json!({})).await.field("trustDevice");
    world
        .db_run(
            "insert into second_factors (user_id, secret, confirmed_at, last_step)
                   select id, '', created_at, 1 from users;
                 insert into identities (id, user_id, provider, issuer, subject, linked_at)
                   select gen_random_uuid(), id, 'acme', 'https://acme.test', 'x', created_at from users",
        )
        .await;
    secret
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_leaves_nobody_in_who_was_in() {
    for is_verified in [true, false] {
        let world = World::empty().await;
        let ines = join(&world, "ines").await;
        let secret = ways_in(&world, &ines).await;
        if is_verified {
            world.db_run("update users set email_verified_at = created_at").await;
        }
        assert_eq!(ines.with_token(&secret).run("{ viewer { id } }", json!({})).await.status.as_u16(), 200);
        let token = reset_token(&world, "ines@people.test").await;
        reset(&world, &token, NEW).await.field("resetPassword");
        assert_eq!(ines.with_token(&secret).run("{ viewer { id } }", json!({})).await.status.as_u16(), 401);
        let count = async |what: &str| world.number(&format!("select count(*) from {what}")).await;
        assert_eq!(count("api_keys where revoked_at is null").await, 0);
        assert_eq!(count("devices where trusted_until is not null").await, 0);
        let kept = i64::from(is_verified);
        assert_eq!((count("second_factors").await, count("identities").await), (kept, kept), "{is_verified}");
        let told = "security_events where kind in ('api_key_revoked', 'second_factor_removed', 'identity_unlinked')";
        assert_eq!(count(told).await, if is_verified { 1 } else { 3 });
        assert_eq!(can_sign_in_at_once(&world, "ines", NEW).await, !is_verified);
    }
}

/// Whether neither a wrong password nor a second factor stands in the way.
async fn can_sign_in_at_once(world: &World, name: &str, password: &str) -> bool {
    let document = "mutation($input: SignInInput!) { signIn(input: $input) { userErrors { code path } } }";
    let input = json!({ "input": { "identifier": name, "password": password } });
    let answer = world.anonymous().run(document, input).await;
    answer.body.get("errors").is_none() && answer.refusals("signIn").is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_untrusts_devices_and_ends_open_resets() {
    let world = World::empty().await;
    let ines = join(&world, "ines").await;
    ines.run("mutation { trustDevice(input: {}) { deviceToken } }", json!({})).await.field("trustDevice");
    let token = reset_token(&world, "ines@people.test").await;
    let change = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code } } }";
    let input = json!({ "input": { "currentPassword": OLD, "newPassword": NEW, "keepOtherSessions": true } });
    ines.run(change, input).await.field("changePassword");
    assert_eq!(world.number("select count(*) from devices where trusted_until is not null").await, 0);
    assert_eq!(reset(&world, &token, OLD).await.refusals("resetPassword"), ["WRONG_CREDENTIALS token"]);
    // Nor does a token for an address count that was given up and came back.
    world.clock.advance(TimeDelta::minutes(5));
    let token = reset_token(&world, "ines@people.test").await;
    let update = "mutation($input: UpdateUserInput!) { updateUser(input: $input) { userErrors { code } } }";
    for email in ["other@people.test", "ines@people.test"] {
        let input = json!({ "input": { "email": email, "currentPassword": NEW } });
        ines.run(update, input).await.field("updateUser");
    }
    assert_eq!(reset(&world, &token, OLD).await.refusals("resetPassword"), ["WRONG_CREDENTIALS token"]);
}
