//! Providers that are down, change their keys, answer nonsense, or are none.

use chrono::TimeDelta;

use super::*;

async fn begin_with(world: &World, provider: &str, page: &str) -> Answer {
    let input = json!({ "input": { "provider": provider, "redirectUri": page } });
    world.anonymous().run(BEGIN, input).await
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_are_listed_and_pages_are_those_of_the_settings() {
    let server = SignInServer::start(people()).await;
    let world = world(&server).await;
    let list = "{ signInProviders { name displayName } }";
    let listed = world.anonymous().run(list, json!({})).await;
    assert_eq!(listed.field("signInProviders"), &json!([{ "name": "acme", "displayName": "Acme" }]));
    for (provider, page, refusal) in [
        ("other", SignInServer::PAGE, "NOT_FOUND provider"),
        ("\0", SignInServer::PAGE, "NOT_FOUND provider"),
        ("acme", "https://evil.example.org/", "INVALID redirectUri"),
        ("acme", "https://chat.example.org/signed-in/", "INVALID redirectUri"),
        ("acme", "", "INVALID redirectUri"),
    ] {
        let answer = begin_with(&world, provider, page).await;
        assert_eq!(answer.refusals("beginFederatedSignIn"), [refusal], "{provider} {page}");
    }
    let none = World::empty().await;
    assert_eq!(none.anonymous().run(list, json!({})).await.field("signInProviders"), &json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_is_unavailable_and_comes_back() {
    let server = SignInServer::start(people()).await;
    let (port, world) = (server.port, world(&server).await);
    drop(server);
    // The service has started without it.
    assert_eq!(begin_with(&world, "acme", SignInServer::PAGE).await.code(), "UNAVAILABLE");
    assert_eq!(world.number("select count(*) from sign_in_flows").await, 0);
    let mut server = SignInServer::with(json!({ "port": port, "people": people() })).await;
    assert_eq!(begin_with(&world, "acme", SignInServer::PAGE).await.code(), "UNAVAILABLE", "it is spared a moment");
    world.clock.advance(TimeDelta::seconds(5));
    let flow = begin(&world.anonymous()).await;
    let input = arrive(&flow, "ines").await;
    for nonsense in [
        json!({ "status": 503 }),
        json!({ "status": 200 }),
        json!({ "status": 302, "location": "http://127.0.0.1:9/" }),
        json!({ "status": 200, "bytes": 400_000 }),
        json!({ "status": 401 }),
    ] {
        server.bend(nonsense.clone()).await;
        let answer = complete(&world, &input).await;
        assert_eq!(answer.code(), "UNAVAILABLE", "{nonsense}");
        let said = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert!(!said.contains(SignInServer::SECRET) && !said.contains(&server.issuer), "{said}");
    }
    assert_eq!(world.number("select count(*) from users").await, 0);
    // The sign-in was not used up, but its code was, in the first of these answers.
    server.bend(json!({})).await;
    assert_eq!(complete(&world, &input).await.refusals("completeFederatedSignIn"), WRONG);
    let flow = begin(&world.anonymous()).await;
    let input = arrive(&flow, "ines").await;
    drop(server);
    assert_eq!(complete(&world, &input).await.code(), "UNAVAILABLE");
    assert_eq!(world.number("select count(*) from sign_in_flows where used_at is null").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_are_fetched_at_most_every_minute() {
    let server = SignInServer::start(people()).await;
    let (port, world) = (server.port, world(&server).await);
    sign_in(&world, "ines").await.field("completeFederatedSignIn");
    drop(server);
    let _server = SignInServer::with(json!({ "port": port, "people": people() })).await;
    assert_eq!(sign_in(&world, "ines").await.refusals("completeFederatedSignIn"), WRONG, "asked a moment ago");
    world.clock.advance(TimeDelta::minutes(1));
    sign_in(&world, "ines").await.field("completeFederatedSignIn");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_issuer_under_the_same_name_speaks_of_other_people() {
    let server = SignInServer::start(people()).await;
    let world = world(&server).await;
    signed_in(&world, "ines").await;
    world.db_run("update identities set issuer = 'https://former.example.org'").await;
    assert_eq!(sign_in(&world, "ines").await.refusals("completeFederatedSignIn"), ["CONFLICT"], "by the address");
    assert_eq!(world.number("select count(*) from identities").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_names_another_issuer_is_not_believed() {
    let server = SignInServer::start(people()).await;
    let mut wrong = provider(&server);
    wrong["issuer"] = json!(format!("http://localhost:{}", server.port));
    let file = Providers::file(&json!([wrong]));
    let world = World::with(Start::Empty, |config| config.federation.oidc_providers_file = Some(file.0.clone())).await;
    assert_eq!(begin_with(&world, "acme", SignInServer::PAGE).await.code(), "UNAVAILABLE");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_are_found_at_start_and_said_without_a_secret() {
    let file = Providers::file(&json!([{ "name": "acme", "clientSecret": "hush hush" }]));
    let mut config = World::empty().await.config.clone();
    config.federation.oidc_providers_file = Some(file.0.clone());
    let said = format!("{:#}", config.check(false).unwrap_err());
    assert!(said.contains("STOA_OIDC_PROVIDERS_FILE") && !said.contains("hush"), "{said}");
    config.federation.oidc_providers_file = Some("/nowhere/providers.json".into());
    assert!(format!("{:#}", config.check(false).unwrap_err()).contains("cannot be read"));
}
