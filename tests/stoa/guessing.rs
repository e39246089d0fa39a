//! Guessing at passwords: what it brings, and what an honest user feels of it.

use std::collections::HashMap;

use chrono::TimeDelta;
use futures_util::future::join_all;
use harness::{Answer, Person, World};
use serde_json::{Value, json};

const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) { userErrors { code } } }";
const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) {
    accessToken userErrors { code message path } } }";

const PASSWORD: &str = "correct horse";

async fn registered(world: &World, username: &str) {
    let email = format!("{username}@people.test");
    let input = json!({ "input": { "username": username, "email": email, "password": PASSWORD } });
    world.anonymous().run(REGISTER, input).await.field("register");
}

async fn tries(somebody: &Person<'_>, name: &str, password: &str) -> Answer {
    somebody.run(SIGN_IN, json!({ "input": { "identifier": name, "password": password } })).await
}

/// `ok`, the code of the refusal, or the code of the error with the seconds to wait.
fn outcome(answer: &Answer) -> String {
    match answer.body.get("errors") {
        Some(errors) => format!("{} {}", answer.code(), errors[0]["extensions"]["retryAfter"]),
        None => answer.refusals("signIn").pop().unwrap_or_else(|| "ok".to_owned()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_passwords_lock_a_name_whoever_has_it() {
    let world = World::empty().await;
    registered(&world, "ines").await;
    let nobody = world.anonymous();
    let mut courses = Vec::new();
    for name in ["ines", "nobody", "ines@people.test"] {
        let mut course = Vec::new();
        for attempt in 0..6 {
            let answer = tries(&nobody, name, "wrong horse").await;
            course.push((answer.status.as_u16(), answer.alike()));
            assert_eq!(answer.status.as_u16(), if attempt < 5 { 200 } else { 429 }, "{:#}", answer.body);
        }
        let answer = tries(&nobody, name, PASSWORD).await;
        assert_eq!((answer.code(), answer.headers["retry-after"].to_str().unwrap()), ("RATE_LIMITED", "60"));
        assert_eq!(answer.body.get("data"), None);
        courses.push(course);
    }
    assert!(courses.iter().all(|course| *course == courses[0]), "{courses:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_knows_name_and_address_gets_no_more_guesses() {
    let world = World::empty().await;
    registered(&world, "ines").await;
    let nobody = world.anonymous();
    for _ in 0..5 {
        tries(&nobody, "ines", "wrong horse").await;
    }
    let right = tries(&nobody, "ines@people.test", PASSWORD).await;
    let stranger = tries(&nobody, "nobody@people.test", PASSWORD).await;
    assert_eq!(right.alike(), stranger.alike(), "as if the address were unknown");
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(outcome(&tries(&nobody, "ines@people.test", PASSWORD).await), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_lock_is_twice_as_long_up_to_half_an_hour() {
    let world = World::empty().await;
    registered(&world, "ines").await;
    let nobody = world.anonymous();
    for _ in 0..5 {
        assert_eq!(outcome(&tries(&nobody, "ines", "wrong horse").await), "WRONG_CREDENTIALS");
    }
    for minutes in [1, 2, 4, 8, 16, 30, 30] {
        let waits = format!("RATE_LIMITED {}", minutes * 60);
        assert_eq!(outcome(&tries(&nobody, "ines", PASSWORD).await), waits);
        world.clock.advance(TimeDelta::seconds(minutes * 60 - 1));
        assert_eq!(outcome(&tries(&nobody, "ines", PASSWORD).await), "RATE_LIMITED 1");
        world.clock.advance(TimeDelta::seconds(1));
        assert_eq!(outcome(&tries(&nobody, "ines", "wrong horse").await), "WRONG_CREDENTIALS");
    }
    world.clock.advance(TimeDelta::minutes(30));
    assert_eq!(outcome(&tries(&nobody, "ines", PASSWORD).await), "ok");
    for _ in 0..4 {
        assert_eq!(outcome(&tries(&nobody, "ines", "wrong horse").await), "WRONG_CREDENTIALS");
    }
    assert_eq!(outcome(&tries(&nobody, "ines", PASSWORD).await), "ok", "the right one has wiped the slate clean");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_guesses_at_two_processes_gets_five() {
    let world = World::empty().await;
    let other = world.another_process().await;
    registered(&world, "ines").await;
    let (here, there) = (world.anonymous(), other.anonymous());
    let guesses = (0..200).map(|n| tries(if n % 2 == 0 { &here } else { &there }, "ines", "wrong horse"));
    let mut outcomes: HashMap<String, usize> = HashMap::new();
    for answer in join_all(guesses).await {
        *outcomes.entry(outcome(&answer)).or_default() += 1;
    }
    assert_eq!(outcomes, HashMap::from([("WRONG_CREDENTIALS".to_owned(), 5), ("RATE_LIMITED 60".to_owned(), 195)]));
    let told = world.number("select count(*) from security_events where kind = 'sign_in_failed'").await;
    let locks = world.number("select count(*) from security_events where kind = 'sign_in_locked'").await;
    assert_eq!((told, locks), (4, 1), "the owner is told of each guess and of the lock");
    let audited = world.number("select count(*) from audit_log where action = 'session.refuse'").await;
    assert_eq!(audited, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn honest_people_sign_in_at_once_as_often_as_they_like() {
    let world = World::empty().await;
    registered(&world, "ines").await;
    let nobody = world.anonymous().from("192.0.2.7", "curl/8.5.0");
    tries(&nobody, "ines", "wrong horse").await;
    let answers = join_all((0..20).map(|_| tries(&nobody, "ines", PASSWORD))).await;
    assert!(
        answers.iter().all(|answer| outcome(answer) == "ok"),
        "{:?}",
        answers.iter().map(outcome).collect::<Vec<_>>()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn honest_people_sign_in_at_once_at_two_processes() {
    let world = World::with(harness::Start::Empty, |config| config.auth.max_login_attempts = 1000).await;
    let other = world.another_process().await;
    registered(&world, "ines").await;
    let (here, there) = (world.anonymous(), other.anonymous());
    let answers = join_all((0..200).map(|n| tries(if n % 2 == 0 { &here } else { &there }, "ines", PASSWORD))).await;
    let outcomes: Vec<String> = answers.iter().map(outcome).filter(|outcome| outcome != "ok").collect();
    assert_eq!(outcomes, Vec::<String>::new(), "nobody has guessed wrong");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_guesses_so_often_over_all_names() {
    let world = World::with(harness::Start::Empty, |config| config.auth.max_network_attempts = 10).await;
    registered(&world, "ines").await;
    let crowd = world.anonymous().from("2001:db8:1:2::1", "curl/8.5.0");
    let neighbour = world.anonymous().from("2001:db8:1:2:ffff::2", "curl/8.5.0");
    let elsewhere = world.anonymous().from("2001:db8:1:3::1", "curl/8.5.0");
    for n in 0..10 {
        assert_eq!(outcome(&tries(&crowd, &format!("somebody{n}"), "wrong horse").await), "WRONG_CREDENTIALS");
    }
    assert_eq!(outcome(&tries(&neighbour, "ines", PASSWORD).await), "RATE_LIMITED 60");
    assert_eq!(outcome(&tries(&elsewhere, "ines", PASSWORD).await), "ok");
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(outcome(&tries(&neighbour, "ines", PASSWORD).await), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_do_not_lock_the_owner_out_where_they_are_signed_in() {
    let world = World::empty().await;
    registered(&world, "ines").await;
    let home = world.anonymous().from("192.0.2.7", "curl/8.5.0");
    let stranger = world.anonymous().from("198.51.100.9", "curl/8.5.0");
    assert_eq!(outcome(&tries(&home, "ines", PASSWORD).await), "ok");
    for _ in 0..5 {
        tries(&stranger, "ines", "wrong horse").await;
    }
    assert_eq!(outcome(&tries(&stranger, "ines", PASSWORD).await), "RATE_LIMITED 60");
    assert_eq!(outcome(&tries(&home, "ines", PASSWORD).await), "ok");
    for _ in 0..5 {
        tries(&home, "ines", "wrong horse").await;
    }
    assert_eq!(outcome(&tries(&home, "ines", PASSWORD).await), "RATE_LIMITED 60", "nor does home guess for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guess_takes_the_same_statements_at_whoever_it_is() {
    let world = World::empty().await;
    registered(&world, "ines").await;
    let nobody = world.anonymous();
    let known = tries(&nobody, "ines", "wrong horse").await;
    let unknown = tries(&nobody, "nobody", "wrong horse").await;
    assert_eq!(known.statements, unknown.statements);
    assert_eq!(known.alike(), unknown.alike());
    let written: Value = json!(world.number("select count(*) from security_events").await);
    assert_eq!(written, json!(1), "nobody is nobody to tell");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_admitted_leaves_nothing() {
    let world = World::empty().await;
    registered(&world, "ines").await;
    for _ in 0..5 {
        tries(&world.anonymous(), "ines", "wrong horse").await;
    }
    let guards = world.number("select count(*) from sign_in_guards").await;
    for n in 0..20 {
        let somebody = world.anonymous().from(&format!("192.0.2.{n}"), "curl/8.5.0");
        assert_eq!(outcome(&tries(&somebody, "ines", PASSWORD).await), "RATE_LIMITED 60");
    }
    assert_eq!(world.number("select count(*) from sign_in_guards").await, guards);
}
