//! Passwords: which are accepted, how they change, and old hashes.

use harness::{Person, Start, World};
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};

const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) {
    accessToken userErrors { code message path } } }";
const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) {
    accessToken userErrors { code message path } } }";
const CHANGE: &str = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) {
    endedSessions userErrors { code message path } } }";
const VIEWER: &str = "{ viewer { username } }";
const OLD: &str = "correct horse";
const NEW: &str = "seven green herons";

fn newcomer(password: &str) -> Value {
    json!({ "input": { "username": "lindqvist", "displayName": "Tove Aas", "email": "tove@heronfield.test",
        "password": password } })
}

async fn register(world: &World) -> Person<'_> {
    let nobody = world.anonymous();
    let answer = nobody.run(REGISTER, newcomer(OLD)).await;
    nobody.with_token(answer.field("register")["accessToken"].as_str().unwrap())
}

async fn sign_in<'w>(world: &'w World, password: &str) -> Option<Person<'w>> {
    let nobody = world.anonymous();
    let input = json!({ "input": { "identifier": "lindqvist", "password": password } });
    let answer = nobody.run(SIGN_IN, input).await;
    match answer.refusals("signIn").as_slice() {
        [] => Some(nobody.with_token(answer.field("signIn")["accessToken"].as_str().unwrap())),
        refusals => {
            assert_eq!(refusals, ["WRONG_CREDENTIALS"]);
            None
        }
    }
}

async fn is_in(person: &Person<'_>) -> bool {
    person.run(VIEWER, json!({})).await.body.get("errors").is_none()
}

fn message(answer: &harness::Answer, field: &str) -> String {
    answer.data()[field]["userErrors"][0]["message"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn weak_passwords_are_refused_with_the_reason() {
    let world = World::empty().await;
    let nobody = world.anonymous();
    let before = world.fingerprint().await;
    for (password, words) in [
        ("short", "At least 8"),
        ("password1", "breach"),
        ("PassWord1", "breach"),
        ("qwertyuiop", "breach"),
        ("aaaaaaaaaaaa", "repeats a character"),
        ("lindqvist7", "Too easy to guess"),
        ("Tove@Heronfield.test", "Too easy to guess"),
        ("heronfield", "Too easy to guess"),
        ("12.11.1987", "date"),
    ] {
        let answer = nobody.run(REGISTER, newcomer(password)).await;
        assert_eq!(answer.refusals("register"), ["INVALID password"], "{password}");
        let said = message(&answer, "register");
        assert!(said.contains(words), "{password}: {said}");
        assert!(!said.contains(password), "{said}");
    }
    assert_eq!(world.fingerprint().await, before);
    register(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_hard_is_a_setting() {
    let lax = World::with(Start::Empty, |config| config.auth.password_min_score = 0).await;
    let nobody = lax.anonymous();
    let breached = nobody.run(REGISTER, newcomer("password1")).await;
    assert_eq!(breached.refusals("register"), ["INVALID password"], "whatever the score");
    nobody.run(REGISTER, newcomer("aaaaaaaaaaaa")).await.field("register");
    let strict = World::with(Start::Empty, |config| config.auth.password_min_score = 4).await;
    let nobody = strict.anonymous();
    let answer = nobody.run(REGISTER, newcomer(OLD)).await;
    assert_eq!(answer.refusals("register"), ["INVALID password"]);
    assert!(message(&answer, "register").contains("Another word"));
    nobody.run(REGISTER, newcomer(NEW)).await.field("register");
}

#[tokio::test(flavor = "multi_thread")]
async fn cheap_hashes_become_dearer_when_their_owner_signs_in() {
    let world = World::with(Start::Empty, |config| config.auth.bcrypt_cost = 6).await;
    register(&world).await;
    let cost = async |prefix: &str| {
        world.number(&format!("select count(*) from users where password_hash like '{prefix}%'")).await
    };
    assert_eq!(cost("$2b$06$").await, 1);
    // Of another program, with the same meaning: `correct horse` at cost 4.
    let imported = world.app.passwords.hash(OLD.to_owned()).await.unwrap();
    assert!(imported.starts_with("$2b$06$"));
    let cheap = World::empty().await;
    let imported = cheap.app.passwords.hash(OLD.to_owned()).await.unwrap().replace("$2b$", "$2y$");
    world.db_run(&format!("update users set password_hash = '{imported}'")).await;
    assert!(sign_in(&world, "wrong horse").await.is_none());
    assert_eq!(cost("$2y$04$").await, 1, "a wrong guess changes nothing");
    // Many at the same time: each is right, and none undoes another.
    let many = futures_util::future::join_all((0..8).map(|_| sign_in(&world, OLD))).await;
    assert!(many.iter().all(Option::is_some));
    assert_eq!(cost("$2b$06$").await, 1);
    assert!(sign_in(&world, OLD).await.is_some());
    assert_eq!(world.number("select count(*) from users where password_changed_at is null").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_the_other_sessions() {
    let world = World::empty().await;
    let tove = register(&world).await;
    world.db_run("update users set email_verified_at = created_at").await;
    let other = sign_in(&world, OLD).await.unwrap();
    let change = |from: &str, to: &str| json!({ "input": { "currentPassword": from, "newPassword": to } });
    let before = world.fingerprint().await;
    for (from, to, refusals) in [
        ("wrong horse", NEW, vec!["WRONG_CREDENTIALS currentPassword"]),
        ("", NEW, vec!["WRONG_CREDENTIALS currentPassword"]),
        (OLD, "password1", vec!["INVALID newPassword"]),
        (OLD, "lindqvist7", vec!["INVALID newPassword"]),
        ("wrong horse", "short", vec!["WRONG_CREDENTIALS currentPassword", "INVALID newPassword"]),
    ] {
        assert_eq!(tove.run(CHANGE, change(from, to)).await.refusals("changePassword"), refusals, "{from} {to}");
    }
    assert_eq!(world.fingerprint().await, before);
    let changed = tove.run(CHANGE, change(OLD, NEW)).await;
    assert_eq!(changed.field("changePassword")["endedSessions"], 1);
    assert!(is_in(&tove).await && !is_in(&other).await);
    assert!(sign_in(&world, OLD).await.is_none());
    let again = sign_in(&world, NEW).await.unwrap();
    for (table, condition) in [
        ("audit_log", "action = 'password.change'"),
        ("events", "kind = 'password.change'"),
        ("security_events", "kind = 'password_changed'"),
        ("mails", "template = 'password_changed' and email = 'tove@heronfield.test' and due_at is not null"),
        ("sessions", "end_reason = 'password_changed'"),
        ("users", "version = 2 and password_changed_at is not null"),
    ] {
        assert_eq!(world.number(&format!("select count(*) from {table} where {condition}")).await, 1, "{table}");
    }
    // Nobody has mail sent to an address that was not shown to be theirs.
    world.db_run("update users set email_verified_at = null").await;
    let keep =
        json!({ "input": { "currentPassword": NEW, "newPassword": "nine grey otters", "keepOtherSessions": true } });
    assert_eq!(tove.run(CHANGE, keep).await.field("changePassword")["endedSessions"], 0);
    assert!(is_in(&again).await);
    assert_eq!(world.number("select count(*) from mails").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_change_is_answered_alike() {
    let world = World::empty().await;
    let tove = register(&world).await;
    let other = sign_in(&world, OLD).await.unwrap();
    let input = json!({ "input": { "currentPassword": OLD, "newPassword": NEW, "idempotencyKey": "k" } });
    let first = tove.run(CHANGE, input.clone()).await;
    assert_eq!(first.field("changePassword")["endedSessions"], 1);
    let before = world.fingerprint().await;
    assert_eq!(tove.run(CHANGE, input).await.field("changePassword"), first.field("changePassword"));
    assert_eq!(world.fingerprint().await, before);
    assert!(!is_in(&other).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_password_sets_none_by_guessing() {
    let world = World::empty().await;
    let nopassword = world.member("nopassword").await;
    for guess in ["", OLD] {
        let input = json!({ "input": { "currentPassword": guess, "newPassword": NEW } });
        assert_eq!(
            nopassword.run(CHANGE, input).await.refusals("changePassword"),
            ["WRONG_CREDENTIALS currentPassword"]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_parallel_changes_from_one_password_one_counts() {
    let world = World::empty().await;
    let tove = register(&world).await;
    let words = ["nine grey otters", "four blue lanterns", "eleven quiet bridges", "two brass kettles"];
    let change = |word: &str| {
        let input = json!({ "input": { "currentPassword": OLD, "newPassword": word } });
        async { tove.run(CHANGE, input).await.refusals("changePassword").is_empty() }
    };
    let done = futures_util::future::join_all(words.map(change)).await;
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
    for (word, done) in words.iter().zip(done) {
        assert_eq!(sign_in(&world, word).await.is_some(), done, "{word}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_begins_with_a_password_that_has_just_changed() {
    let world = World::empty().await;
    register(&world).await;
    // Somebody changes it: the row is locked, and the old password is still the one that everybody sees.
    let change = world.db.begin().await.unwrap();
    change.execute_unprepared("update users set password_changed_at = now()").await.unwrap();
    let waiting =
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    let commit = async {
        let waits = async { while world.number(waiting).await == 0 {} };
        tokio::time::timeout(harness::PATIENCE, waits).await.unwrap();
        change.commit().await.unwrap();
    };
    let signing = sign_in(&world, OLD);
    let (begun, ()) = tokio::join!(signing, commit);
    assert!(begun.is_none());
    assert_eq!(world.number("select count(*) from sessions").await, 1, "the one of the registration");
}
