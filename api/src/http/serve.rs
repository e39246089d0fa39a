//! The accept loop: what a connection may cost before it has said anything.
//!
//! A client has to send the head of a request in time, also on a connection that is kept alive, and to take what is sent to
//! it; there are so many connections and no more, sockets and event streams included; nothing waits for the other side's acknowledgement of
//! small packets. On a stop the listener closes, running requests end, sockets and streams are told.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Extension, Request, State};
use axum::http::Method;
use axum::response::Response;
use futures_util::future::Either;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

use super::{GRAPHQL, RequestId, Server, around, graphql, router, stopped};
use crate::telemetry::Open;

/// After the system has refused a connection: usually there are no file descriptors left.
const REFUSED: Duration = Duration::from_millis(100);

/// What the system takes of an answer ahead of its reader, about twice this. It takes more only when a third has left, so
/// the less it holds, the sooner a slow reader is seen to read: here some kilobytes a second are enough. By itself it would
/// hold megabytes for each connection.
const AHEAD: usize = 128 << 10;

/// What is said to those for whom there is no room.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// A connection's place among those that may be open. Whoever outlives the HTTP side of it, as a socket does, keeps it.
#[derive(Clone)]
pub struct Guest(#[allow(dead_code, reason = "it is held, not read")] Arc<(OwnedSemaphorePermit, Open)>);

/// Serves until `stop` turns true, then lets running requests end, for `drain` at the longest.
pub async fn serve(
    listener: TcpListener,
    server: Arc<Server>,
    mut stop: watch::Receiver<bool>,
    drain: Duration,
) -> anyhow::Result<()> {
    let router = router(server.clone());
    let all = server.connection_limit;
    let places = Arc::new(Semaphore::new(all as usize));
    loop {
        tokio::select! {
            () = stopped(&mut stop) => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match places.clone().try_acquire_owned() {
                    Ok(place) => {
                        let open = server.app.metrics.connection();
                        welcome(stream, peer, Guest(Arc::new((place, open))), &router, &server);
                    }
                    Err(_) => {
                        server.app.metrics.turned_away();
                        turn_away(stream);
                    }
                },
                Err(cause) => {
                    tracing::warn!(%cause, "a connection could not be accepted");
                    tokio::time::sleep(REFUSED).await;
                }
            },
        }
    }
    drop(listener);
    server.stop.send_replace(true);
    // When every place is free again, every connection and every socket has ended.
    if tokio::time::timeout(drain, places.acquire_many(all)).await.is_err() {
        tracing::warn!("requests were still running when the drain time was over");
    }
    Ok(())
}

fn welcome(stream: TcpStream, peer: SocketAddr, guest: Guest, router: &Router, server: &Arc<Server>) {
    // A connection that is gone already shows below.
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(&stream).set_send_buffer_size(AHEAD);
    let inner = TowerToHyperService::new(router.clone());
    let held = guest.clone();
    let direct = server.clone();
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(guest.clone());
        // What nearly everybody asks does not take the way by the router, which costs as much as a small answer.
        match request.method() == Method::POST && request.uri().path() == GRAPHQL {
            true => Either::Left(operation(direct.clone(), request.map(Body::new))),
            false => Either::Right(inner.call(request)),
        }
    });
    // Whoever takes nothing of what is sent is gone, also on a socket or an event stream.
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(server.write_timeout));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(server.header_timeout)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
        .with_upgrades();
    let mut stop = server.stop.subscribe();
    tokio::spawn(async move {
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopped(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        // Clients leave as they like; what went wrong on a request is in its own line.
        if let Err(cause) = ended {
            tracing::debug!(%cause, "a connection ended early");
        }
        drop(held);
    });
}

/// What the router does with an operation by POST.
async fn operation(server: Arc<Server>, request: Request) -> Result<Response, Infallible> {
    let run = async |request: Request| {
        let id = request.extensions().get::<RequestId>().cloned().unwrap_or_else(RequestId::fresh);
        // A box, so that what is around it stays small: all of that is moved several times.
        Box::pin(graphql::post(State(server.clone()), Extension(id), request)).await
    };
    Ok(around::surrounded(&server, request, Some(GRAPHQL), run).await)
}

fn turn_away(mut stream: TcpStream) {
    tokio::spawn(async move {
        // Who does not take even that gets nothing.
        let _ = tokio::time::timeout(REFUSED, stream.write_all(FULL)).await;
    });
}
