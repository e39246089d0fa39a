//! Who asks and does not read: whatever the transport, the connection ends, and what it held is free.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use harness::{Listening, Person, Start, World};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::{EVENTS, append, beginning, conversation};

const MESSAGES: &str = "query($id: ID!) { conversation(id: $id) { messages(first: 100) { nodes { content } } } }";

/// A conversation of 12 MB, more than the buffers of both ends hold.
async fn long(owner: &Person<'_>) -> String {
    let talk = conversation(owner).await;
    let text = "x".repeat(150_000);
    for _ in 0..80 {
        append(owner, &talk, &text).await;
    }
    talk
}

/// One connection and no more; nobody waits long for a reader.
async fn narrow() -> World {
    World::with(Start::Empty, |config| {
        config.http.connection_limit = 1;
        config.door.write_timeout = 1;
    })
    .await
}

/// A connection that takes little.
async fn connect(here: &Listening) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.connect(here.address).await.unwrap()
}

async fn post(here: &Listening, person: &Person<'_>, accept: &str, body: &str) -> TcpStream {
    let mut stream = connect(here).await;
    let token = person.token.as_deref().unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: {accept}\r\n\
         Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// The status that somebody else gets.
async fn health(here: &Listening) -> Option<StatusCode> {
    let mut stream = TcpStream::connect(here.address).await.unwrap();
    let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    let mut bytes = Vec::new();
    // A reset after the answer is an end, too.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).split(' ').nth(1)?.parse().ok()
}

/// Waits until the one place is free again; the one who holds it reads nothing meanwhile.
async fn until_free(here: &Listening) {
    let began = Instant::now();
    while health(here).await != Some(StatusCode::OK) {
        assert!(began.elapsed() < harness::PATIENCE, "the place is never free");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Reads the first bytes, so that the answer has begun, and sees that the place is taken.
async fn begins(here: &Listening, stream: &mut TcpStream) {
    let mut head = [0; 15];
    tokio::time::timeout(harness::PATIENCE, stream.read_exact(&mut head)).await.expect("no answer").unwrap();
    assert!(head.starts_with(b"HTTP/1.1 "), "{head:?}");
    assert_eq!(health(here).await, Some(StatusCode::SERVICE_UNAVAILABLE));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_reads_is_given_up() {
    let world = narrow().await;
    let here = world.listen().await;
    let owner = world.member("owner").await;
    let talk = long(&owner).await;
    let body = json!({ "query": MESSAGES, "variables": { "id": talk } }).to_string();
    let mut unread = post(&here, &owner, "application/json", &body).await;
    begins(&here, &mut unread).await;
    until_free(&here).await;
    drop(unread);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_slowly_gets_everything() {
    let world = narrow().await;
    let here = world.listen().await;
    let owner = world.member("owner").await;
    let talk = long(&owner).await;
    let body = json!({ "query": MESSAGES, "variables": { "id": talk } }).to_string();
    let mut slow = post(&here, &owner, "application/json", &body).await;
    let (mut part, mut read, began) = (vec![0; 50_000], 0, Instant::now());
    // Longer than the limit altogether, but there is always some progress: at first half a megabyte a second.
    while read < 12_000_000 {
        match slow.read(&mut part).await.unwrap() {
            0 => panic!("cut off after {read} bytes and {:?}", began.elapsed()),
            more => read += more,
        }
        let due = Duration::from_secs(3).mul_f64(read as f64 / 1_500_000.0).min(Duration::from_secs(3));
        tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
    }
    assert!(began.elapsed() >= Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_stream_that_nobody_reads_ends() {
    let world = narrow().await;
    let here = world.listen().await;
    let owner = world.member("owner").await;
    let talk = long(&owner).await;
    let variables = json!({ "id": talk, "after": beginning(&talk) });
    let body = json!({ "query": EVENTS, "variables": variables }).to_string();
    let mut unread = post(&here, &owner, "text/event-stream", &body).await;
    begins(&here, &mut unread).await;
    until_free(&here).await;
    nothing_reads_on(&world, &owner, &talk).await;
    drop(unread);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_nobody_reads_ends() {
    let world = narrow().await;
    let here = world.listen().await;
    let owner = world.member("owner").await;
    let talk = long(&owner).await;
    let mut unread = connect(&here).await;
    let head = "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                Sec-WebSocket-Protocol: graphql-transport-ws\r\n";
    let bearer = format!("Authorization: Bearer {}\r\n\r\n", owner.token.as_deref().unwrap());
    unread.write_all(format!("{head}{bearer}").as_bytes()).await.unwrap();
    begins(&here, &mut unread).await;
    let payload = json!({ "query": EVENTS, "variables": { "id": talk, "after": beginning(&talk) } });
    for message in [json!({ "type": "connection_init" }), json!({ "id": "1", "type": "subscribe", "payload": payload })]
    {
        unread.write_all(&frame(&message.to_string())).await.unwrap();
    }
    until_free(&here).await;
    nothing_reads_on(&world, &owner, &talk).await;
    drop(unread);
}

/// A text as the frame of a client; the mask is that of zeros.
fn frame(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    [&[0x81, 0x80 | 126][..], &length, &[0; 4], text.as_bytes()].concat()
}

/// What is written now makes no statement but those of who writes it: nobody follows any more.
async fn nothing_reads_on(world: &World, owner: &Person<'_>, talk: &str) {
    let statements = async || {
        let before = world.statements();
        append(owner, talk, "after the end").await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        world.statements() - before
    };
    let quiet = World::empty().await;
    let somebody = quiet.member("owner").await;
    let talk = conversation(&somebody).await;
    let before = quiet.statements();
    append(&somebody, &talk, "nobody ever followed").await;
    assert_eq!(statements().await, quiet.statements() - before);
}
