//! The keys that sign access tokens: published, replaced in good time, revoked.

use axum::body::Body;
use axum::http::Request;
use chrono::TimeDelta;
use harness::{MASTER_KEY, Person, Start, World};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use stoa::auth::keys;
use stoa::auth::master::MasterKey;

const REGISTER: &str = "mutation($input: RegisterInput!) { register(input: $input) {
    accessToken refreshToken userErrors { code } } }";
const REFRESH: &str = "mutation($input: RefreshSessionInput!) { refreshSession(input: $input) {
    accessToken refreshToken userErrors { code } } }";

fn master() -> MasterKey {
    MasterKey::parse(MASTER_KEY).unwrap()
}

async fn published(world: &World) -> JwkSet {
    let answer =
        world.send(Request::get("/.well-known/jwks.json").header("host", "x").body(Body::empty()).unwrap()).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["cache-control"]),
        (200, &"public, max-age=300".parse().unwrap())
    );
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
    let text = String::from_utf8(answer.bytes).unwrap();
    assert!(!text.contains("\"d\""), "the private half stays here: {text}");
    serde_json::from_str(&text).unwrap()
}

/// What another service makes of a token: the user, if the token is good.
async fn verified_elsewhere(world: &World, token: &str) -> Option<String> {
    let id = jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    let keys = published(world).await;
    let key = DecodingKey::from_jwk(keys.find(&id)?).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["stoa"]);
    validation.set_issuer(&["stoa"]);
    validation.validate_exp = false;
    let token = jsonwebtoken::decode::<Value>(token, &key, &validation).ok()?;
    token.claims["sub"].as_str().map(str::to_owned)
}

fn key_of(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

async fn refreshed(person: &Person<'_>, token: &mut Value) -> String {
    let answer = person.run(REFRESH, json!({ "input": { "refreshToken": token } })).await;
    let payload = answer.field("refreshSession");
    *token = payload["refreshToken"].clone();
    payload["accessToken"].as_str().unwrap().to_owned()
}

async fn is_in(person: &Person<'_>, token: &str) -> bool {
    let answer = person.with_token(token).run("{ viewer { username } }", json!({})).await;
    match answer.status.as_u16() {
        200 => true,
        401 => false,
        status => panic!("{status}: {:#}", answer.body),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn others_verify_tokens_with_what_is_published() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let token = ines.token.as_deref().unwrap();
    assert_eq!(verified_elsewhere(&world, token).await, ines.user.map(|user| user.0.to_string()));
    let (rest, _) = token.rsplit_once('.').unwrap();
    assert_eq!(verified_elsewhere(&world, &format!("{rest}.{}", "A".repeat(86))).await, None);
    let sealed = world.number("select count(*) from signing_keys where octet_length(private) = 60").await;
    assert_eq!(sealed, 1, "nonce, key and tag: nothing lies open");
    let pair = keys::read(&world.db, &master()).await.unwrap().pop().unwrap().pair;
    let open =
        format!("select count(*) from signing_keys where position('\\x{}' in private) > 0", hex(&pair.to_bytes()));
    assert_eq!(world.number(&open).await, 0);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_take_over_from_one_another_unnoticed() {
    let world = World::with(Start::Empty, |config| {
        config.auth.session_lifetime = 90 * 86400;
        config.auth.user_session_timeout = 90 * 86400;
    });
    let world = world.await;
    let other = world.another_process().await;
    let nobody = world.anonymous();
    let input = json!({ "input": { "username": "ines", "password": "correct horse" } });
    let made = nobody.run(REGISTER, input).await.field("register").clone();
    let mut refresh = made["refreshToken"].clone();
    let first = key_of(made["accessToken"].as_str().unwrap());

    world.clock.advance(TimeDelta::days(30));
    world.app.tokens.renew(&world.db).await.unwrap();
    other.app.tokens.renew(&other.db).await.unwrap();
    let ids: Vec<String> = keys::read(&world.db, &master()).await.unwrap().into_iter().map(|key| key.id).collect();
    assert_eq!((ids.len(), &ids[0]), (2, &first), "one new key, whoever comes first");
    let before = refreshed(&nobody, &mut refresh).await;
    assert_eq!(key_of(&before), first, "the new one only becomes known");
    assert_eq!(published(&other).await.keys.len(), 2);

    world.clock.advance(TimeDelta::minutes(60));
    let after = refreshed(&nobody, &mut refresh).await;
    assert_eq!(key_of(&after), ids[1]);
    for world in [&world, &other] {
        assert!(is_in(&world.anonymous(), &after).await);
        assert!(verified_elsewhere(world, &after).await.is_some());
        assert!(verified_elsewhere(world, &before).await.is_some(), "the old one stays until its tokens have ended");
    }
    world.clock.advance(TimeDelta::minutes(16));
    world.app.tokens.renew(&world.db).await.unwrap();
    assert_eq!(published(&world).await.keys.len(), 1);
    assert_eq!(keys::read(&world.db, &master()).await.unwrap().len(), 1, "and then goes");
    assert!(is_in(&nobody, &refreshed(&nobody, &mut refresh).await).await, "nobody was signed out");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_revoked_key_signed_is_refused() {
    let world = World::empty().await;
    let other = world.another_process().await;
    let ines = world.member("ines").await;
    let token = ines.token.clone().unwrap();
    assert!(is_in(&ines, &token).await && is_in(&ines.at(&other), &token).await);
    assert!(keys::delete(&world.db, &key_of(&token)).await.unwrap());
    for world in [&world, &other] {
        world.app.tokens.renew(&world.db).await.unwrap();
        assert!(!is_in(&world.anonymous(), &token).await, "also where it was verified a moment ago");
    }
    assert_eq!(keys::read(&world.db, &master()).await.unwrap().len(), 1, "there is always one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_opens_with_its_own_master_key_only() {
    let world = World::empty().await;
    let mut config = world.config.clone();
    config.auth.master_key = Some("b25lIG1hc3RlciBrZXkgdGhhdCBpcyBub3QgaXRzLi4=".to_owned());
    let opened = stoa::app::App::new(&config, world.db.clone(), world.clock.clone(), false).await;
    let cause = format!("{:#}", opened.err().expect("another master key does not open it"));
    assert!(cause.contains("does not open: it was sealed under another master key"), "{cause}");
}
