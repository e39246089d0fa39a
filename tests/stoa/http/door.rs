//! Whom the service believes, who may read its answers, and who may ask for its schema.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use harness::{EventStream, Heard, Socket};
use stoa::config::Introspection;

use super::*;

const FRIEND: &str = "https://friend.test";
const STRANGER: &str = "https://stranger.test";
const SCHEMA: &str = "{ __schema { queryType { name } } }";

/// A query for which a stranger's budget of 4 units suffices once.
const DRAIN: &str = "{ __schema { queryType { name } types { name } directives { name } } }";

fn from(peer: &str, mut request: Request<Body>) -> Request<Body> {
    let peer: SocketAddr = format!("{peer}:4711").parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

async fn proxied() -> World {
    World::with(Start::Empty, |config| {
        config.budgets.anonymous_cost_budget = 4;
        config.budgets.anonymous_cost_restore = 1;
        config.door.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap(), "127.0.0.1/32".parse().unwrap()];
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_says_who_the_client_is() {
    let world = proxied().await;
    let ask = async |peer: &str, headers: &[(&'static str, &str)]| {
        let mut request = post().header("content-type", JSON).header("accept", NEWER);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Body::from(json!({ "query": DRAIN }).to_string());
        world.send(from(peer, request.body(body).unwrap())).await.status.as_u16()
    };
    const XFF: &str = "x-forwarded-for";
    assert_eq!(ask("10.0.0.1", &[(XFF, "192.0.2.1")]).await, 200);
    assert_eq!(ask("10.0.0.1", &[(XFF, "192.0.2.1")]).await, 429);
    assert_eq!(ask("10.0.0.2", &[(XFF, "203.0.113.9, 192.0.2.1")]).await, 429, "what the client says itself");
    assert_eq!(ask("10.0.0.2", &[("forwarded", "for=\"192.0.2.1:80\"")]).await, 429);
    assert_eq!(ask("192.0.2.1", &[]).await, 429, "the same without the proxy");
    assert_eq!(ask("10.0.0.1", &[(XFF, "192.0.2.2")]).await, 200);
    // A stranger who poses as a proxy pays himself.
    assert_eq!(ask("198.51.100.1", &[(XFF, "192.0.2.3")]).await, 200);
    assert_eq!(ask("198.51.100.1", &[(XFF, "192.0.2.4")]).await, 429);
    assert_eq!(ask("198.51.100.1", &[("forwarded", "for=192.0.2.5")]).await, 429);
    assert_eq!(ask("10.0.0.1", &[(XFF, "192.0.2.3")]).await, 200, "nobody has paid for that one yet");
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_and_event_streams_come_from_the_same_address() {
    let world = proxied().await;
    let here = world.listen().await;
    let forwarded = ("x-forwarded-for", "192.0.2.1");
    let ask = async |address: &str| {
        let name = ("sec-websocket-protocol", "graphql-transport-ws");
        let mut socket = Socket::request(here.address, &[name, (forwarded.0, address)]).await.ok().unwrap();
        socket.say(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.hear().await, Heard::Message(json!({ "type": "connection_ack" })));
        socket.subscribe("1", DRAIN, json!({})).await;
        socket.hear().await.message()["type"].clone()
    };
    assert_eq!(ask("192.0.2.1").await, "next");
    assert_eq!(ask("192.0.2.1").await, "error");
    let follow = async |address: &str| {
        let request = post().header("content-type", JSON).header("accept", "text/event-stream");
        let body = Body::from(json!({ "query": DRAIN }).to_string());
        let request = request.header(forwarded.0, address).body(body).unwrap();
        let mut events = EventStream::of(&world, from("127.0.0.1", request)).await;
        events.result().await["errors"][0]["extensions"]["code"].clone()
    };
    assert_eq!(follow("192.0.2.1").await, "COST_EXCEEDED");
    assert_eq!(follow("192.0.2.2").await, Value::Null);
    assert_eq!(ask("192.0.2.2").await, "error");
}

async fn friendly() -> World {
    World::with(Start::Empty, |config| {
        config.http.allowed_origins = vec![FRIEND.into()];
        config.http.body_limit = 1_000;
        config.budgets.anonymous_cost_budget = 1;
    })
    .await
}

fn preflight(path: &str, origin: &str, method: &str) -> Request<Body> {
    let request = Request::options(path).header("host", "localhost").header("origin", origin);
    let request = request.header("access-control-request-method", method);
    request.header("access-control-request-headers", "authorization,content-type").body(Body::empty()).unwrap()
}

fn cors(answer: &Answer) -> Vec<String> {
    let names = answer.headers.keys().map(|name| name.as_str().to_owned());
    names.filter(|name| name.starts_with("access-control-")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn friends_are_told_what_they_may_send() {
    let world = friendly().await;
    let answer = world.send(preflight("/graphql", FRIEND, "POST")).await;
    assert_eq!((answer.status.as_u16(), answer.bytes.len()), (204, 0));
    assert_eq!(header(&answer, "access-control-allow-origin"), FRIEND);
    assert_eq!(header(&answer, "access-control-allow-methods"), "GET, POST");
    let may = header(&answer, "access-control-allow-headers").split(", ").collect::<Vec<_>>();
    for name in ["authorization", "content-type", "accept", "if-none-match", "traceparent"] {
        assert!(may.contains(&name), "{name} in {may:?}");
    }
    assert_eq!(header(&answer, "access-control-max-age"), "7200");
    assert_eq!(header(&answer, "vary"), "Origin");
    assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
    assert_eq!(header(&answer, "access-control-allow-credentials"), "true", "with the cookie");
    for origin in [STRANGER, "null", "https://friend.test.evil.test", "http://friend.test", "https://friend.test:81"] {
        let answer = world.send(preflight("/graphql", origin, "POST")).await;
        assert_eq!((answer.status.as_u16(), answer.bytes.len()), (204, 0), "{origin}");
        assert_eq!(cors(&answer), [""; 0], "{origin}");
        assert_eq!((header(&answer, "vary"), header(&answer, "allow")), ("Origin", "GET, POST"));
    }
    // What is no preflight is a method like any other.
    for (origin, shared) in [(None, false), (Some(FRIEND), true), (Some(STRANGER), false)] {
        let mut request = Request::options("/graphql").header("host", "localhost").header("accept", NEWER);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        check_refused(&answer, 405, "BAD_REQUEST", "OPTIONS");
        assert_eq!(header(&answer, "allow"), "GET, POST");
        assert_eq!(answer.headers.contains_key("access-control-allow-origin"), shared, "{origin:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn friends_may_read_every_answer() {
    let world = friendly().await;
    let query = |query: &str| Body::from(json!({ "query": query }).to_string());
    let typed = || post().header("content-type", JSON).header("accept", NEWER);
    let large = Body::from("x".repeat(2_000));
    let subscription = "subscription { conversationEvents(conversationId: \"x\") { cursor } }";
    for (status, mut request) in [
        (200, typed().body(query(TYPENAME)).unwrap()),
        (200, get("/graphql?query=%7B__typename%7D")),
        (400, typed().body(query("{")).unwrap()),
        (401, typed().header("authorization", "Bearer x").body(query(TYPENAME)).unwrap()),
        (405, get("/graphql?query=mutation%7BsignOut(input:%7B%7D)%7BendedSessions%7D%7D")),
        (405, Request::put("/graphql").header("host", "localhost").body(Body::empty()).unwrap()),
        (406, post().header("content-type", JSON).header("accept", "text/html").body(query(TYPENAME)).unwrap()),
        (413, typed().body(large).unwrap()),
        (415, post().header("content-type", "text/plain").body(query(TYPENAME)).unwrap()),
        (429, from("192.0.2.1", typed().body(query("{ a: viewer { id } b: viewer { id } }")).unwrap())),
        (
            200,
            post()
                .header("content-type", JSON)
                .header("accept", "text/event-stream")
                .body(query(subscription))
                .unwrap(),
        ),
    ] {
        let what = format!("{status} {} {}", request.method(), request.uri());
        request.headers_mut().insert("origin", FRIEND.parse().unwrap());
        let answer = world.send(request).await;
        assert_eq!(answer.status.as_u16(), status, "{what}");
        assert_eq!(header(&answer, "access-control-allow-origin"), FRIEND, "{what}");
        assert_eq!(header(&answer, "vary"), "Accept, Authorization, Origin", "{what}");
        let shown = header(&answer, "access-control-expose-headers").split(", ").collect::<Vec<_>>();
        for name in ["etag", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id"] {
            assert!(shown.contains(&name), "{name} in {shown:?}");
        }
        assert_eq!(header(&answer, "access-control-allow-credentials"), "true", "{what}");
    }
    let health = Request::get("/healthz").header("origin", FRIEND).body(Body::empty()).unwrap();
    assert_eq!(cors(&world.send(health).await), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_answered_and_their_pages_read_nothing() {
    let world = friendly().await;
    let ines = world.member("ines").await;
    let before = world.fingerprint().await;
    let asked = |media: &str, query: &str| {
        let request = post().header("content-type", media).header("accept", NEWER).header("origin", STRANGER);
        request.body(Body::from(json!({ "query": query }).to_string())).unwrap()
    };
    let answer = ines.send(asked(JSON, "{ viewer { username } }")).await;
    assert_eq!((answer.field("viewer")["username"].as_str(), cors(&answer)), (Some("ines"), Vec::new()));
    // What a page can send without a preflight changes nothing.
    let create = "mutation { createConversation(input: {}) { conversation { id } } }";
    for media in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let answer = ines.send(asked(media, create)).await;
        assert_eq!((answer.status.as_u16(), cors(&answer)), (415, Vec::new()), "{media}");
    }
    assert_eq!(world.fingerprint().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bundle_is_for_every_page() {
    let world = World::empty().await;
    let mut request = get("/schema");
    request.headers_mut().insert("origin", STRANGER.parse().unwrap());
    let index = world.send(request).await;
    assert_eq!(header(&index, "access-control-allow-origin"), "*");
    assert!(header(&index, "access-control-expose-headers").contains("etag"));
    let url = index.body["files"][0]["url"].as_str().unwrap();
    assert_eq!(header(&world.send(get(url)).await, "access-control-allow-origin"), "*", "caches share it");
    let answer = world.send(preflight(url, STRANGER, "GET")).await;
    assert_eq!((answer.status.as_u16(), header(&answer, "access-control-allow-methods")), (204, "GET"));
    assert!(header(&answer, "access-control-allow-headers").contains("if-none-match"));
}

#[tokio::test(flavor = "multi_thread")]
async fn introspection_is_for_whom_the_setting_says() {
    for (rule, nobody, ines_may) in [
        (Introspection::Open, true, true),
        (Introspection::SignedIn, false, true),
        (Introspection::Closed, false, false),
    ] {
        let world = World::with(Start::Empty, |config| config.door.introspection = rule).await;
        let here = world.listen().await;
        let ines = world.member("ines").await;
        for (person, may) in [(&world.anonymous(), nobody), (&ines, ines_may)] {
            let mut socket = Socket::open(here.address, person.token.as_deref()).await;
            for document in [
                SCHEMA,
                "{ __type(name: \"User\") { name } }",
                "{ viewer { id } a: __schema { description } }",
                "{ ...F } fragment F on Query { ... on Query { __type(name: \"User\") { name } } }",
                "query($no: Boolean = false) { __typename __schema @include(if: $no) { description } }",
            ] {
                let what = format!("{rule:?} {document}");
                let answer = person.run(document, json!({})).await;
                let mut events = person.follow(document, json!({})).await;
                let event = events.result().await;
                socket.subscribe("1", document, json!({})).await;
                let message = socket.hear().await.message();
                if may {
                    answer.data();
                    assert!(event.get("errors").is_none(), "{what}: {event:#}");
                    assert_eq!(message["type"], "next", "{what}");
                    assert_eq!(socket.hear().await.message()["type"], "complete");
                    continue;
                }
                assert_eq!((answer.status.as_u16(), answer.codes()), (403, vec!["FORBIDDEN"]), "{what}");
                assert_eq!((answer.body.get("data"), answer.body.get("extensions")), (None, None), "{what}");
                assert_eq!((&event["errors"][0]["extensions"]["code"], event.get("data")), (&json!("FORBIDDEN"), None));
                assert_eq!(message["type"], "error", "{what}");
                assert_eq!(message["payload"][0]["extensions"]["code"], "FORBIDDEN", "{what}");
            }
            // The name of a type is no introspection.
            person.run("{ __typename viewer { __typename } }", json!({})).await.data();
            let body = json!({ "query": SCHEMA, "extensions": { "dryRun": true } }).to_string();
            let priced = person.send(Request::post("/graphql").body(Body::from(body)).unwrap()).await;
            assert_eq!(priced.status == 200, may, "{rule:?}");
        }
        // Who is unknown is told that first.
        let bad = ines.with_token("nonsense").run(SCHEMA, json!({})).await;
        assert_eq!((bad.status.as_u16(), bad.code()), (401, "UNAUTHENTICATED"));
        // The bundle is open in any case.
        let index = world.send(get("/schema")).await;
        let files = index.body["files"].as_array().unwrap();
        let file = files.iter().find(|file| file["name"] == "introspection.json").unwrap();
        let answer = world.send(get(file["url"].as_str().unwrap())).await;
        assert_eq!(answer.body["data"]["__schema"]["queryType"]["name"], "Query");
    }
}
