//! Connections that say nothing, too little, or are too many.

use std::time::{Duration, Instant};

use harness::{Listening, Socket, Start, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn connect(here: &Listening) -> TcpStream {
    TcpStream::connect(here.address).await.unwrap()
}

/// What comes until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end, too.
    let _ = tokio::time::timeout(harness::PATIENCE, stream.read_to_end(&mut bytes)).await.expect("it stays open");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dawdles_is_shown_out() {
    let world = World::with(Start::Empty, |config| {
        config.http.header_timeout = 1;
        config.http.request_timeout = 2;
    })
    .await;
    let here = world.listen().await;
    let began = Instant::now();
    let mut silent = connect(&here).await;
    let mut slow = connect(&here).await;
    slow.write_all(b"POST /graphql HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    let mut idle = connect(&here).await;
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut half = connect(&here).await;
    let head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    half.write_all(head).await.unwrap();
    let drip = async {
        // A byte now and then does not help.
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            if slow.write_all(b"X").await.is_err() {
                break;
            }
        }
        rest(&mut slow).await
    };
    let (_, dripped, idle, half) = tokio::join!(rest(&mut silent), drip, rest(&mut idle), rest(&mut half));
    assert!(!dripped.contains("200 OK"), "{dripped}");
    assert!(idle.starts_with("HTTP/1.1 200 OK"), "{idle}");
    assert!(half.starts_with("HTTP/1.1 408 Request Timeout"), "{half}");
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_so_many_connections_and_no_more() {
    let world = World::with(Start::Empty, |config| config.http.connection_limit = 3).await;
    let here = world.listen().await;
    let socket = Socket::open(here.address, None).await;
    let (first, second) = (connect(&here).await, connect(&here).await);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut third = connect(&here).await;
    let said = rest(&mut third).await;
    assert!(said.starts_with("HTTP/1.1 503 Service Unavailable"), "{said}");
    assert!(said.to_lowercase().contains("retry-after"), "{said}");
    // A socket has kept its place, and gives it back.
    drop((first, second, socket));
    let there_is_room = async {
        loop {
            let mut next = connect(&here).await;
            let _ = next.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
            if rest(&mut next).await.starts_with("HTTP/1.1 200 OK") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(harness::PATIENCE, there_is_room).await.expect("the places are free again");
    assert!(Socket::request(here.address, &[("sec-websocket-protocol", "graphql-transport-ws")]).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_handshakes_leave_nothing_behind() {
    let world = World::with(Start::Empty, |config| config.http.connection_limit = 50).await;
    let here = world.listen().await;
    for _ in 0..20 {
        let sockets: Vec<_> = (0..50)
            .map(|_| Socket::request(here.address, &[("sec-websocket-protocol", "graphql-transport-ws")]))
            .collect();
        for socket in futures_util::future::join_all(sockets).await {
            // Some come before the last ones have left.
            assert!(matches!(socket, Ok(_) | Err(503)));
        }
    }
    tokio::time::timeout(Duration::from_secs(5), here.end()).await.expect("all of them have gone");
}
