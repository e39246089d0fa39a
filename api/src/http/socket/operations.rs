//! The operations of one socket, side by side.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::parser::types::OperationType;
use axum::extract::ws::Message;
use futures_util::StreamExt;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tracing::Instrument;

use super::connection::Outgoing;
use super::message;
use crate::auth::{self, Actor, Client, Principal};
use crate::error::{Error, ErrorCode};
use crate::graphql::engine::RequestError;
use crate::graphql::live::Delivery;
use crate::http::Server;
use crate::http::answer;
use crate::http::document;
use crate::http::line::Line;
use crate::http::operation::{self, Asker};
use crate::http::params::Params;
use crate::http::request_id::RequestId;
use crate::telemetry::Transport;

/// All running operations. Dropping them ends each.
pub struct Operations(Arc<Shared>);

struct Shared {
    server: Arc<Server>,
    out: mpsc::Sender<Outgoing>,
    client: Client,
    state: Mutex<State>,
}

struct State {
    actor: Actor,
    running: HashMap<String, Running>,
    begun: u64,
}

/// An operation, and which one of those that had its id.
struct Running {
    number: u64,
    task: AbortHandle,
}

/// Why an operation does not begin.
pub enum Refused {
    /// Its id belongs to one that still runs.
    InUse,
    /// There are as many as there may be; this says so.
    TooMany(Message),
}

/// What the socket is told last of an operation.
type Last = Outgoing;

impl Operations {
    pub fn new(server: Arc<Server>, out: mpsc::Sender<Outgoing>, client: Client) -> Self {
        let state = State { actor: Actor::Anonymous, running: HashMap::new(), begun: 0 };
        Self(Arc::new(Shared { server, out, client, state: Mutex::new(state) }))
    }

    /// Who begins operations now.
    pub fn actor(&self) -> Actor {
        self.0.state().actor
    }

    /// Later operations are this person's. Those that run stay whose they were.
    pub fn act_as(&self, principal: Principal) {
        self.0.state().actor = Actor::User(principal);
    }

    /// Begins an operation in a task of its own.
    pub fn begin(&self, id: String, params: Params) -> Result<(), Refused> {
        let mut state = self.0.state();
        if state.running.contains_key(&id) {
            return Err(Refused::InUse);
        }
        let most = self.0.server.socket_operation_limit;
        if state.running.len() >= most {
            let message = format!("One socket runs at most {most} operations at a time.");
            let error = RequestError::new(ErrorCode::LimitExceeded, message);
            return Err(Refused::TooMany(refusal(&id, &RequestId::fresh(), &[error])));
        }
        state.begun += 1;
        let (shared, name, actor, number) = (self.0.clone(), id.clone(), state.actor, state.begun);
        let request = RequestId::fresh();
        let span = tracing::info_span!("operation", id = request.0);
        let task = tokio::spawn(
            async move { shared.see_through(name, number, request, actor, params).await }.instrument(span),
        );
        state.running.insert(id, Running { number, task: task.abort_handle() });
        Ok(())
    }

    /// Ends an operation that the client has no use for any more.
    pub fn cancel(&self, id: &str) {
        if let Some(running) = self.0.state().running.remove(id) {
            running.task.abort();
        }
    }
}

impl Drop for Operations {
    fn drop(&mut self) {
        self.0.state().running.drain().for_each(|(_, running)| running.task.abort());
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn see_through(self: Arc<Self>, id: String, number: u64, request: RequestId, actor: Actor, params: Params) {
        let last = self.run(&id, &request, actor, params).await;
        {
            // The id is free before the client hears of it. A cancelled operation's successor is not ours to remove.
            let mut state = self.state();
            if state.running.get(&id).is_some_and(|running| running.number == number) {
                state.running.remove(&id);
            }
        }
        // A socket that is gone has nobody to tell.
        let _ = self.out.send(last).await;
    }

    async fn run(&self, id: &str, request: &RequestId, actor: Actor, params: Params) -> Last {
        let mut line = Line::new(&self.server, Transport::Socket);
        let db = line.reader(&params);
        // As over HTTP: whose session is over by now does nothing more.
        let actor = match actor {
            Actor::Anonymous => Actor::Anonymous,
            Actor::User(principal) => match auth::again_at_work(&db, self.server.app.door(), &principal).await {
                Ok(principal) => Actor::User(principal),
                Err(Error::BadCredential) => {
                    line.outcome = ErrorCode::Unauthenticated.name();
                    return Err(message::SIGNED_OUT);
                }
                Err(error) => {
                    let errors = [operation::as_request_error(&error)];
                    line.refused(&errors);
                    return Ok(refusal(id, request, &errors));
                }
            },
        };
        line.asker = Asker { actor, client: self.client.clone() };
        let prepared = document::prepare(&self.server, &db, &actor, &params);
        let prepared = match operation::in_time(&self.server, prepared).await {
            Ok(prepared) => prepared,
            Err(errors) => {
                line.refused(&errors);
                return Ok(refusal(id, request, &errors));
            }
        };
        line.operation = Some(prepared.clone());
        if prepared.kind() != OperationType::Subscription {
            let run = operation::run(&self.server, request, &prepared, params, &mut line);
            let mut response = match operation::in_time(&self.server, run).await {
                Ok(response) => response,
                Err(errors) => {
                    line.refused(&errors);
                    return Ok(refusal(id, request, &errors));
                }
            };
            line.answered(&response);
            answer::name_request(request, &mut response);
            line.sent(self.tell(id, &response).await);
            return Ok(complete(id));
        }
        let mut deliveries = match operation::stream(&self.server, request, &prepared, params, &mut line).await {
            Ok(deliveries) => deliveries,
            Err(errors) => {
                line.refused(&errors);
                return Ok(refusal(id, request, &errors));
            }
        };
        line.runs();
        while let Some(delivery) = deliveries.next().await {
            match delivery {
                Delivery::Event(mut response) => {
                    answer::name_request(request, &mut response);
                    line.told(self.tell(id, &response).await);
                }
                Delivery::Refused(mut response) => {
                    line.outcome = "ended";
                    answer::name_request(request, &mut response);
                    return Ok(message::about(id, "error", Some(&response.errors)));
                }
                Delivery::SignedOut(_) => {
                    line.outcome = "ended";
                    return Err(message::SIGNED_OUT);
                }
            }
        }
        line.outcome = "ok";
        Ok(complete(id))
    }

    /// Waits until there is room: this is what holds an operation up while the client does not read. Says how long the
    /// message is, in bytes.
    async fn tell(&self, id: &str, response: &async_graphql::Response) -> usize {
        let message = message::next(id, response);
        let bytes = match &message {
            Message::Text(text) => text.len(),
            _ => 0,
        };
        // A socket that is gone ends this task, too.
        let _ = self.out.send(Ok(message)).await;
        bytes
    }
}

fn refusal(id: &str, request: &RequestId, errors: &[RequestError]) -> Message {
    message::about(id, "error", Some(&answer::entries(errors, request)))
}

fn complete(id: &str) -> Message {
    message::about(id, "complete", None::<&Value>)
}
