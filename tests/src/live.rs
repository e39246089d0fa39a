//! What stays open: a real listener, sockets, event streams.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{Request, Response};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use stoa::http;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tower::ServiceExt;

use crate::World;

/// Longer than anything that is meant to happen takes.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A world that listens on a port of the loopback.
pub struct Listening {
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    served: JoinHandle<()>,
}

impl World {
    /// Serves on a port that is free.
    pub async fn listen(&self) -> Listening {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let server = self.server.clone();
        let served = tokio::spawn(async move {
            http::serve(listener, server, stopped, Duration::from_secs(5)).await.unwrap();
        });
        Listening { address, stop, served }
    }
}

impl Listening {
    /// Says stop; [`Listening::end`] waits for what comes of it.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Stops and waits until everything has ended.
    pub async fn end(self) {
        self.stop();
        self.served.await.unwrap();
    }
}

/// What a socket brought.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Message(Value),
    /// The close code; 1006 if the connection ended without one.
    Closed(u16),
}

impl Heard {
    /// The message.
    #[track_caller]
    pub fn message(self) -> Value {
        match self {
            Self::Message(message) => message,
            Self::Closed(code) => panic!("closed with {code}"),
        }
    }
}

/// A client of `graphql-transport-ws`, frame by frame.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// The bare socket.
    pub async fn connect(address: SocketAddr) -> Self {
        Self::request(address, &[("sec-websocket-protocol", "graphql-transport-ws")]).await.unwrap()
    }

    /// The socket with these headers; the status if the handshake is refused.
    pub async fn request(address: SocketAddr, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// A socket that was acknowledged.
    pub async fn open(address: SocketAddr, token: Option<&str>) -> Self {
        let mut socket = Self::connect(address).await;
        let payload = token.map(|token| json!({ "authorization": format!("Bearer {token}") }));
        socket.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.hear().await, Heard::Message(json!({ "type": "connection_ack" })));
        socket
    }

    pub async fn say(&mut self, message: Value) {
        self.frame(Message::text(message.to_string())).await;
    }

    pub async fn frame(&mut self, frame: Message) {
        // A socket that was closed meanwhile tells so when it is read.
        let _ = self.stream.send(frame).await;
    }

    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(json!({ "id": id, "type": "subscribe", "payload": payload })).await;
    }

    /// The next message, or how the socket ended.
    pub async fn hear(&mut self) -> Heard {
        tokio::time::timeout(PATIENCE, self.read()).await.expect("nothing came")
    }

    /// Nothing if nothing comes for so long.
    pub async fn hear_within(&mut self, time: Duration) -> Option<Heard> {
        tokio::time::timeout(time, self.read()).await.ok()
    }

    async fn read(&mut self) -> Heard {
        loop {
            return match self.stream.next().await {
                Some(Ok(Message::Text(text))) => Heard::Message(serde_json::from_str(text.as_str()).unwrap()),
                Some(Ok(Message::Close(frame))) => Heard::Closed(frame.map_or(1005, |frame| frame.code.into())),
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => Heard::Closed(1006),
            };
        }
    }
}

/// Server-sent events as they arrive.
pub struct EventStream {
    pub status: u16,
    pub content_type: String,
    body: BodyDataStream,
    read: String,
}

impl EventStream {
    /// The answer to a request, as it is.
    pub async fn of(world: &World, request: Request<Body>) -> Self {
        Self::new(world.router.clone().oneshot(request).await.unwrap())
    }

    pub(crate) fn new(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let content_type = parts.headers["content-type"].to_str().unwrap().to_owned();
        Self { status: parts.status.as_u16(), content_type, body: body.into_data_stream(), read: String::new() }
    }

    /// The next event with its data; nothing at the end.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((block, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                let event = field("event:").map(|event| {
                    let data = field("data:").unwrap_or_default();
                    (event.to_owned(), serde_json::from_str(data).unwrap_or(Value::Null))
                });
                self.read = rest.to_owned();
                match event {
                    Some(event) => return Some(event),
                    // A comment.
                    None => continue,
                }
            }
            let more = tokio::time::timeout(PATIENCE, self.body.next()).await.expect("nothing came")?;
            self.read.push_str(std::str::from_utf8(&more.unwrap()).unwrap());
        }
    }

    /// The next bytes as they are.
    pub async fn chunk(&mut self) -> String {
        let more = tokio::time::timeout(PATIENCE, self.body.next()).await.expect("nothing came");
        String::from_utf8(more.expect("the stream has ended").unwrap().to_vec()).unwrap()
    }

    /// The data of the next event, which is a result.
    pub async fn result(&mut self) -> Value {
        let (event, data) = self.next().await.expect("the stream has ended");
        assert_eq!(event, "next", "{data}");
        data
    }
}
