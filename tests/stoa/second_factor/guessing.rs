//! Guesses of codes and passwords where there is a second factor: they lock, are told, and lock nobody else.

use chrono::TimeDelta;
use futures_util::future::join_all;
use harness::World;
use serde_json::json;

use super::{Enrolled, PASSWORD, SIGN_IN, begin, count, outcome, register};

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_lock_and_are_told() {
    let world = World::empty().await;
    let other = world.another_process().await;
    let tove = Enrolled::new(&world, "tove").await;
    let wrong = json!({ "secondFactor": { "totp": tove.wrong() } });
    let mut outcomes: Vec<String> = Vec::new();
    let calls = (0..40).map(|n| tove.sign_in(if n % 2 == 0 { &world } else { &other }, wrong.clone()));
    outcomes.extend(join_all(calls).await.iter().map(|answer| outcome(answer, "signIn")));
    let wrongs = outcomes.iter().filter(|outcome| *outcome == "WRONG_CREDENTIALS secondFactor").count();
    let limited = outcomes.iter().filter(|outcome| *outcome == "RATE_LIMITED").count();
    assert_eq!((wrongs, limited), (5, 35), "{outcomes:?}");
    for factor in [json!({ "totp": tove.code() }), json!({ "recoveryCode": tove.codes[0] })] {
        let answer = tove.with(factor).await;
        assert_eq!((answer.code(), answer.headers["retry-after"].to_str().unwrap()), ("RATE_LIMITED", "60"));
    }
    // The owner hears that somebody knows the password.
    assert_eq!(count(&world, "security_events where kind = 'sign_in_failed'").await, 4);
    assert_eq!(count(&world, "security_events where kind = 'sign_in_locked'").await, 1);
    assert_eq!(count(&world, "audit_log where action = 'session.refuse'").await, 5);
    // It is apart from passwords, and from what is shown in a session.
    assert_eq!(tove.sign_in(&world, json!({})).await.code(), "SECOND_FACTOR_REQUIRED");
    let shown = tove.show(json!({ "recoveryCode": tove.codes[0] })).await;
    assert_eq!(outcome(&shown, "confirmSecondFactor"), "ok");
    world.clock.advance(TimeDelta::minutes(1));
    tove.admitted(json!({ "totp": tove.code() })).await;
    // Nor does whoever holds a session guess for ever, or keep the owner out.
    let guess = json!({ "totp": tove.wrong() });
    for _ in 0..5 {
        let refused = tove.show(guess.clone()).await;
        assert_eq!(refused.refusals("confirmSecondFactor"), ["WRONG_CREDENTIALS secondFactor"]);
    }
    assert_eq!(tove.show(json!({ "recoveryCode": tove.codes[1] })).await.code(), "RATE_LIMITED");
    tove.admitted(json!({ "recoveryCode": tove.codes[1] })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_that_a_stranger_types_locks_somebody_s_codes() {
    let world = World::empty().await;
    let tove = Enrolled::new(&world, "tove").await;
    let id = world.existing("tove").await.user.unwrap().0;
    let stranger = world.anonymous();
    for name in [
        format!("second factor {id}"),
        format!("second factor of a session {id}"),
        format!("confirmation {id}"),
        id.to_string(),
    ] {
        for attempt in 0..6 {
            let input = json!({ "input": { "identifier": name, "password": "wrong horse" } });
            let answer = stranger.run(SIGN_IN, input).await;
            assert_eq!(answer.status.as_u16(), if attempt < 5 { 200 } else { 429 }, "{name}");
        }
    }
    tove.with(json!({ "totp": tove.code() })).await.field("signIn");
    tove.show(json!({ "recoveryCode": tove.codes[0] })).await.field("confirmSecondFactor");
    begin(&tove.person).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_password_tried_in_vain_is_told_and_nothing_is_tried_without_trace() {
    let world = World::empty().await;
    register(&world, "tove").await;
    let told = "security_events where kind = 'sign_in_failed'";
    // What cannot be answered is refused before the password is looked at: right and wrong look alike.
    for (wrong, refusal) in [
        (json!({ "idempotencyKey": "" }), "INVALID idempotencyKey"),
        (json!({ "refreshTokenIn": "COOKIE" }), "INVALID refreshTokenIn"),
    ] {
        let mut answers = Vec::new();
        for password in [PASSWORD, "wrong horse"] {
            let mut input = json!({ "identifier": "tove", "password": password });
            input.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
            let request = axum::http::Request::post("/graphql").header("origin", "https://evil.test");
            let body = json!({ "query": SIGN_IN, "variables": { "input": input } }).to_string();
            let request = request.body(axum::body::Body::from(body)).unwrap();
            let answer = world.anonymous().send(request).await;
            assert_eq!(answer.refusals("signIn"), [refusal]);
            answers.push((answer.statements, answer.alike()));
        }
        assert_eq!(answers[0], answers[1]);
    }
    assert_eq!((count(&world, told).await, count(&world, "sign_in_guards").await), (0, 0), "nothing was guessed");
    // A wrong guess is written down and leaves its key free.
    let input =
        |password: &str| json!({ "input": { "identifier": "tove", "password": password, "idempotencyKey": "k" } });
    let nobody = world.anonymous();
    for _ in 0..2 {
        assert_eq!(nobody.run(SIGN_IN, input("wrong horse")).await.refusals("signIn"), ["WRONG_CREDENTIALS"]);
    }
    assert_eq!((count(&world, told).await, count(&world, "replies").await), (2, 0));
    nobody.run(SIGN_IN, input(PASSWORD)).await.field("signIn");
}
