//! The protocol `graphql-transport-ws`, frame by frame.

use std::time::{Duration, Instant};

use harness::{Heard, Socket, Start, World};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{BARE, EVENTS, append, beginning, conversation, event, follow};

const VIEWER: &str = "{ viewer { username } }";

/// Says these messages on a fresh socket and tells how it ends.
async fn close_after(world: &harness::Listening, frames: Vec<Message>) -> u16 {
    let mut socket = Socket::connect(world.address).await;
    for frame in frames {
        socket.frame(frame).await;
    }
    loop {
        match socket.hear().await {
            Heard::Closed(code) => return code,
            Heard::Message(message) => {
                assert!(["connection_ack", "next", "pong"].contains(&message["type"].as_str().unwrap()))
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_has_its_code() {
    let world = World::empty().await;
    let here = world.listen().await;
    let owner = world.member("owner").await;
    let ended = world.member("ended").await;
    ended.run("mutation { signOut(input: {}) { userErrors { code } } }", json!({})).await.field("signOut");
    let talk = conversation(&owner).await;
    let text = |message: Value| Message::text(message.to_string());
    let init = |token: Option<&str>| {
        let payload = token.map(|token| json!({ "Authorization": format!("bearer {token}") }));
        text(json!({ "type": "connection_init", "payload": payload }))
    };
    let subscribe = |id: &str| {
        let payload = json!({ "query": BARE, "variables": { "id": talk } });
        text(json!({ "id": id, "type": "subscribe", "payload": payload }))
    };
    let token = owner.token.as_deref();
    let renewal =
        |token: &str| text(json!({ "type": "ping", "payload": { "authorization": format!("Bearer {token}") } }));
    for (name, code, frames) in [
        ("not JSON", 4400, vec![Message::text("{")]),
        ("unknown type", 4400, vec![text(json!({ "type": "start", "id": "1" }))]),
        ("binary", 4400, vec![Message::binary(b"{\"type\":\"ping\"}".to_vec())]),
        ("no query", 4400, vec![init(token), text(json!({ "id": "1", "type": "subscribe", "payload": {} }))]),
        ("no id", 4400, vec![init(token), text(json!({ "type": "subscribe", "payload": { "query": VIEWER } }))]),
        ("a payload that is none", 4400, vec![text(json!({ "type": "connection_init", "payload": 1 }))]),
        ("subscribe first", 4401, vec![subscribe("1")]),
        ("renewal first", 4401, vec![renewal("x")]),
        ("bad token", 4403, vec![init(Some("nonsense"))]),
        ("token of an ended session", 4403, vec![init(ended.token.as_deref())]),
        ("bad renewal", 4403, vec![init(token), renewal("nonsense")]),
        (
            "somebody else's renewal",
            4403,
            vec![init(token), renewal(world.member("other").await.token.as_deref().unwrap())],
        ),
        ("id in use", 4409, vec![init(token), subscribe("1"), subscribe("1")]),
        ("init twice", 4429, vec![init(token), init(token)]),
        ("init twice at once", 4429, vec![init(None), init(None)]),
        ("too large", 1009, vec![init(token), Message::text(" ".repeat(300_000))]),
    ] {
        assert_eq!(close_after(&here, frames).await, code, "{name}");
    }
    // Silence.
    let began = Instant::now();
    assert_eq!(close_after(&here, vec![text(json!({ "type": "ping" }))]).await.min(4408), 4408);
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handshake_is_particular() {
    let world =
        World::with(Start::Empty, |config| config.http.allowed_origins = vec!["https://friend.test".into()]).await;
    let here = world.listen().await;
    const NAME: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");
    let own = format!("http://{}", here.address);
    for (headers, expected) in [
        (vec![NAME], Ok(())),
        (vec![("sec-websocket-protocol", "graphql-ws, graphql-transport-ws")], Ok(())),
        (vec![NAME, ("origin", own.as_str())], Ok(())),
        (vec![NAME, ("origin", "https://friend.test")], Ok(())),
        (vec![NAME, ("origin", "https://stranger.test")], Err(403)),
        (vec![NAME, ("origin", "null")], Err(403)),
        (vec![NAME, ("sec-websocket-version", "8")], Err(400)),
    ] {
        let answer = Socket::request(here.address, &headers).await.map(|_| ());
        assert_eq!(answer, expected, "{headers:?}");
    }
    // A client that does not offer the protocol is told so in the way that browsers can see.
    let mut socket = Socket::request(here.address, &[]).await.ok().unwrap();
    assert_eq!(socket.hear().await, Heard::Closed(4406));
    // One that is no browser may bring its credential with the handshake.
    let owner = world.member("owner").await;
    let bearer = format!("Bearer {}", owner.token.as_deref().unwrap());
    let mut socket = Socket::request(here.address, &[NAME, ("authorization", &bearer)]).await.ok().unwrap();
    socket.say(json!({ "type": "connection_init" })).await;
    socket.hear().await.message();
    socket.subscribe("1", VIEWER, json!({})).await;
    assert_eq!(socket.hear().await.message()["payload"]["data"]["viewer"]["username"], "owner");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_runs_over_a_socket() {
    let world = World::empty().await;
    let here = world.listen().await;
    let owner = world.member("owner").await;
    let mut socket = Socket::connect(here.address).await;
    // Before the acknowledgement, too, a ping is answered.
    socket.say(json!({ "type": "ping", "payload": { "at": 1 } })).await;
    assert_eq!(socket.hear().await.message(), json!({ "type": "pong", "payload": { "at": 1 } }));
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.hear().await.message(), json!({ "type": "connection_ack" }));
    socket.subscribe("q", "{ __typename roles { totalCount } }", json!({})).await;
    let message = socket.hear().await.message();
    assert_eq!(message["type"], "next", "{message:#}");
    assert_eq!(message["payload"]["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{message:#}");
    assert!(message["payload"]["errors"][0]["extensions"]["requestId"].is_string());
    assert_eq!(socket.hear().await.message(), json!({ "id": "q", "type": "complete" }));
    // Signed in from here on; the answer does not repeat the credential.
    let bearer = format!("Bearer {}", owner.token.as_deref().unwrap());
    socket.say(json!({ "type": "ping", "payload": { "authorization": bearer } })).await;
    assert_eq!(socket.hear().await.message(), json!({ "type": "pong" }));
    let create = "mutation { createConversation(input: { title: \"By socket\" }) { conversation { title } userErrors { code } } }";
    socket.subscribe("q", create, json!({})).await;
    let message = socket.hear().await.message();
    assert_eq!(message["payload"]["data"]["createConversation"]["conversation"]["title"], "By socket", "{message:#}");
    assert_eq!(socket.hear().await.message()["type"], "complete");
    // Faults of the request are `error`, with our codes, and the socket stays.
    for (query, code) in [
        ("{", "PARSE_FAILED"),
        ("{ nonsense }", "VALIDATION_FAILED"),
        ("query($id: ID!) { node(id: $id) { id } }", "VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "BAD_REQUEST"),
        (
            "subscription { a: conversationEvents(conversationId: \"x\") { cursor } b: conversationEvents(conversationId: \"x\") { cursor } }",
            "VALIDATION_FAILED",
        ),
    ] {
        socket.subscribe("q", query, json!({})).await;
        let message = socket.hear().await.message();
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("q")), "{message:#}");
        assert_eq!(message["payload"][0]["extensions"]["code"], code, "{message:#}");
        assert!(message["payload"][0]["extensions"]["requestId"].as_str().unwrap().starts_with("req_"));
    }
    let doubling: String =
        (0..30).map(|at| format!(" fragment F{at} on Query {{ ...F{} ...F{} }}", at + 1, at + 1)).collect();
    socket.subscribe("q", &format!("{{ ...F0 }}{doubling} fragment F30 on Query {{ __typename }}"), json!({})).await;
    assert_eq!(socket.hear().await.message()["payload"][0]["extensions"]["code"], "LIMIT_EXCEEDED");
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_run_side_by_side_up_to_a_limit() {
    let world = World::with(Start::Empty, |config| config.http.socket_operation_limit = 3).await;
    let here = world.listen().await;
    let owner = world.member("owner").await;
    let talk = conversation(&owner).await;
    let mut socket = Socket::open(here.address, owner.token.as_deref()).await;
    for id in ["1", "2", "3", "4"] {
        socket.subscribe(id, BARE, json!({ "id": talk, "after": beginning(&talk) })).await;
    }
    let refusal = socket.hear().await.message();
    assert_eq!((&refusal["id"], &refusal["type"]), (&json!("4"), &json!("error")));
    assert_eq!(refusal["payload"][0]["extensions"]["code"], "LIMIT_EXCEEDED");
    socket.say(json!({ "id": "2", "type": "complete" })).await;
    socket.say(json!({ "id": "unknown", "type": "complete" })).await;
    socket.subscribe("2", VIEWER, json!({})).await;
    let (answer, end) = (socket.hear().await.message(), socket.hear().await.message());
    assert_eq!((&answer["type"], &end["type"]), (&json!("next"), &json!("complete")), "{answer:#}");
    append(&owner, &talk, "for the two that are left").await;
    let mut told = [socket.hear().await.message()["id"].clone(), socket.hear().await.message()["id"].clone()];
    told.sort_by_key(Value::to_string);
    assert_eq!(told, ["1", "3"]);
    assert_eq!(socket.hear_within(Duration::from_millis(100)).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_with_its_token_unless_renewed() {
    let world = World::with(Start::Empty, |config| config.auth.access_token_lifetime = 2).await;
    let here = world.listen().await;
    let owner = world.member("owner").await;
    let mut left = Socket::open(here.address, owner.token.as_deref()).await;
    let mut renewed = Socket::open(here.address, owner.token.as_deref()).await;
    let began = Instant::now();
    let renewal = async {
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let bearer = format!("Bearer {}", owner.token.as_deref().unwrap());
            renewed.say(json!({ "type": "ping", "payload": { "authorization": bearer } })).await;
            assert_eq!(renewed.hear().await.message(), json!({ "type": "pong" }));
        }
    };
    let end = async { (left.hear().await, began.elapsed()) };
    let (end, ()) = tokio::join!(end, renewal);
    assert_eq!(end.0, Heard::Closed(4403));
    assert!((1_500..3_500).contains(&end.1.as_millis()), "{:?}", end.1);
    assert_eq!(renewed.hear().await, Heard::Closed(4403));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_holds_up_nobody_and_nothing_grows() {
    let world = World::empty().await;
    let here = world.listen().await;
    let owner = world.member("owner").await;
    let talk = conversation(&owner).await;
    let long = "x".repeat(150_000);
    for _ in 0..200 {
        append(&owner, &talk, &long).await;
    }
    let mut slow = Socket::open(here.address, owner.token.as_deref()).await;
    let before = world.statements();
    follow(&mut slow, &talk).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let read = world.statements() - before;
    // 30 MB are waiting; what fits into the sockets' buffers and the eight places of the queue has been read, no more.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let grown = world.statements() - before - read;
    assert!(grown < 20, "{read} statements at first, then {grown} more for somebody who does not read");
    let began = Instant::now();
    let mut quick = Socket::open(here.address, owner.token.as_deref()).await;
    quick.subscribe("1", VIEWER, json!({})).await;
    quick.hear().await.message();
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    for at in 0..200 {
        let heard = slow.hear().await.message();
        assert_eq!(event(&heard)["kind"], "MESSAGE_ADDED", "{at}");
    }
    eprintln!("statements for the slow reader: {read} at first, {grown} later");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_says_goodbye() {
    let world = World::empty().await;
    let here = world.listen().await;
    let owner = world.member("owner").await;
    let talk = conversation(&owner).await;
    let mut socket = Socket::open(here.address, owner.token.as_deref()).await;
    socket.subscribe("1", EVENTS, json!({ "id": talk })).await;
    let mut stream = owner.follow(EVENTS, json!({ "id": talk })).await;
    here.stop();
    assert_eq!(socket.hear().await, Heard::Closed(1001));
    assert_eq!(stream.next().await, None, "cut off, not completed");
    tokio::time::timeout(Duration::from_secs(3), here.end()).await.expect("nothing is left to wait for");
}
