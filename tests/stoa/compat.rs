//! Ways in for old clients: Basic, and the home network.

use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use harness::{Answer, Start, World};
use serde_json::json;

const REGISTER: &str =
    "mutation($input: RegisterInput!) { register(input: $input) { accessToken userErrors { code } } }";
const VIEWER: &str = "{ viewer { username } }";
const HOME: &str = "192.168.1.20";
const AWAY: &str = "203.0.113.5";

/// Asks who one is, with these headers, from an address.
async fn asks(world: &World, address: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::post("/graphql");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = json!({ "query": VIEWER }).to_string();
    world.anonymous().from(address, "curl/8.5.0").send(request.body(Body::from(body)).unwrap()).await
}

/// The user name, `nobody`, or the code of the refusal.
fn who(answer: &Answer) -> String {
    match answer.body.get("errors") {
        Some(_) => answer.code().to_owned(),
        None => answer.field("viewer")["username"].as_str().unwrap_or("nobody").to_owned(),
    }
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

async fn registered(world: &World, username: &str) -> String {
    let email = format!("{username}@people.test");
    let input = json!({ "input": { "username": username, "email": email, "password": "correct horse" } });
    let answer = world.anonymous().run(REGISTER, input).await;
    answer.field("register")["accessToken"].as_str().unwrap().to_owned()
}

async fn by_basic(world: &World, name: &str, password: &str) -> String {
    who(&asks(world, AWAY, &[("authorization", &basic(name, password))]).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_it_is_on_unless_it_is_switched_on() {
    let world = World::empty().await;
    registered(&world, "ines").await;
    let answer = asks(&world, HOME, &[("authorization", &basic("ines", "correct horse"))]).await;
    assert_eq!((who(&answer), answer.status.as_u16()), ("UNAUTHENTICATED".to_owned(), 401));
    assert_eq!(who(&asks(&world, "127.0.0.1", &[("x-user-id", "ines")]).await), "nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_and_a_password_are_a_credential() {
    let world = World::with(Start::Empty, |config| config.compat.basic_auth = true).await;
    registered(&world, "ines").await;
    for name in ["ines", "INES", "ines@people.test"] {
        assert_eq!(by_basic(&world, name, "correct horse").await, "ines");
    }
    for (name, password) in [("ines", "wrong horse"), ("nobody", "correct horse"), ("ines", ""), ("", "")] {
        assert_eq!(by_basic(&world, name, password).await, "UNAUTHENTICATED", "{name}:{password}");
    }
    for wrong in ["Basic", "Basic !", "Basic aW5lcw==", "Basic aW5lczpcb3JyZWN0"] {
        let answer = asks(&world, AWAY, &[("authorization", wrong)]).await;
        assert_eq!((who(&answer), answer.status.as_u16()), ("UNAUTHENTICATED".to_owned(), 401), "{wrong}");
    }
    let named = [("authorization", &*basic("ines", "correct horse")), ("x-user-id", "root")];
    assert_eq!(who(&asks(&world, AWAY, &named).await), "ines", "nobody is anybody else");

    // The pair is remembered, but not beyond a change of what it rests on.
    world.db_run("update users set password_changed_at = '2026-06-01T12:00:00Z' where username = 'ines'").await;
    assert_eq!(by_basic(&world, "ines", "correct horse").await, "UNAUTHENTICATED");
    world.clock.advance(TimeDelta::minutes(5));
    assert_eq!(by_basic(&world, "ines", "correct horse").await, "ines");
    world
        .db_run("insert into second_factors (user_id, secret, confirmed_at, last_step) select id, '', created_at, 1 from users")
        .await;
    assert_eq!(by_basic(&world, "ines", "correct horse").await, "UNAUTHENTICATED", "it cannot show a second factor");
    world.db_run("delete from second_factors").await;
    assert_eq!(by_basic(&world, "ines", "correct horse").await, "ines");
    world.db_run("update users set state = 'suspended' where username = 'ines'").await;
    assert_eq!(by_basic(&world, "ines", "correct horse").await, "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_counted_here_too() {
    let world = World::with(Start::Empty, |config| config.compat.basic_auth = true).await;
    registered(&world, "ines").await;
    for _ in 0..5 {
        assert_eq!(by_basic(&world, "ines", "wrong horse").await, "UNAUTHENTICATED");
    }
    let locked = asks(&world, AWAY, &[("authorization", &basic("ines", "correct horse"))]).await;
    assert_eq!((who(&locked), locked.status.as_u16()), ("RATE_LIMITED".to_owned(), 429));
    assert_eq!(locked.headers["retry-after"], "60");
    by_basic(&world, "nobody", "wrong horse").await;
    let told = async |kind: &str| {
        let from = format!("select count(*) from security_events where kind = '{kind}' and address = '{AWAY}'");
        world.number(&from).await
    };
    assert_eq!((told("sign_in_failed").await, told("sign_in_locked").await), (4, 1), "the owner is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pair_of_an_old_installation_is_the_default_account() {
    let world = World::with(Start::Empty, |config| {
        config.compat.basic_auth = true;
        config.compat.legacy_basic = Some("chat:old-password".to_owned());
    });
    let world = world.await;
    assert_eq!(world.number("select count(*) from users").await, 0);
    let at_once = futures_util::future::join_all((0..8).map(|_| by_basic(&world, "chat", "old-password"))).await;
    assert_eq!(at_once, ["default"; 8], "made when it is first needed, once");
    assert_eq!(world.number("select count(*) from users where password_hash is null").await, 1);
    assert_eq!(world.number("select count(*) from audit_log where action = 'user.create_default'").await, 1);
    assert_eq!(by_basic(&world, "chat", "new-password").await, "UNAUTHENTICATED");
    assert_eq!(by_basic(&world, "default", "old-password").await, "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_home_network_the_place_is_enough() {
    let world = World::with(Start::Empty, |config| config.compat.home_network = true).await;
    let token = registered(&world, "ines").await;
    registered(&world, "mary").await;
    let ines = world.existing("ines").await;
    let uuid = ines.user.unwrap().0.to_string();
    for address in ["127.0.0.1", "::1", HOME, "10.1.2.3", "172.16.0.9", "fd00::7", "fe80::1", "::ffff:192.168.1.3"] {
        for name in ["ines", "INES", "1", &*uuid] {
            assert_eq!(who(&asks(&world, address, &[("x-user-id", name)]).await), "ines", "{address} {name}");
        }
    }
    for address in [AWAY, "172.32.0.1", "2001:db8::1", "100.64.0.1"] {
        assert_eq!(who(&asks(&world, address, &[("x-user-id", "ines")]).await), "nobody", "{address}");
    }
    let mut refusals = Vec::new();
    for name in ["nobody", "77", "", "00000000-0000-7000-8000-000000000000", "ines\u{e9}", "stoa:17"] {
        let answer = asks(&world, HOME, &[("x-user-id", name)]).await;
        assert_eq!(answer.status.as_u16(), 401, "{name}");
        refusals.push(answer.alike());
    }
    world.db_run("update users set state = 'suspended' where username = 'mary'").await;
    refusals.push(asks(&world, HOME, &[("x-user-id", "mary")]).await.alike());
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
    assert_eq!(who(&asks(&world, HOME, &[]).await), "nobody", "nobody is somebody unless that is asked for");
    let bearer = format!("Bearer {token}");
    let both = asks(&world, HOME, &[("authorization", &bearer), ("x-user-id", "root")]).await;
    assert_eq!(who(&both), "ines", "a token wins");
    let page = [("x-user-id", "ines"), (header::ORIGIN.as_str(), "https://evil.test")];
    assert_eq!(who(&asks(&world, HOME, &page).await), "nobody", "pages of others do not speak for the neighbour");
    for (host, expected) in [
        ("192.168.1.2:4000", "ines"),
        ("[fd00::7]:4000", "ines"),
        ("stoa", "ines"),
        ("stoa.local:4000", "ines"),
        ("stoa.home.arpa", "ines"),
        ("rebound.evil.test", "nobody"),
        ("evil.test:4000", "nobody"),
        ("local", "ines"),
        ("notlocal.test", "nobody"),
    ] {
        let answer = asks(&world, HOME, &[("x-user-id", "ines"), ("host", host)]).await;
        assert_eq!(who(&answer), expected, "{host}");
    }
    let keys = "mutation { createApiKey(input: { name: \"K\", scopes: [CONVERSATIONS_READ] }) { secret } }";
    let request =
        Request::post("/graphql").header("x-user-id", "ines").body(Body::from(json!({ "query": keys }).to_string()));
    let answer = world.anonymous().from(HOME, "curl").send(request.unwrap()).await;
    assert_eq!(answer.code(), "FORBIDDEN", "and nothing of it outlasts the place");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_may_have_one_who_is_meant_by_default() {
    let world = World::with(Start::Empty, |config| {
        config.compat.home_network = true;
        config.compat.home_network_user = Some("1".to_owned());
    });
    let world = world.await;
    registered(&world, "ines").await;
    registered(&world, "mary").await;
    assert_eq!(who(&asks(&world, HOME, &[]).await), "ines");
    assert_eq!(who(&asks(&world, HOME, &[("x-user-id", "mary")]).await), "mary");
    assert_eq!(who(&asks(&world, AWAY, &[]).await), "nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_behind_a_proxy_is_a_neighbour() {
    let world = World::with(Start::Empty, |config| {
        config.compat.home_network = true;
        config.door.trusted_proxies = vec!["192.168.1.1/32".parse().unwrap()];
    });
    let world = world.await;
    registered(&world, "ines").await;
    let named = ("x-user-id", "ines");
    assert_eq!(who(&asks(&world, HOME, &[named]).await), "ines");
    for header in ["x-forwarded-for", "forwarded", "via", "x-real-ip"] {
        for value in ["", "192.168.1.7", "for=192.168.1.7", "1.1 proxy"] {
            for address in ["127.0.0.1", HOME, "192.168.1.1"] {
                assert_eq!(who(&asks(&world, address, &[named, (header, value)]).await), "nobody", "{header}: {value}");
            }
        }
    }
    assert_eq!(who(&asks(&world, "192.168.1.1", &[named]).await), "nobody", "a proxy that says nothing");
    world
        .db_run("insert into second_factors (user_id, secret, confirmed_at, last_step) select id, '', created_at, 1 from users")
        .await;
    assert_eq!(who(&asks(&world, HOME, &[named]).await), "UNAUTHENTICATED", "a place cannot show a second factor");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_pair_is_guessed_at_like_any_other() {
    let world = World::with(Start::Empty, |config| {
        config.compat.basic_auth = true;
        config.compat.legacy_basic = Some("chat:old-password".to_owned());
    });
    let world = world.await;
    for n in 0..5 {
        assert_eq!(by_basic(&world, "chat", &format!("guess {n}")).await, "UNAUTHENTICATED");
    }
    assert_eq!(by_basic(&world, "chat", "old-password").await, "RATE_LIMITED");
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(by_basic(&world, "chat", "old-password").await, "default");
    // Who knows it does not wait for those who guess.
    for n in 0..6 {
        by_basic(&world, "chat", &format!("guess {n}")).await;
    }
    assert_eq!(by_basic(&world, "chat", "old-password").await, "default");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_account_is_found_by_its_user_name_alone() {
    let world = World::with(Start::Empty, |config| {
        config.compat.basic_auth = true;
        config.compat.legacy_basic = Some("chat:old-password".to_owned());
    });
    let world = world.await;
    let ines = world.member("ines").await;
    let take = "mutation { updateUser(input: { handle: \"default\" }) { userErrors { code path } } }";
    ines.run(take, json!({})).await.field("updateUser");
    assert_eq!(by_basic(&world, "chat", "old-password").await, "UNAUTHENTICATED", "nobody is taken for another");
    let give = "mutation { updateUser(input: { handle: \"ines\" }) { userErrors { code path } } }";
    ines.run(give, json!({})).await.field("updateUser");
    assert_eq!(by_basic(&world, "chat", "old-password").await, "default");
    assert_eq!(ines.run(take, json!({})).await.refusals("updateUser"), ["CONFLICT handle"]);
}
