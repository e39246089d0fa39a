//! What is left of an operation when it is over, however it ends: a line in the log, and its part of the metrics.

use std::sync::Arc;

use async_graphql::Response;
use async_graphql::parser::types::OperationType;

use super::Server;
use super::operation::{self, Asker};
use super::params::Params;
use super::request_id::RequestId;
use crate::app::App;
use crate::auth::{Actor, Client};
use crate::clock::Stopwatch;
use crate::database::Reader;
use crate::graphql::engine::{Prepared, RequestError};
use crate::limits::Bill;
use crate::telemetry::{self, Finished, Kind, Open, Transport, traces};

/// An operation on its way. Dropping it writes the line.
pub struct Line {
    app: Arc<App>,
    /// From so many milliseconds on a query or mutation is slow.
    slow: f64,
    began: Stopwatch,
    transport: Transport,
    reader: Option<Reader>,
    /// A subscription that runs.
    running: Option<Open>,
    /// What was asked, once that is known.
    pub operation: Option<Prepared>,
    /// Who asks, once that is known.
    pub asker: Asker,
    /// What it costs, once that is known.
    pub bill: Option<Bill>,
    /// `ok`, `errors`, `ended`, `cut` or the code of a refusal.
    pub outcome: &'static str,
    /// The status of the HTTP answer; 101 on a socket.
    pub status: u16,
    /// Events that were delivered.
    events: u64,
    /// Bytes of JSON that were sent, before what HTTP or the socket adds.
    bytes: u64,
}

impl Line {
    /// Begins now.
    pub fn new(server: &Server, transport: Transport) -> Self {
        Self {
            app: server.app.clone(),
            slow: server.slow_operation,
            began: Stopwatch::start(),
            transport,
            reader: None,
            running: None,
            operation: None,
            asker: Asker { actor: Actor::Anonymous, client: Client::default() },
            bill: None,
            outcome: "cut",
            status: if transport == Transport::Socket { 101 } else { 200 },
            events: 0,
            bytes: 0,
        }
    }

    /// A reader whose statements are counted in this line, and recorded if the request wants to know of them.
    pub fn reader(&mut self, params: &Params) -> Reader {
        let reader = || self.app.reader(params.debug);
        self.reader.get_or_insert_with(reader).clone()
    }

    /// The span in which it runs.
    pub fn span(&self, id: &RequestId) -> tracing::Span {
        let name = self.operation.as_ref().and_then(Prepared::operation_name);
        traces::operation(self.kind(), name, self.transport, &id.0)
    }

    /// Notes the code of a refusal.
    pub fn refused(&mut self, errors: &[RequestError]) {
        self.outcome = operation::code(errors);
    }

    /// Notes whether an answer holds errors.
    pub fn answered(&mut self, response: &Response) {
        self.outcome = if response.errors.is_empty() { "ok" } else { "errors" };
    }

    /// Notes how long the answer is.
    pub fn sent(&mut self, bytes: usize) {
        self.bytes = bytes as u64;
    }

    /// Notes that a subscription has begun.
    pub fn runs(&mut self) {
        self.running = Some(self.app.metrics.subscription(self.transport));
    }

    /// Notes an event that was told, in so many bytes.
    pub fn told(&mut self, bytes: usize) {
        self.events += 1;
        self.bytes += bytes as u64;
        self.app.metrics.delivered(self.transport);
    }

    fn kind(&self) -> Kind {
        match self.operation.as_ref().map(Prepared::kind) {
            Some(OperationType::Query) => Kind::Query,
            Some(OperationType::Mutation) => Kind::Mutation,
            Some(OperationType::Subscription) => Kind::Subscription,
            None => Kind::None,
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let milliseconds = self.began.milliseconds();
        let name = self.operation.as_ref().and_then(Prepared::operation_name);
        let finished = Finished {
            kind: self.kind(),
            name,
            transport: self.transport,
            outcome: self.outcome,
            user: self.asker.actor.principal().ok().map(|principal| principal.user.0),
            statements: self.reader.as_ref().map_or(0, Reader::statements),
            milliseconds,
        };
        self.app.metrics.finished(&finished);
        if let Some(bill) = &self.bill {
            self.app.metrics.spent(&bill.spent());
        }
        let (kind, operation) = (finished.kind.name(), telemetry::shown(name.unwrap_or_default()));
        tracing::info!(
            kind,
            operation,
            transport = self.transport.name(),
            outcome = self.outcome,
            status = self.status,
            events = self.events,
            statements = finished.statements,
            cost = self.bill.as_ref().map_or(0, |bill| bill.actual),
            bytes = self.bytes,
            milliseconds,
            "graphql"
        );
        if finished.kind != Kind::Subscription && milliseconds >= self.slow {
            let statements = finished.statements;
            tracing::warn!(kind, operation, outcome = self.outcome, statements, milliseconds, "slow operation");
        }
    }
}
