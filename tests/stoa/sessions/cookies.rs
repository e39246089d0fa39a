//! The refresh token in a cookie.

use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use harness::{Answer, World};
use serde_json::{Value, json};

use super::{REFRESH, SIGN_IN, credentials, registered, text};

/// A request of a page, with a cookie if there is one.
async fn page(world: &World, origin: &str, cookie: Option<&str>, query: &str, variables: Value) -> Answer {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let mut request = Request::post("/graphql").header(header::HOST, "stoa.test").header(header::ORIGIN, origin);
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, format!("theme=dark; {cookie}"));
    }
    world.anonymous().send(request.body(Body::from(body)).unwrap()).await
}

fn cookie(headers: &HeaderMap) -> (String, String) {
    let set = headers.get(header::SET_COOKIE).unwrap_or_else(|| panic!("no cookie")).to_str().unwrap();
    let (pair, manner) = set.split_once("; ").unwrap();
    (pair.to_owned(), manner.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_keep_the_refresh_token_where_no_script_reads_it() {
    let world = World::empty().await;
    registered(&world, "ines").await;
    let here = "https://stoa.test";
    let mut input = credentials("ines");
    input["input"]["refreshTokenIn"] = json!("COOKIE");
    let signed_in = page(&world, here, None, SIGN_IN, input.clone()).await;
    assert_eq!(signed_in.field("signIn")["refreshToken"], Value::Null);
    let (first, manner) = cookie(&signed_in.headers);
    assert!(first.starts_with("__Host-stoa_refresh=stoa_rt_"), "{first}");
    assert_eq!(manner, "Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=2592000");

    let refreshed = page(&world, here, Some(&first), REFRESH, json!({ "input": {} })).await;
    let next = refreshed.field("refreshSession");
    assert_eq!(next["refreshToken"], Value::Null);
    let (second, _) = cookie(&refreshed.headers);
    assert_ne!(first, second);

    for (origin, sent) in [("https://evil.test", Some(second.as_str())), ("null", Some(&second)), (here, None)] {
        let answer = page(&world, origin, sent, REFRESH, json!({ "input": {} })).await;
        assert_eq!(answer.refusals("refreshSession"), ["WRONG_CREDENTIALS refreshToken"], "{origin}: as without one");
        assert_eq!(answer.headers.get(header::SET_COOKIE), None);
    }
    // From another site no browser sends it back, whoever's page it is.
    let body = json!({ "query": SIGN_IN, "variables": input }).to_string();
    let request = Request::post("/graphql").header(header::HOST, "stoa.test").header(header::ORIGIN, here);
    let request = request.header("sec-fetch-site", "cross-site").body(Body::from(body)).unwrap();
    assert_eq!(world.anonymous().send(request).await.refusals("signIn"), ["INVALID refreshTokenIn"]);
    let foreign = page(&world, "https://evil.test", None, SIGN_IN, input).await;
    assert_eq!(foreign.refusals("signIn"), ["INVALID refreshTokenIn"]);
    assert_eq!(foreign.headers.get(header::SET_COOKIE), None);

    let body = json!({ "query": "mutation { signOut(input: {}) { endedSessions userErrors { code } } }" }).to_string();
    let out = world.anonymous().with_token(text(&next["accessToken"]));
    let request = Request::post("/graphql").header(header::HOST, "stoa.test").header(header::ORIGIN, here);
    let out = out.send(request.header(header::COOKIE, &second).body(Body::from(body)).unwrap()).await;
    out.field("signOut");
    assert_eq!(cookie(&out.headers).0, "__Host-stoa_refresh=", "the browser drops it");
    let late = page(&world, here, Some(&second), REFRESH, json!({ "input": {} })).await;
    assert_eq!(late.refusals("refreshSession"), ["WRONG_CREDENTIALS refreshToken"]);
    assert_eq!(cookie(&late.headers).0, "__Host-stoa_refresh=", "and one that is worth nothing, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_stays_while_its_session_does() {
    let world = World::empty().await;
    registered(&world, "ines").await;
    let here = "https://stoa.test";
    let mut input = credentials("ines");
    input["input"]["refreshTokenIn"] = json!("COOKIE");
    let (good, _) = cookie(&page(&world, here, None, SIGN_IN, input.clone()).await.headers);
    // Somebody mistypes, or sends what cannot be answered.
    let mut wrong = input.clone();
    wrong["input"]["password"] = json!("wrong horse");
    let mut faulty = input.clone();
    faulty["input"]["idempotencyKey"] = json!("");
    let faulty_refresh = json!({ "input": { "idempotencyKey": "" } });
    for (query, input, field) in
        [(SIGN_IN, wrong, "signIn"), (SIGN_IN, faulty, "signIn"), (REFRESH, faulty_refresh, "refreshSession")]
    {
        let refused = page(&world, here, Some(&good), query, input).await;
        assert_eq!(refused.refusals(field).len(), 1);
        assert_eq!(refused.headers.get(header::SET_COOKIE), None, "{field}");
    }
    // Another session of another person ends, in the same browser.
    registered(&world, "omar").await;
    let omar = world.anonymous().run(SIGN_IN, credentials("omar")).await;
    let omar = world.anonymous().with_token(text(&omar.field("signIn")["accessToken"]));
    let body = json!({ "query": "mutation { signOut(input: { allSessions: true }) { endedSessions } }" }).to_string();
    let request = Request::post("/graphql").header(header::HOST, "stoa.test").header(header::ORIGIN, here);
    let out = omar.send(request.header(header::COOKIE, &good).body(Body::from(body)).unwrap()).await;
    out.field("signOut");
    assert_eq!(out.headers.get(header::SET_COOKIE), None);
    page(&world, here, Some(&good), REFRESH, json!({ "input": {} })).await.field("refreshSession");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_refresh_is_that_of_its_own_token() {
    let world = World::empty().await;
    let somebody = registered(&world, "ines").await;
    let here = "https://stoa.test";
    let mut input = credentials("ines");
    input["input"]["refreshTokenIn"] = json!("COOKIE");
    let (one, _) = cookie(&page(&world, here, None, SIGN_IN, input.clone()).await.headers);
    let (two, _) = cookie(&page(&world, here, None, SIGN_IN, input).await.headers);
    let refresh = async |cookie: &str| {
        let body = json!({ "query": REFRESH, "variables": { "input": { "idempotencyKey": "k" } } }).to_string();
        let request = Request::post("/graphql").header(header::HOST, "stoa.test").header(header::ORIGIN, here);
        somebody.send(request.header(header::COOKIE, cookie).body(Body::from(body)).unwrap()).await
    };
    let first = refresh(&one).await;
    assert_eq!(refresh(&one).await.field("refreshSession"), first.field("refreshSession"));
    assert_eq!(refresh(&two).await.refusals("refreshSession"), ["CONFLICT idempotencyKey"]);
}
