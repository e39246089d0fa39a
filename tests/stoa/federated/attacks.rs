//! What must not lead into an account.

use chrono::TimeDelta;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_counts_once() {
    let server = SignInServer::start(people()).await;
    // The settings are read again by the other process.
    let file = Providers::file(&json!([provider(&server)]));
    let world = World::with(Start::Empty, |config| config.federation.oidc_providers_file = Some(file.0.clone())).await;
    let input = arrive(&begin(&world.anonymous()).await, "ines").await;
    let twin = world.another_process().await;
    let (one, two, three) = tokio::join!(complete(&world, &input), complete(&twin, &input), complete(&world, &input));
    let won = [one, two, three].iter().filter(|a| a.refusals("completeFederatedSignIn").is_empty()).count();
    assert_eq!(won, 1);
    assert_eq!(complete(&world, &input).await.refusals("completeFederatedSignIn"), WRONG);
    assert_eq!(world.number("select count(*) from sessions").await, 1);
    // The provider says the same: a code of a new sign-in counts once.
    let (flow, other) = (begin(&world.anonymous()).await, begin(&world.anonymous()).await);
    let came = arrive(&flow, "ines").await;
    complete(&world, &came).await.field("completeFederatedSignIn");
    let mut stolen = arrive(&other, "ines").await;
    stolen["code"] = came["code"].clone();
    assert_eq!(complete(&world, &stolen).await.refusals("completeFederatedSignIn"), WRONG);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_repeated_and_two_first_sign_ins_make_one_account() {
    let server = SignInServer::start(people()).await;
    let world = world(&server).await;
    let mut input = arrive(&begin(&world.anonymous()).await, "ines").await;
    input["idempotencyKey"] = json!("k");
    let first = complete(&world, &input).await;
    let again = complete(&world, &input).await;
    let token = |answer: &Answer| answer.field("completeFederatedSignIn")["accessToken"].clone();
    assert_eq!(token(&first), token(&again));
    assert_eq!(world.number("select count(*) from sessions").await, 1);
    let keyed = json!({ "input": { "provider": "acme", "redirectUri": SignInServer::PAGE, "idempotencyKey": "k" } });
    let begun =
        async |who: &harness::Person<'_>| who.run(BEGIN, keyed.clone()).await.field("beginFederatedSignIn").clone();
    let (nobody, ines) = (world.anonymous(), world.member("somebody").await);
    assert_eq!(begun(&ines).await, begun(&ines).await);
    // Strangers share no space of keys: the token of one would be shown to another.
    assert_ne!(begun(&nobody).await["flowToken"], begun(&nobody).await["flowToken"]);
    let key = "mutation { createApiKey(input: { name: \"K\", scopes: [CONVERSATIONS_READ] }) { secret } }";
    let key = ines.run(key, json!({})).await.field("createApiKey")["secret"].as_str().unwrap().to_owned();
    assert_eq!(ines.with_token(&key).run(BEGIN, keyed.clone()).await.code(), "FORBIDDEN", "keys link nothing");

    let one = arrive(&begin(&world.anonymous()).await, "omar").await;
    let two = arrive(&begin(&world.anonymous()).await, "omar").await;
    let (one, two) = tokio::join!(complete(&world, &one), complete(&world, &two));
    let id = |answer: &Answer| answer.field("completeFederatedSignIn")["user"]["id"].clone();
    assert_eq!(id(&one), id(&two));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_completes_the_sign_in_of_another() {
    let server = SignInServer::start(people()).await;
    let world = world(&server).await;
    let (theirs, mine) = (begin(&world.anonymous()).await, begin(&world.anonymous()).await);
    let came = arrive(&theirs, "ines").await;
    let with = |name: &str, value: Value| {
        let mut input = came.clone();
        input[name] = value;
        input
    };
    let mut bent = theirs.token.clone().into_bytes();
    let last = bent.len() - 2;
    bent[last] = if bent[last] == b'A' { b'B' } else { b'A' };
    let nul = json!("\0");
    for input in [
        // Somebody else's browser, led here by a link.
        with("flowToken", json!(mine.token)),
        with("flowToken", json!(String::from_utf8(bent).unwrap())),
        with("flowToken", json!("stoa_fl_")),
        with("flowToken", nul.clone()),
        with("state", json!("")),
        with("state", json!("another")),
        with("state", nul.clone()),
        with("iss", json!("https://evil.example.org")),
        with("code", json!("")),
        with("code", json!("x".repeat(9000))),
    ] {
        let answer = complete(&world, &input).await;
        assert_eq!(answer.refusals("completeFederatedSignIn"), WRONG, "{input}");
    }
    assert_eq!(world.number("select count(*) from users").await, 0);
    // The sign-in of another issuer was taken; the others hurt nobody.
    assert_eq!(complete(&world, &came).await.refusals("completeFederatedSignIn"), WRONG);
    let flow = begin(&world.anonymous()).await;
    let mut unnamed = arrive(&flow, "ines").await;
    unnamed.as_object_mut().unwrap().remove("iss");
    assert_eq!(
        complete(&world, &unnamed).await.refusals("completeFederatedSignIn"),
        WRONG,
        "it says that it names itself"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn linking_and_signing_in_are_not_taken_for_each_other() {
    let server = SignInServer::start(people()).await;
    let world = world(&server).await;
    let (ines, omar) = (world.member("noor").await, world.member("omar").await);
    let theirs = arrive(&begin(&ines).await, "ines").await;
    let link = async |person: &Person<'_>, input: &Value| {
        person.run(LINK, json!({ "input": input })).await.refusals("linkIdentity")
    };
    // The attacker's identity is not linked to the victim, nor the other way round.
    assert_eq!(link(&omar, &theirs).await, WRONG);
    assert_eq!(complete(&world, &theirs).await.refusals("completeFederatedSignIn"), WRONG);
    let nobodys = arrive(&begin(&world.anonymous()).await, "kofi").await;
    assert_eq!(link(&omar, &nobodys).await, WRONG);
    assert_eq!(world.number("select count(*) from identities").await, 0);
    assert_eq!(link(&ines, &theirs).await, Vec::<String>::new());
    let anonymous = world.anonymous().run(LINK, json!({ "input": theirs })).await;
    assert_eq!(anonymous.code(), "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ends_after_ten_minutes() {
    let server = SignInServer::start(people()).await;
    let world = world(&server).await;
    let (late, in_time) = (begin(&world.anonymous()).await, begin(&world.anonymous()).await);
    let (late, in_time) = (arrive(&late, "ines").await, arrive(&in_time, "ines").await);
    world.clock.advance(TimeDelta::seconds(599));
    complete(&world, &in_time).await.field("completeFederatedSignIn");
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(complete(&world, &late).await.refusals("completeFederatedSignIn"), WRONG);
    let forgotten = stoa::domain::identity::rows::forget_old_flows(&world.db, world.clock.now()).await;
    assert_eq!((forgotten.unwrap(), world.number("select count(*) from sign_in_flows").await), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_is_the_providers_for_us_and_for_this_sign_in() {
    let mut server = SignInServer::start(people()).await;
    let world = world(&server).await;
    for bend in [
        json!({ "sign": "broken" }),
        json!({ "sign": "forged" }),
        json!({ "sign": "none" }),
        json!({ "sign": "secret" }),
        json!({ "claims": { "nonce": "another" } }),
        json!({ "claims": { "nonce": null } }),
        json!({ "claims": { "aud": "another" } }),
        json!({ "claims": { "aud": [SignInServer::CLIENT, "another"] } }),
        json!({ "claims": { "azp": "another" } }),
        json!({ "claims": { "iss": "https://evil.example.org" } }),
        json!({ "claims": { "exp": null } }),
        json!({ "claims": { "sub": "" } }),
    ] {
        server.bend(bend.clone()).await;
        assert_eq!(sign_in(&world, "ines").await.refusals("completeFederatedSignIn"), WRONG, "{bend}");
    }
    assert_eq!(world.number("select count(*) from users").await, 0);
    // Bent the other way: what is signed by the provider's key and right is believed.
    server.bend(json!({ "claims": { "azp": SignInServer::CLIENT } })).await;
    sign_in(&world, "ines").await.field("completeFederatedSignIn");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_opens_something_is_stored() {
    let server = SignInServer::start(people()).await;
    let world = world(&server).await;
    let flow = begin(&world.anonymous()).await;
    let input = arrive(&flow, "ines").await;
    complete(&world, &input).await.field("completeFederatedSignIn");
    let nonce = flow.url.split("nonce=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let secrets = [&flow.token, input["state"].as_str().unwrap(), input["code"].as_str().unwrap(), &nonce];
    for (table, _) in world.row_counts().await {
        for secret in secrets {
            let sql = format!("select count(*) from {table} t where t::text like '%{secret}%'");
            assert_eq!(world.number(&sql).await, 0, "{table}");
        }
    }
    assert!(flow.url.contains("code_challenge_method=S256"), "{}", flow.url);
    assert!(!flow.url.contains(SignInServer::SECRET));
}
