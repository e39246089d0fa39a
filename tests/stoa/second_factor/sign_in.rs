//! Signing in with a second factor, and without one.

use chrono::TimeDelta;
use futures_util::future::join_all;
use harness::{Start, World};
use serde_json::{Value, json};
use totp_rs::Totp;

use super::{
    BEGIN, CONFIRM, Enrolled, FACTOR, PASSWORD, REGENERATE, SHOW, SIGN_IN, TRUST, begin, code, count, outcome,
    register, texts,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_right_password_is_not_enough() {
    let world = World::empty().await;
    let tove = Enrolled::new(&world, "tove").await;
    let before = world.fingerprint().await;
    let asked = tove.sign_in(&world, json!({})).await;
    assert_eq!(asked.code(), "SECOND_FACTOR_REQUIRED");
    assert_eq!((asked.status.as_u16(), &asked.body["data"]["signIn"]), (200, &Value::Null));
    assert_eq!(asked.body["errors"][0]["extensions"]["factors"], json!(["TOTP", "RECOVERY_CODE"]));
    assert_eq!(world.fingerprint().await, before, "nothing is made");
    // Before the password is right nothing is told, whatever is sent besides.
    register(&world, "omar").await;
    let wrong = |name: &str, factor: Value| json!({ "input": { "identifier": name, "password": "wrong horse", "secondFactor": factor } });
    let mut said = Vec::new();
    for name in ["tove", "omar", "nobody"] {
        for factor in [Value::Null, json!({ "totp": tove.code() }), json!({ "recoveryCode": tove.codes[0] })] {
            let answer = world.anonymous().run(SIGN_IN, wrong(name, factor)).await;
            assert_eq!(answer.refusals("signIn"), ["WRONG_CREDENTIALS"]);
            said.push((answer.alike(), answer.statements));
        }
    }
    assert!(said.iter().all(|answer| *answer == said[0]), "{said:#?}");
    // Whoever has no second factor needs none, and what they send is as good as nothing.
    let input = json!({ "identifier": "omar", "password": PASSWORD, "secondFactor": { "totp": "000000" } });
    let answer = world.anonymous().run(SIGN_IN, json!({ "input": input })).await;
    assert_eq!(answer.field("signIn")["session"]["secondFactorAt"], Value::Null);

    let answer = tove.with(json!({ "totp": tove.code() })).await;
    assert_eq!(answer.field("signIn")["session"]["secondFactorAt"], "2026-06-01T12:00:00.000Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_counts_once_and_for_half_a_minute_either_way() {
    let world = World::empty().await;
    let tove = Enrolled::new(&world, "tove").await;
    let wrong = "WRONG_CREDENTIALS secondFactor";
    let tries =
        async |later: i64| outcome(&tove.with(json!({ "totp": code(&world, &tove.totp, later) })).await, "signIn");
    // The code of the confirmation is used.
    assert_eq!(tries(-30).await, wrong);
    assert_eq!((tries(60).await, tries(-60).await), (wrong.to_owned(), wrong.to_owned()));
    assert_eq!(tries(0).await, "ok");
    assert_eq!(tries(0).await, wrong, "it was used");
    assert_eq!(tries(30).await, "ok", "an authenticator may be ahead");
    world.clock.advance(TimeDelta::seconds(30));
    assert_eq!((tries(0).await, tries(-30).await), (wrong.to_owned(), wrong.to_owned()));
    world.clock.advance(TimeDelta::seconds(90));
    assert_eq!(tries(-30).await, "ok", "or behind");
    assert_eq!(tries(0).await, "ok");
    // One that is ahead ends those before it.
    world.clock.advance(TimeDelta::seconds(60));
    assert_eq!((tries(30).await, tries(0).await), ("ok".to_owned(), wrong.to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_uses_of_one_code_at_two_processes_one_wins() {
    let world = World::with(Start::Empty, |config| config.auth.max_login_attempts = 1000).await;
    let other = world.another_process().await;
    let tove = Enrolled::new(&world, "tove").await;
    for factor in [json!({ "totp": tove.code() }), json!({ "recoveryCode": tove.codes[3] })] {
        let sessions = count(&world, "sessions").await;
        let input = json!({ "secondFactor": factor });
        let calls = (0..100).map(|n| tove.sign_in(if n % 2 == 0 { &world } else { &other }, input.clone()));
        let outcomes: Vec<String> = join_all(calls).await.iter().map(|answer| outcome(answer, "signIn")).collect();
        let won = outcomes.iter().filter(|outcome| *outcome == "ok").count();
        let lost = outcomes.iter().filter(|outcome| *outcome == "WRONG_CREDENTIALS secondFactor").count();
        assert_eq!((won, lost), (1, 99), "{outcomes:?}");
        assert_eq!(count(&world, "sessions").await, sessions + 1);
    }
    assert_eq!(count(&world, "security_events where kind = 'recovery_code_used'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_codes_work_once_each() {
    let world = World::empty().await;
    let tove = Enrolled::new(&world, "tove").await;
    for (at, code) in tove.codes.iter().enumerate() {
        // However it is typed.
        let typed = match at {
            0 => code.to_lowercase(),
            1 => code.replace('-', ""),
            2 => format!(" {} ", code.replace('-', " ")),
            _ => code.clone(),
        };
        let person = tove.admitted(json!({ "recoveryCode": typed })).await;
        let left = person.run(FACTOR, json!({})).await.data()["viewer"]["secondFactor"]["recoveryCodesLeft"].clone();
        assert_eq!(left, 9 - at);
        let again = tove.with(json!({ "recoveryCode": code })).await;
        assert_eq!(again.refusals("signIn"), ["WRONG_CREDENTIALS secondFactor"]);
    }
    assert_eq!(count(&world, "security_events where kind = 'recovery_code_used'").await, 10);
    assert_eq!(count(&world, "audit_log where action = 'second_factor.use_recovery_code'").await, 10);
    // Somebody else's is nobody's.
    let omar = Enrolled::new(&world, "omar").await;
    let foreign = tove.with(json!({ "recoveryCode": omar.codes[0] })).await;
    assert_eq!(foreign.refusals("signIn"), ["WRONG_CREDENTIALS secondFactor"]);
    // New ones end the old ones, and are told again to whoever repeats the call.
    let call = json!({ "input": { "idempotencyKey": "k-1" } });
    let new = omar.person.run(REGENERATE, call.clone()).await;
    assert_eq!(omar.person.run(REGENERATE, call).await.data(), new.data());
    let old = omar.with(json!({ "recoveryCode": omar.codes[0] })).await;
    assert_eq!(old.refusals("signIn"), ["WRONG_CREDENTIALS secondFactor"]);
    let new = texts(&new.field("regenerateRecoveryCodes")["recoveryCodes"]);
    assert_eq!(new.len(), 10);
    assert!(new.iter().all(|code| !omar.codes.contains(code)));
    omar.admitted(json!({ "recoveryCode": new[9] })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_sign_in_is_answered_alike_although_its_code_is_used() {
    let world = World::empty().await;
    let tove = Enrolled::new(&world, "tove").await;
    let input = json!({ "idempotencyKey": "k-1" });
    assert_eq!(tove.sign_in(&world, input).await.code(), "SECOND_FACTOR_REQUIRED");
    let input = json!({ "idempotencyKey": "k-1", "secondFactor": { "totp": tove.code() } });
    let sessions = count(&world, "sessions").await;
    let first = tove.sign_in(&world, input.clone()).await;
    let first = first.field("signIn").clone();
    for _ in 0..8 {
        assert_eq!(tove.sign_in(&world, input.clone()).await.field("signIn"), &first);
    }
    assert_eq!(count(&world, "sessions").await, sessions + 1);
    // The same for the mutations about second factors.
    let omar = register(&world, "omar").await;
    let begin = json!({ "input": { "currentPassword": PASSWORD, "idempotencyKey": "k-2" } });
    let begun = omar.run(BEGIN, begin.clone()).await;
    assert_eq!(omar.run(BEGIN, begin.clone()).await.data(), begun.data());
    let totp = Totp::from_url(begun.field("beginTotp")["uri"].as_str().unwrap()).unwrap();
    let confirm = json!({ "input": { "code": code(&world, &totp, 0), "idempotencyKey": "k-3" } });
    let confirmed = join_all((0..20).map(|_| omar.run(CONFIRM, confirm.clone()))).await;
    confirmed[0].field("confirmTotp");
    assert!(confirmed.iter().all(|answer| answer.data() == confirmed[0].data()));
    assert_eq!(omar.run(BEGIN, begin).await.refusals("beginTotp"), ["CONFLICT idempotencyKey"], "that one is over");
    let show = json!({ "input": { "secondFactor": { "totp": code(&world, &totp, 30) }, "idempotencyKey": "k-4" } });
    let shown = omar.run(SHOW, show.clone()).await;
    shown.field("confirmSecondFactor");
    assert_eq!(omar.run(SHOW, show).await.data(), shown.data());
    assert_eq!(count(&world, "audit_log where action = 'second_factor.show'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_device_needs_no_code() {
    let world = World::empty().await;
    // Whoever knew the password before there was a second factor may have trusted a device.
    let early = register(&world, "tove").await;
    let token = early.run(TRUST, json!({})).await.field("trustDevice")["deviceToken"].clone();
    let totp = begin(&early).await;
    let confirmed = early.run(CONFIRM, json!({ "input": { "code": code(&world, &totp, 0) } })).await;
    let codes = texts(&confirmed.field("confirmTotp")["recoveryCodes"]);
    let tove = Enrolled { world: &world, name: "tove".to_owned(), person: early, totp, codes };
    let old = tove.sign_in(&world, json!({ "deviceToken": token })).await;
    assert_eq!(old.code(), "SECOND_FACTOR_REQUIRED");

    let token = tove.person.run(TRUST, json!({})).await.field("trustDevice")["deviceToken"].clone();
    let trusted = tove.sign_in(&world, json!({ "deviceToken": token })).await;
    assert_eq!(trusted.field("signIn")["session"]["secondFactorAt"], Value::Null);
    let person = world.anonymous().with_token(trusted.field("signIn")["accessToken"].as_str().unwrap());
    assert_eq!(person.run(TRUST, json!({})).await.code(), "SECOND_FACTOR_REQUIRED", "nothing was shown there");
    // The password is still asked for, and so is the right token, of the right account, in its time.
    let wrong = tove.sign_in(&world, json!({ "deviceToken": token, "password": "wrong horse" })).await;
    assert_eq!(wrong.refusals("signIn"), ["WRONG_CREDENTIALS"]);
    let omar = Enrolled::new(&world, "omar").await;
    assert_eq!(omar.sign_in(&world, json!({ "deviceToken": token })).await.code(), "SECOND_FACTOR_REQUIRED");
    let forged = token.as_str().unwrap().to_owned();
    let forged = format!("{}A", &forged[..forged.len() - 1]);
    let forged = if token == forged.as_str() { "stoa_dt_AAAA".to_owned() } else { forged };
    assert_eq!(tove.sign_in(&world, json!({ "deviceToken": forged })).await.code(), "SECOND_FACTOR_REQUIRED");
    world.clock.advance(TimeDelta::days(30));
    assert_eq!(tove.sign_in(&world, json!({ "deviceToken": token })).await.code(), "SECOND_FACTOR_REQUIRED");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_the_mail_does_not_get_around_it() {
    let world = World::empty().await;
    let tove = Enrolled::new(&world, "tove").await;
    world.db_run("update users set email_verified_at = created_at").await;
    let request = "mutation { requestPasswordReset(input: { email: \"tove@people.test\" }) { userErrors { code } } }";
    world.anonymous().run(request, json!({})).await.field("requestPasswordReset");
    let clock = &world.clock;
    assert!(stoa::domain::account::rows::confirmations::answer_reset_request(&world.db, clock).await.unwrap());
    let row = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, "select id from confirmations");
    let row = sea_orm::ConnectionTrait::query_one_raw(&world.db, row).await.unwrap().unwrap();
    let token = stoa::auth::confirmation::ConfirmationToken {
        id: entity::id::ConfirmationId(row.try_get_by_index(0).unwrap()),
        purpose: entity::confirmation::Purpose::PasswordReset,
    };
    let reset = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) { userErrors { code path } } }";
    let input = json!({ "token": token.write(&world.app.tokens), "newPassword": "seven green herons" });
    world.anonymous().run(reset, json!({ "input": input })).await.field("resetPassword");
    let new = json!({ "password": "seven green herons" });
    assert_eq!(tove.sign_in(&world, new).await.code(), "SECOND_FACTOR_REQUIRED");
    let new = json!({ "password": "seven green herons", "secondFactor": { "totp": tove.code() } });
    tove.sign_in(&world, new).await.field("signIn");
}
