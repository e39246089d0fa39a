//! One socket, from the handshake to its end: who it is, how long it may stay, and what it says.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::future::BoxFuture;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::message::{self, Close, Said};
use super::operations::{Operations, Refused};
use crate::app::App;
use crate::auth::{self, Actor, Client, Shown};
use crate::error::Error;
use crate::events::Ear;
use crate::http::{Server, operation, stopped};

/// Pings without any sign of life after which the other side is taken for dead.
const SILENCE: u32 = 3;
/// For the goodbye.
const GOODBYE: Duration = Duration::from_secs(1);
/// Messages that wait to be written, of all operations together. When they are full, operations wait.
const WAITING: usize = 8;

/// What is to be written: a message, or that the socket ends.
pub type Outgoing = Result<Message, Close>;

/// What a socket's tasks share.
pub struct Connection {
    server: Arc<Server>,
    header: Option<String>,
    /// `X-User-ID` of the handshake.
    named: Option<String>,
    client: Client,
}

/// How a socket ended: with a code of ours, or without a word.
type End = Option<Close>;

impl Connection {
    /// `header` is the `Authorization` of the handshake, which counts if the initialisation has none.
    pub fn new(server: Arc<Server>, header: Option<String>, named: Option<String>, client: Client) -> Self {
        Self { server, header, named, client }
    }

    /// Runs the socket until it ends. Its operations end with it.
    pub async fn run(self, socket: WebSocket) {
        let (mut sink, mut stream) = socket.split();
        let (out, waiting) = mpsc::channel(WAITING);
        let init = self.server.socket_init_timeout;
        let mut talk = Talk {
            operations: Operations::new(self.server.clone(), out.clone(), self.client.clone()),
            server: self.server,
            header: self.header,
            named: self.named,
            client: self.client,
            out,
            acknowledged: false,
            deadline: Box::pin(tokio::time::sleep(init)),
            ear: None,
        };
        let end = tokio::select! {
            end = talk.listen(&mut stream) => end,
            end = write(&mut sink, waiting) => end,
        };
        drop(talk);
        match end {
            Some(close) => say_goodbye(sink, stream, close).await,
            // Whatever was left to say, such as the echo of the other side's goodbye.
            None => drop(tokio::time::timeout(GOODBYE, sink.close()).await),
        }
    }
}

/// Ends a socket before it began.
pub async fn refuse(socket: WebSocket, close: Close) {
    let (sink, stream) = socket.split();
    say_goodbye(sink, stream, close).await;
}

async fn say_goodbye(mut sink: SplitSink<WebSocket, Message>, mut stream: SplitStream<WebSocket>, close: Close) {
    let goodbye = async {
        if sink.send(close.message()).await.is_ok() {
            // Unread words would turn the end into a reset, which takes the code with it.
            while let Some(Ok(_)) = stream.next().await {}
        }
    };
    // Who does not listen to a goodbye does not get one.
    let _ = tokio::time::timeout(GOODBYE, goodbye).await;
}

async fn write(sink: &mut SplitSink<WebSocket, Message>, mut waiting: mpsc::Receiver<Outgoing>) -> End {
    while let Some(outgoing) = waiting.recv().await {
        match outgoing {
            Err(close) => return Some(close),
            // Who does not read is cut off by the connection itself.
            Ok(message) => {
                if sink.send(message).await.is_err() {
                    return None;
                }
            }
        }
    }
    None
}

/// Whether the session or the account of whoever acts has ended. What cannot be asked now is asked again: at the next ring,
/// and by every operation.
async fn is_over(app: &App, actor: Actor) -> bool {
    let Actor::User(principal) = actor else { return false };
    matches!(auth::again(&app.reader(false), &app.clock, &principal).await, Err(Error::BadCredential))
}

/// Waits for the bell; for ever where nobody is signed in.
async fn rung(ear: Option<&Ear>) {
    match ear {
        Some(ear) => ear.heard().await,
        None => std::future::pending().await,
    }
}

/// The listening half.
struct Talk {
    server: Arc<Server>,
    header: Option<String>,
    named: Option<String>,
    client: Client,
    out: mpsc::Sender<Outgoing>,
    operations: Operations,
    acknowledged: bool,
    /// First for the initialisation, then for the token.
    deadline: BoxFuture<'static, ()>,
    /// Hears of whatever concerns the person or the session.
    ear: Option<Ear>,
}

impl Talk {
    async fn listen(&mut self, stream: &mut SplitStream<WebSocket>) -> End {
        let mut stop = self.server.stop.subscribe();
        let mut silence = 0;
        let mut quiet = Box::pin(tokio::time::sleep(self.server.keep_alive));
        loop {
            let heard = tokio::select! {
                heard = stream.next() => heard,
                () = stopped(&mut stop) => return Some(message::STOPPING),
                () = rung(self.ear.as_ref()) => {
                    if is_over(&self.server.app, self.operations.actor()).await {
                        return Some(message::SIGNED_OUT);
                    }
                    continue;
                }
                () = &mut self.deadline => {
                    return Some(if self.acknowledged { message::EXPIRED } else { message::LATE });
                }
                () = &mut quiet => {
                    quiet.set(tokio::time::sleep(self.server.keep_alive));
                    silence += 1;
                    if silence > SILENCE || self.out.send(Ok(Message::Ping(Vec::new().into()))).await.is_err() {
                        return None;
                    }
                    continue;
                }
            };
            silence = 0;
            quiet.set(tokio::time::sleep(self.server.keep_alive));
            match heard {
                Some(Ok(Message::Text(text))) => {
                    let Some(said) = Said::parse(text.as_str()) else { return Some(message::INVALID) };
                    if let Err(end) = self.answer(said).await {
                        return end;
                    }
                }
                Some(Ok(Message::Binary(_))) => return Some(message::INVALID),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_))) | None => return None,
                Some(Err(_)) => return Some(message::UNREADABLE),
            }
        }
    }

    async fn say(&mut self, message: Message) -> Result<(), End> {
        self.out.send(Ok(message)).await.map_err(|_| None)
    }

    async fn answer(&mut self, said: Said) -> Result<(), End> {
        match said {
            Said::Init { .. } if self.acknowledged => Err(Some(message::AGAIN)),
            Said::Init { authorization } => {
                let authorization = authorization.or_else(|| self.header.take());
                self.deadline = Box::pin(std::future::pending());
                self.admit(authorization.as_deref()).await?;
                self.acknowledged = true;
                self.say(message::ack()).await
            }
            Said::Ping { payload } => self.ping(payload).await,
            Said::Pong => Ok(()),
            Said::Subscribe { .. } if !self.acknowledged => Err(Some(message::UNAUTHORIZED)),
            Said::Subscribe { id, params } => match self.operations.begin(id, params) {
                Ok(()) => Ok(()),
                Err(Refused::InUse) => Err(Some(message::IN_USE)),
                Err(Refused::TooMany(frame)) => self.say(frame).await,
            },
            Said::Complete { id } => {
                self.operations.cancel(&id);
                Ok(())
            }
        }
    }

    /// A ping with a credential renews the socket's; the answer never repeats it.
    async fn ping(&mut self, payload: Option<Map<String, Value>>) -> Result<(), End> {
        let authorization = message::authorization(payload.as_ref()).map_err(|()| Some(message::INVALID))?;
        let Some(authorization) = authorization else { return self.say(message::pong(payload)).await };
        if !self.acknowledged {
            return Err(Some(message::UNAUTHORIZED));
        }
        self.admit(Some(&authorization)).await?;
        self.say(message::pong(None)).await
    }

    /// From now on the socket speaks for whoever this is, and until their credential ends.
    async fn admit(&mut self, authorization: Option<&str>) -> Result<(), End> {
        let app = &self.server.app;
        let db = app.reader(false);
        let shown = Shown { authorization, user: self.named.as_deref(), client: &self.client };
        let found = operation::authenticate(app, &db, shown).await;
        let found = found.map_err(|error| match error {
            Error::Unavailable | Error::Timeout | Error::Internal(_) => Some(message::BUSY),
            _ => Some(message::FORBIDDEN),
        })?;
        let Some(credential) = found else { return Ok(()) };
        if let Actor::User(before) = self.operations.actor()
            && before.user != credential.principal.user
        {
            return Err(Some(message::FORBIDDEN));
        }
        let left = (credential.expires_at - app.clock.now()).to_std().unwrap_or_default();
        self.deadline = Box::pin(tokio::time::sleep(left));
        self.ear = Some(app.bell.listen(credential.principal.topics()));
        self.operations.act_as(credential.principal);
        Ok(())
    }
}
