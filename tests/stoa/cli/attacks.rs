//! The known attacks against the real program, and what they do to its memory.

use std::net::SocketAddr;

use futures_util::future::join_all;
use harness::{Heard, Socket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::attacks::documents;

/// What all of them together may add to the memory at its highest, in kilobytes. They add some 60,000; one document of
/// fragments that double through 21 levels, written out, takes 450,000.
const GROWTH: u64 = 128 << 10;

/// The highest resident memory of a process so far, in kilobytes.
fn peak(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

async fn connect(address: SocketAddr) -> tokio::net::TcpStream {
    tokio::net::TcpStream::connect(address).await.unwrap()
}

/// What comes back for these bytes until the other side closes; it may do so before it has read them all.
async fn talk(address: SocketAddr, head: &str, part: &[u8], times: usize) -> String {
    let mut stream = connect(address).await;
    let (mut read, mut write) = stream.split();
    let say = async {
        let _ = write.write_all(head.as_bytes()).await;
        for _ in 0..times {
            if write.write_all(part).await.is_err() {
                break;
            }
        }
    };
    let mut bytes = Vec::new();
    let hear = async {
        let mut buffer = [0; 4_096];
        while let Ok(more @ 1..) = read.read(&mut buffer).await {
            bytes.extend_from_slice(&buffer[..more]);
        }
    };
    tokio::time::timeout(PATIENCE, futures_util::future::join(say, hear)).await.expect("it stays open");
    String::from_utf8_lossy(&bytes).into_owned()
}

const HEAD: &str = "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";

async fn post(address: SocketAddr, body: &str) -> String {
    talk(address, &format!("{HEAD}Content-Length: {}\r\n\r\n", body.len()), body.as_bytes(), 1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn attacks_leave_the_memory_as_it_was() {
    let world = World::empty().await;
    let place = Place::new("attacks");
    let mut command = place.command(&["serve"]);
    use_database(&mut command, &world);
    command.args(["--connection-limit", "3000", "--header-timeout", "3", "--request-timeout", "3"]);
    let service = Service::start(&place, command);
    let address: SocketAddr = service.address.parse().unwrap();
    let pid = service.child.0.id();
    let hello = json!({ "query": "{ viewer { id } }" }).to_string();
    for _ in 0..20 {
        assert!(post(address, &hello).await.starts_with("HTTP/1.1 200"));
    }
    let before = peak(pid);
    let so_far = |what: &str| eprintln!("{what}: {} kB more than {before} kB", peak(pid) - before);

    // Documents, many at a time, by request and on sockets.
    for (name, query, variables, code) in documents() {
        let body = json!({ "query": query, "variables": variables }).to_string();
        for answer in join_all((0..20).map(|_| post(address, &body))).await {
            assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{name}: {answer}");
        }
        let mut socket = Socket::open(address, None).await;
        for id in 0..20 {
            socket.subscribe(&id.to_string(), &query, variables.clone()).await;
        }
        for _ in 0..20 {
            let message = socket.hear().await.message();
            assert_eq!(message["payload"][0]["extensions"]["code"], code, "{name}: {message}");
        }
        so_far(name);
    }

    // Bodies.
    let megabyte = vec![b' '; 1 << 20];
    let announced = talk(address, &format!("{HEAD}Content-Length: 52428800\r\n\r\n"), &megabyte, 50).await;
    let chunk = [b"100000\r\n", megabyte.as_slice(), b"\r\n"].concat();
    let chunked = talk(address, &format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n"), &chunk, 50).await;
    for answer in [announced, chunked] {
        // Who is still sending when the connection closes may not get to read why.
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
    let deep = format!("{{\"query\":\"{{__typename}}\",\"variables\":{}", "[".repeat(200_000));
    assert!(post(address, &deep).await.starts_with("HTTP/1.1 400"));
    let wide = json!({ "query": "query($ids:[ID!]!){nodes(ids:$ids){id}}", "variables": { "ids": vec![0; 120_000] } });
    assert!(post(address, &wide.to_string()).await.contains("LIMIT_EXCEEDED"));
    let mut socket = Socket::open(address, None).await;
    socket.frame(tokio_tungstenite::tungstenite::Message::text(" ".repeat(50 << 20))).await;
    assert!(matches!(socket.hear().await, Heard::Closed(1009 | 1006)));
    so_far("bodies");

    // Connections that say nothing, a part of a head, a part of a body.
    let half = format!("{HEAD}Content-Length: 200000\r\n\r\n{{");
    let beginnings = ["", "POST /graphql HTTP/1.1\r\nHost: x\r\nX-", half.as_str()];
    let mut idle = Vec::new();
    for (begin, hundreds) in beginnings.into_iter().zip([10, 3, 3]) {
        for _ in 0..hundreds {
            let connections = (0..100).map(|_| async move {
                let mut stream = connect(address).await;
                stream.write_all(begin.as_bytes()).await.unwrap();
                stream
            });
            idle.extend(join_all(connections).await);
            assert!(post(address, &hello).await.starts_with("HTTP/1.1 200"), "everybody else is served");
        }
    }
    so_far("1,600 connections");
    let ends = join_all(idle.into_iter().map(|mut stream| async move {
        let mut bytes = Vec::new();
        // A reset is an end, too.
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("it stays open");
    }));
    ends.await;

    let grown = peak(pid) - before;
    assert!(grown < GROWTH, "{grown} kB more than {before} kB");
    assert!(post(address, &hello).await.starts_with("HTTP/1.1 200"));
    service.stop();
}
