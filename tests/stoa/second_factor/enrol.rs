//! Getting a second factor, and what is kept of it.

use chrono::TimeDelta;
use harness::{Start, World};
use serde_json::{Value, json};
use totp_rs::Totp;

use super::{BEGIN, CONFIRM, Enrolled, FACTOR, PASSWORD, REGENERATE, SIGN_IN, begin, code, count, register, texts};

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticator_counts_once_it_is_confirmed() {
    let world = World::with(Start::Empty, |config| config.auth.service_name = "Heron & Field".to_owned()).await;
    let tove = register(&world, "tove").await;
    let before = world.fingerprint().await;
    let refused = tove.run(BEGIN, json!({ "input": { "currentPassword": "wrong horse" } })).await;
    assert_eq!(refused.refusals("beginTotp"), ["WRONG_CREDENTIALS currentPassword"]);
    let none = tove.run(CONFIRM, json!({ "input": { "code": "123456" } })).await;
    assert_eq!(none.refusals("confirmTotp"), ["NOT_FOUND"]);
    world.db_run("delete from sign_in_guards").await;
    assert_eq!(world.fingerprint().await, before);

    let begun = tove.run(BEGIN, json!({ "input": { "currentPassword": PASSWORD } })).await;
    let begun = begun.field("beginTotp");
    assert_eq!(begun["expiresAt"], "2026-06-01T12:15:00.000Z");
    let totp = Totp::from_url(begun["uri"].as_str().unwrap()).unwrap();
    assert_eq!((totp.issuer(), totp.account_name()), (Some("Heron & Field"), "tove"));
    assert_eq!((totp.digits(), totp.step(), totp.secret().len()), (6, 30, 20));
    assert_eq!(begun["secret"], totp.secret().to_base32());
    // Nothing has changed yet.
    let in_ = json!({ "input": { "identifier": "tove", "password": PASSWORD } });
    let other = world.anonymous().run(SIGN_IN, in_.clone()).await;
    let other = world.anonymous().with_token(other.field("signIn")["accessToken"].as_str().unwrap());
    assert_eq!(tove.run(FACTOR, json!({})).await.data()["viewer"]["secondFactor"], Value::Null);

    let confirm = |code: String| json!({ "input": { "code": code } });
    let right = code(&world, &totp, 0);
    for wrong in
        ["", "12345", &format!("{right}0"), "abcdef", "\0", &code(&world, &totp, 60), &code(&world, &totp, -60)]
    {
        let refused = tove.run(CONFIRM, confirm(wrong.to_owned())).await;
        assert_eq!(refused.refusals("confirmTotp"), ["WRONG_CREDENTIALS code"], "{wrong}");
    }
    // What was begun here is confirmed here.
    assert_eq!(other.run(CONFIRM, confirm(right.clone())).await.refusals("confirmTotp"), ["NOT_FOUND"]);
    world.clock.advance(TimeDelta::minutes(15));
    let late = tove.run(CONFIRM, confirm(code(&world, &totp, 0))).await;
    assert_eq!(late.refusals("confirmTotp"), ["NOT_FOUND"]);
    let totp = begin(&tove).await;
    let confirmed = tove.run(CONFIRM, confirm(code(&world, &totp, 0))).await;
    let confirmed = confirmed.field("confirmTotp");
    assert_eq!(confirmed["secondFactor"], json!({ "since": "2026-06-01T12:15:00.000Z", "recoveryCodesLeft": 10 }));
    let codes = texts(&confirmed["recoveryCodes"]);
    let shaped = |code: &&String| code.len() == 19 && code.split('-').all(|part| part.len() == 4);
    assert_eq!((codes.len(), codes.iter().filter(shaped).count()), (10, 10), "{codes:?}");
    assert_eq!(codes.iter().collect::<std::collections::HashSet<_>>().len(), 10);
    assert_eq!(world.anonymous().run(SIGN_IN, in_).await.code(), "SECOND_FACTOR_REQUIRED");
    assert_eq!(count(&world, "second_factor_drafts").await, 0);
    for (table, condition) in [
        ("security_events", "kind = 'second_factor_added' and session_id is not null"),
        ("audit_log", "action = 'second_factor.add' and session_id is not null"),
        ("events", "kind = 'second_factor.add'"),
    ] {
        assert_eq!(count(&world, &format!("{table} where {condition}")).await, 1, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_kept_shows_a_code_to_come() {
    let world = World::empty().await;
    let tove = Enrolled::new(&world, "tove").await;
    let again = tove.person.run(REGENERATE, json!({ "input": { "idempotencyKey": "k-1" } })).await;
    let kept_for_repeats = texts(&again.field("regenerateRecoveryCodes")["recoveryCodes"]);
    let secret = tove.totp.secret().as_bytes();
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut tables = Vec::new();
    for (table, _) in world.row_counts().await {
        let codes = [&tove.codes[0], &kept_for_repeats[0]];
        let plain = codes.map(|code| code.replace('-', ""));
        for needle in [&hex, &tove.totp.secret().to_base32(), codes[0], codes[1], &plain[0], &plain[1]] {
            if count(&world, &format!("{table} t where t::text ilike '%{needle}%'")).await > 0 {
                tables.push(table.clone());
            }
        }
    }
    assert_eq!(tables, Vec::<String>::new());
    assert_eq!(count(&world, "second_factors where length(secret) = 12 + 20 + 16").await, 1, "nonce, secret and tag");
    // Sealed for its account: it opens for nobody else.
    let omar = Enrolled::new(&world, "omar").await;
    world
        .db_run(
            "update second_factors set secret = (select secret from second_factors f join users u on u.id = f.user_id
             where u.username = 'omar') where user_id = (select id from users where username = 'tove')",
        )
        .await;
    let foreign = tove.with(json!({ "totp": omar.code() })).await;
    assert_eq!(foreign.code(), "INTERNAL");
}
