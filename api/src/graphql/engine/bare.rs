//! Queries without the extension that keeps errors exact, which costs a wide answer as much again as the rest.
//!
//! Any extension leads the framework off its short path for every field. While nothing fails the extension has nothing to
//! do, so a query runs without it first. An answer that carries an error, and one that a panic has broken off, is thrown
//! away and made again with the extension: queries have no effects, so nobody can tell but by the time.

use std::{any::Any, panic::AssertUnwindSafe};

use async_graphql::{
    ContextBase, ObjectType, Request, Response, ServerError, SubscriptionType, parser::types::OperationType,
};
use futures_util::FutureExt;

use super::{Engine, Ready, propagate::panicked};

/// Request data of the bare schema.
struct Bare;

/// Whether this runs without the extension, so that fields may be answered in ways of which it would not know. Errors
/// need no path then, nor panics a field.
pub fn is_bare<T>(ctx: &ContextBase<'_, T>) -> bool {
    ctx.data_opt::<Bare>().is_some()
}

/// The query has no answer yet: [`Engine::run`] has to make it.
#[derive(Debug)]
pub struct Failed(Cause);

#[derive(Debug)]
enum Cause {
    /// It is not a query.
    Kind,
    Error(ServerError),
    Panic(Box<dyn Any + Send>),
}

impl<Q, M, S> Engine<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    /// Runs a query as long as nothing goes wrong in it. What `attach` adds must not be used for another run: batches of
    /// loaders may have been left there.
    pub async fn run_bare(&self, ready: &Ready, attach: impl FnOnce(Request) -> Request) -> Result<Response, Failed> {
        if ready.prepared.kind() != OperationType::Query {
            return Err(Failed(Cause::Kind));
        }
        // A box, so that this large state is not moved from one future into the next.
        let run = Box::pin(self.bare.execute(attach(ready.request()).data(Bare)));
        match AssertUnwindSafe(run).catch_unwind().await {
            Ok(mut response) => match response.errors.pop() {
                None => Ok(response),
                Some(error) => Err(Failed(Cause::Error(error))),
            },
            Err(payload) => Err(Failed(Cause::Panic(payload))),
        }
    }

    /// Logs what went wrong only the first time: no answer tells of it.
    pub fn note(&self, failed: Failed) {
        match failed.0 {
            Cause::Kind => {}
            Cause::Error(mut error) => {
                (self.present)(&mut error);
                tracing::warn!(message = error.message, "a query failed, and did not when it was run again");
            }
            Cause::Panic(payload) => drop(panicked(&*payload, "(query)")),
        }
    }
}
