//! Registering, signing in, staying signed in, signing out.

use harness::{Start, World};
use serde_json::{Value, json};
use stoa::config::Registration;

const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) {
    user { id number username handle displayName email state permissions roleAssignments { nodes { role { name } } } }
    session { id isCurrent user { id } } accessToken refreshToken accessTokenExpiresAt refreshTokenExpiresAt
    userErrors { code message path } } }";
const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) {
    user { username } session { id } accessToken refreshToken userErrors { code message path } } }";
const REFRESH: &str = "mutation($input: RefreshSessionInput!) { refreshSession(input: $input) {
    accessToken refreshToken session { id } userErrors { code path } } }";
const VIEWER: &str = "{ viewer { username } }";

fn newcomer(username: &str) -> Value {
    json!({ "input": { "username": username, "email": format!("{username}@people.test"), "password": "correct horse" } })
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_registers_signs_in_refreshes_and_signs_out() {
    let world = World::empty().await;
    let nobody = world.anonymous();
    assert_eq!(nobody.run(VIEWER, json!({})).await.data(), &json!({ "viewer": null }));
    let registered = nobody.run(REGISTER, newcomer("Ines.Vale")).await;
    let made = registered.field("register");
    let user = &made["user"];
    assert_eq!(
        (&user["number"], text(user, "handle"), text(user, "displayName")),
        (&json!(1), "ines-vale", "Ines.Vale")
    );
    assert_eq!((text(user, "email"), text(user, "state")), ("Ines.Vale@people.test", "ACTIVE"));
    assert_eq!(user["roleAssignments"]["nodes"], json!([{ "role": { "name": "subscriber" } }]));
    assert_eq!(made["session"]["isCurrent"], true);
    assert_eq!(made["accessTokenExpiresAt"], "2026-06-01T12:15:00.000Z");
    let ines = nobody.with_token(text(made, "accessToken"));
    assert_eq!(ines.run(VIEWER, json!({})).await.field("viewer")["username"], "Ines.Vale");
    for identifier in ["ines.vale", "INES.VALE@people.test", " Ines.Vale "] {
        let input = json!({ "input": { "identifier": identifier, "password": "correct horse" } });
        nobody.run(SIGN_IN, input).await.field("signIn");
    }
    let refreshed = nobody.run(REFRESH, json!({ "input": { "refreshToken": made["refreshToken"] } })).await;
    let next = refreshed.field("refreshSession");
    assert_ne!(next["refreshToken"], made["refreshToken"]);
    let out = ines.run("mutation { signOut(input: {}) { endedSessions userErrors { code } } }", json!({})).await;
    assert_eq!(out.field("signOut")["endedSessions"], 1);
    for token in [text(made, "accessToken"), text(next, "accessToken")] {
        let answer = nobody.with_token(token).run(VIEWER, json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "UNAUTHENTICATED"), "the session is over at once");
    }
    let late = nobody.run(REFRESH, json!({ "input": { "refreshToken": next["refreshToken"] } })).await;
    assert_eq!(late.refusals("refreshSession"), ["WRONG_CREDENTIALS refreshToken"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_unknown_and_disabled_look_alike() {
    let world = World::empty().await;
    let nobody = world.anonymous();
    nobody.run(REGISTER, newcomer("ines")).await.field("register");
    nobody.run(REGISTER, newcomer("gone")).await.field("register");
    world.db_run("update users set state = 'suspended' where username = 'gone'").await;
    world.member("nopassword").await;
    let untouched = async || {
        let written = ["audit_log", "events", "security_events", "sign_in_guards"];
        let print = world.fingerprint().await;
        print.lines().filter(|line| !written.iter().any(|table| line.starts_with(table))).collect::<String>()
    };
    let before = untouched().await;
    let long = "x".repeat(73);
    let mut answers = Vec::new();
    for (identifier, password) in [
        ("ines", "wrong horse"),
        ("nobody", "correct horse"),
        ("gone", "correct horse"),
        ("nopassword", ""),
        ("ines", ""),
        ("ines", long.as_str()),
        ("in\0es", "correct horse"),
        ("", ""),
        ("ines", "correct horse\0"),
    ] {
        let answer = nobody.run(SIGN_IN, json!({ "input": { "identifier": identifier, "password": password } })).await;
        answers.push(answer.data().clone());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert_eq!(answers[0]["signIn"]["userErrors"][0]["code"], "WRONG_CREDENTIALS");
    assert_eq!(untouched().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_account_takes_as_long_as_a_known_one() {
    let world = World::with(Start::Empty, |config| config.auth.bcrypt_cost = 8).await;
    let nobody = world.anonymous();
    nobody.run(REGISTER, newcomer("ines")).await.field("register");
    world.member("nopassword").await;
    // The quickest of several: whatever else the machine does only makes it slower.
    let quickest = async |identifier: &str| {
        let mut least = std::time::Duration::MAX;
        for _ in 0..5 {
            let began = std::time::Instant::now();
            let input = json!({ "identifier": identifier, "password": "wrong horse" });
            nobody.run(SIGN_IN, json!({ "input": input })).await.data();
            least = least.min(began.elapsed());
        }
        least
    };
    let known = quickest("ines").await;
    for other in ["nobody", "nopassword", "nobody@people.test", "in\0es"] {
        let unknown = quickest(other).await;
        assert!(unknown * 2 > known && known * 2 > unknown, "{other}: {unknown:?}, known: {known:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn honest_repeats_of_a_refresh_are_not_punished_and_replays_are() {
    let world = World::empty().await;
    let nobody = world.anonymous();
    let registered = nobody.run(REGISTER, newcomer("ines")).await;
    let first = text(registered.field("register"), "refreshToken").to_owned();
    let refresh = async |token: &str| nobody.run(REFRESH, json!({ "input": { "refreshToken": token } })).await;
    let answers = futures_util::future::join_all((0..50).map(|_| refresh(&first))).await;
    let tokens: std::collections::HashSet<&str> =
        answers.iter().map(|answer| text(answer.field("refreshSession"), "refreshToken")).collect();
    assert_eq!(tokens.len(), 1, "50 parallel refreshes have one successor");
    let second = tokens.into_iter().next().unwrap().to_owned();
    assert_eq!(text(refresh(&first).await.field("refreshSession"), "refreshToken"), second, "a lost answer");
    let third = text(refresh(&second).await.field("refreshSession"), "refreshToken").to_owned();
    assert_eq!(refresh(&first).await.refusals("refreshSession"), ["WRONG_CREDENTIALS refreshToken"]);
    assert_eq!(world.number("select count(*) from sessions where end_reason = 'replayed'").await, 1);
    assert_eq!(world.number("select count(*) from audit_log where action = 'session.replay'").await, 1);
    assert_eq!(refresh(&third).await.refusals("refreshSession"), ["WRONG_CREDENTIALS refreshToken"]);
    for forged in ["", "stoa_rt_", "stoa_rt_AAAA", &third[..third.len() - 2], &format!("{third}A")] {
        assert_eq!(refresh(forged).await.refusals("refreshSession"), ["WRONG_CREDENTIALS refreshToken"], "{forged}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_tokens_end_by_themselves() {
    let world = World::empty().await;
    let nobody = world.anonymous();
    let registered = nobody.run(REGISTER, newcomer("ines")).await;
    let made = registered.field("register").clone();
    let ines = nobody.with_token(text(&made, "accessToken"));
    world.clock.advance(chrono::TimeDelta::seconds(904));
    ines.run(VIEWER, json!({})).await.field("viewer");
    world.clock.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(ines.run(VIEWER, json!({})).await.code(), "UNAUTHENTICATED", "the leeway of 5 s is over");
    world.clock.advance(chrono::TimeDelta::days(30));
    let late = nobody.run(REFRESH, json!({ "input": { "refreshToken": made["refreshToken"] } })).await;
    assert_eq!(late.refusals("refreshSession"), ["WRONG_CREDENTIALS refreshToken"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_is_out_at_once() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    ines.run(VIEWER, json!({})).await.field("viewer");
    for state in ["suspended", "deactivated", "deleted"] {
        world.db_run("update users set state = 'active'").await;
        ines.run(VIEWER, json!({})).await.field("viewer");
        world.db_run(&format!("update users set state = '{state}'")).await;
        assert_eq!(ines.run(VIEWER, json!({})).await.code(), "UNAUTHENTICATED", "{state}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_tokens_are_refused_and_never_anonymous() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let token = ines.token.clone().unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let none = format!("{}.{}.", "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0", parts[1]);
    let hmac = format!("{}.{}.{}", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", parts[1], parts[2]);
    let cut = token[..token.len() - 4].to_owned();
    for bad in ["x", "a.b.c", &none, &hmac, &cut, ""] {
        let answer = ines.with_token(bad).run(VIEWER, json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "UNAUTHENTICATED"), "{bad}");
        assert!(answer.headers.contains_key("www-authenticate"));
        assert_eq!(answer.body.get("data"), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_follows_its_setting() {
    let closed = World::with(Start::Empty, |config| config.auth.registration = None).await;
    assert_eq!(closed.anonymous().run(REGISTER, newcomer("ines")).await.code(), "FORBIDDEN");
    let world = World::with(Start::Empty, |config| config.auth.registration = Some(Registration::Invite)).await;
    let (nobody, root) = (world.anonymous(), world.admin("root").await);
    assert_eq!(nobody.run(REGISTER, newcomer("ines")).await.refusals("register"), ["INVALID invitationCode"]);
    let invite = "mutation($input: CreateInvitationInput!) { createInvitation(input: $input) {
        invitationCode expiresAt userErrors { code path } } }";
    let invited = root.run(invite, json!({ "input": { "email": "INES@people.test" } })).await;
    let code = text(invited.field("createInvitation"), "invitationCode");
    assert_eq!(world.number(&format!("select count(*) from invitations i where i::text like '%{code}%'")).await, 0);
    let with_code = |name: &str| {
        let mut input = newcomer(name);
        input["input"]["invitationCode"] = json!(code);
        input
    };
    assert_eq!(nobody.run(REGISTER, with_code("other")).await.refusals("register"), ["INVALID invitationCode"]);
    nobody.run(REGISTER, with_code("ines")).await.field("register");
    assert_eq!(nobody.run(REGISTER, with_code("ines2")).await.refusals("register"), ["INVALID invitationCode"], "used");
    assert_eq!(world.member("plain").await.run(invite, json!({ "input": {} })).await.code(), "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn taken_and_malformed_names_are_refused() {
    let world = World::empty().await;
    let nobody = world.anonymous();
    nobody.run(REGISTER, newcomer("ines")).await.field("register");
    let before = world.fingerprint().await;
    for (change, refusals) in [
        (json!({ "username": "INES", "email": "b@people.test" }), vec!["CONFLICT username"]),
        (json!({ "username": "new", "email": "INES@people.test" }), vec!["CONFLICT email"]),
        (json!({ "username": "12345" }), vec!["INVALID username"]),
        (json!({ "username": "018f3c1e-7a5b-7c3d-9e2f-000000000001" }), vec!["INVALID username"]),
        (json!({ "username": "" }), vec!["INVALID username"]),
        (json!({ "username": "a\0b" }), vec!["INVALID username"]),
        (json!({ "username": "ok", "email": "not an address" }), vec!["INVALID email"]),
        (json!({ "username": "ok", "password": "short" }), vec!["INVALID password"]),
        (json!({ "username": "ok", "password": "x".repeat(73) }), vec!["INVALID password"]),
        (json!({ "username": "ok", "displayName": " " }), vec!["INVALID displayName"]),
        (json!({ "username": "!", "password": "" }), vec!["INVALID username", "INVALID password"]),
    ] {
        let mut input = newcomer("fresh");
        input["input"].as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(nobody.run(REGISTER, input).await.refusals("register"), refusals, "{change}");
    }
    assert_eq!(world.fingerprint().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_sign_in_is_for_the_demo() {
    let document = "mutation($input: DemoSignInInput!) { demoSignIn(input: $input) {
        accessToken user { username permissions } userErrors { code path } } }";
    let person = stoa::demo::PEOPLE[0].username;
    let real = World::empty().await;
    assert_eq!(real.anonymous().run(document, json!({ "input": { "username": person } })).await.code(), "FORBIDDEN");
    let demo = World::demo().await;
    let nobody = demo.anonymous();
    let answer = nobody.run(document, json!({ "input": { "username": person.to_uppercase() } })).await;
    let token = text(answer.field("demoSignIn"), "accessToken").to_owned();
    assert_eq!(nobody.with_token(&token).run(VIEWER, json!({})).await.field("viewer")["username"], person);
    let stranger = nobody.run(document, json!({ "input": { "username": "nobody" } })).await;
    assert_eq!(stranger.refusals("demoSignIn"), ["NOT_FOUND username"]);
}
