//! What an access token must be: tokens signed with the service's own key that say one thing too little or too much.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use harness::{Heard, MASTER_KEY, Person, Socket, World, noon};
use serde_json::{Value, json};
use stoa::auth::keys;
use stoa::auth::master::MasterKey;

const VIEWER: &str = "{ viewer { username } }";

fn part(text: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

fn sign(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).to_bytes()))
}

/// Changes fields of an object; null takes one away.
fn with(object: &Value, changes: Value) -> Value {
    let mut object = object.clone();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(object.as_object_mut().unwrap().remove(name)),
            value => object[name] = value.clone(),
        }
    }
    object
}

/// Refused by POST, as an event stream and on a socket, and never taken for nobody.
async fn check_refused(world: &World, here: &harness::Listening, person: &Person<'_>, token: &str, what: &str) {
    let forged = person.with_token(token);
    let answer = forged.run(VIEWER, json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.codes()), (401, vec!["UNAUTHENTICATED"]), "{what}");
    assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"), "{what}");
    assert_eq!(answer.body.get("data"), None, "{what}");
    assert_eq!(forged.follow(VIEWER, json!({})).await.status, 401, "{what}");
    let payload = json!({ "authorization": format!("Bearer {token}") });
    let mut socket = Socket::connect(here.address).await;
    socket.say(json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(socket.hear().await, Heard::Closed(4403), "{what}");
    let mut socket = Socket::open(here.address, world.existing("ines").await.token.as_deref()).await;
    socket.say(json!({ "type": "ping", "payload": payload })).await;
    assert_eq!(socket.hear().await, Heard::Closed(4403), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_says_what_is_demanded() {
    let world = World::empty().await;
    let here = world.listen().await;
    let ines = world.member("ines").await;
    let token = ines.token.clone().unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let (header, claims) = (part(parts[0]), part(parts[1]));
    let master = MasterKey::parse(MASTER_KEY).unwrap();
    let key = keys::read(&world.db, &master).await.unwrap().pop().unwrap().pair;
    let now = noon().timestamp();

    // What is right is taken, so what follows is refused for what was changed.
    for good in [json!({}), json!({ "more": 1 }), json!({ "nbf": now + 5 }), json!({ "iat": now + 5 })] {
        let token = sign(&key, &header, &with(&claims, good.clone()));
        assert_eq!(ines.with_token(&token).run(VIEWER, json!({})).await.field("viewer")["username"], "ines", "{good}");
    }
    for wrong in [
        json!({ "exp": null }),
        json!({ "nbf": null }),
        json!({ "iat": null }),
        json!({ "sub": null }),
        json!({ "sid": null }),
        json!({ "aud": null }),
        json!({ "iss": null }),
        json!({ "aud": "another" }),
        json!({ "iss": "another" }),
        json!({ "exp": now - 6 }),
        json!({ "exp": "tomorrow" }),
        json!({ "nbf": now + 6 }),
        json!({ "iat": now + 6 }),
        json!({ "sub": "ines" }),
        json!({ "sub": "00000000-0000-7000-8000-000000000000" }),
        json!({ "sid": "00000000-0000-7000-8000-000000000000" }),
    ] {
        let token = sign(&key, &header, &with(&claims, wrong.clone()));
        check_refused(&world, &here, &ines, &token, &wrong.to_string()).await;
    }
    for wrong in [
        json!({ "crit": ["exp"] }),
        json!({ "crit": [] }),
        json!({ "kid": null }),
        json!({ "kid": "another" }),
        json!({ "alg": "none" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "RS256" }),
        json!({ "alg": null }),
    ] {
        let token = sign(&key, &with(&header, wrong.clone()), &claims);
        check_refused(&world, &here, &ines, &token, &wrong.to_string()).await;
    }
    let stranger = SigningKey::from_bytes(&[7; 32]);
    check_refused(&world, &here, &ines, &sign(&stranger, &header, &claims), "another key").await;
    check_refused(&world, &here, &ines, &format!("{}.{}.", parts[0], parts[1]), "no signature").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_may_is_not_in_the_token() {
    let world = World::empty().await;
    let ada = world.admin("ada").await;
    let roles = "{ roles { totalCount } }";
    ada.run(roles, json!({})).await.field("roles");
    world.db_run("delete from user_roles").await;
    assert_eq!(ada.run(roles, json!({})).await.code(), "FORBIDDEN", "the same token");
    let claims = part(ada.token.as_deref().unwrap().split('.').nth(1).unwrap());
    let mut names: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "nbf", "sid", "sub"]);
}
