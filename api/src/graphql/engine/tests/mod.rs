//! The tables against which the engine is held.
//!
//! `golden/*.json` are documents with the answers of graphql-js 16. They are made by `golden/oracle.mjs`, which says how
//! it is run, from `golden/documents.graphql` and from the SDL that the probe schema prints. The committed files cross
//! a part of the containers with each other; `--full` crosses all of them, for the day the framework's version changes.
//! The other files ask what graphql-js cannot be asked.
#![allow(clippy::unwrap_used)]

mod deprecated;
mod encoding;
mod golden;
mod inputs;
mod limits;
mod probe;
mod runs;

use std::sync::Arc;

use async_graphql::{Response, Schema, ServerError, parser::types::OperationType};
use serde_json::{Map, Value, json};

use self::probe::{Bumps, Events, Mutation, Query};
use super::{Engine, Limits, RequestError, encode};
use crate::error::ErrorCode;

type Probe = Engine<Query, Mutation, Events>;

/// Marks every error that passes it, so that a test sees one that did not, or one that did twice.
fn present(error: &mut ServerError) {
    let panicked = error.source::<super::Panicked>().is_some();
    let extensions = error.extensions.get_or_insert_default();
    let seen = if extensions.get("code").is_some() { "TWICE" } else { "ONCE" };
    extensions.set("code", if panicked { "INTERNAL" } else { seen });
}

fn probe() -> Probe {
    probe_with(Limits { once_per_request: &["signIn"], ..Limits::default() })
}

fn probe_with(limits: Limits) -> Probe {
    let (query, mutation, events) = probe::roots();
    let builder = Schema::build(query, mutation, events).data(Arc::new(Bumps::default()));
    Engine::new(builder, probe::roots().0, limits, present).unwrap()
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// The answer with the extension. Without it a query must have the same, or none if there is an error in it.
async fn run(engine: &Probe, text: &str, variables: Value) -> Result<Response, Vec<RequestError>> {
    let prepared = engine.prepare(text, None)?;
    let ready = engine.ready(&prepared, map(variables))?;
    let exact = engine.run(&ready, |request| request.data(Arc::new(Bumps::default()))).await;
    let bare = engine.run_bare(&ready, |request| request.data(Arc::new(Bumps::default()))).await;
    let is_plain = prepared.kind() == OperationType::Query && !prepared.introspects();
    let is_well = is_plain && exact.as_ref().is_ok_and(Response::is_ok);
    assert_eq!(bare.is_ok(), is_well, "{text}: {bare:?}");
    if let (Ok(bare), Ok(exact)) = (bare, &exact) {
        assert_eq!(encode(&bare), encode(exact), "{text}");
    }
    exact
}

async fn data(engine: &Probe, text: &str, variables: Value) -> Value {
    match run(engine, text, variables).await {
        Ok(response) => response.data.into_json().unwrap(),
        Err(errors) => json!(errors.iter().map(|error| error.message.clone()).collect::<Vec<_>>()),
    }
}
