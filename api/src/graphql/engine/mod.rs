//! The one way in: every request, over HTTP or a socket, typed or registered, runs through an [`Engine`].
//!
//! Text becomes a [`Prepared`] operation once: parsed under limits, measured, validated by `apollo-compiler` and kept
//! in a bounded cache. A request then brings variables: they are coerced, the document is given the form that the
//! executor needs for them (`preflight`), and async-graphql executes it without validating again. On the way out one
//! function sees every error: it gets its path back, is presented (coded and masked) by the function that the engine
//! was built with, and the list is capped.
//!
//! The framework never sees text. Its parser is not used, so its gaps do not matter: `__typename` takes conditions,
//! `\u{…}` is an escape, a key that is selected twice runs once.

mod bare;
mod cache;
mod collect;
mod deprecated;
mod document;
mod encode;
mod error;
mod limits;
mod preflight;
mod profile;
mod propagate;
mod rules;
mod variables;
mod waves;

#[cfg(test)]
mod tests;

use std::{collections::HashSet, panic::AssertUnwindSafe, sync::Arc};

use async_graphql::{
    ObjectType, Request, Response, SDLExportOptions, Schema, SchemaBuilder, ServerError, SubscriptionType,
    ValidationMode, Variables,
    parser::types::{ExecutableDocument, OperationType},
};
use futures_util::{StreamExt, stream::BoxStream};
use serde_json::{Map, Value as Json};

use self::{
    bare::Surroundings,
    cache::Cache,
    document::Types,
    preflight::Form,
    propagate::{PANICKED, Propagation, Started, panicked, unlocate},
};
pub use self::{
    bare::{Failed, is_bare},
    deprecated::Deprecations,
    document::Prepared,
    encode::{encode, encode_string, encode_value},
    error::RequestError,
    limits::Limits,
    profile::{Profile, Timing},
    propagate::Panicked,
    waves::Waves,
};
use crate::error::ErrorCode;

/// A schema together with everything a request has to pass before the schema runs it.
pub struct Engine<Q, M, S> {
    schema: Schema<Q, M, S>,
    /// For what runs without its preparations: see `bare`.
    query: Q,
    surroundings: Surroundings,
    sdl: String,
    types: Types,
    limits: Limits,
    cache: Cache,
    present: fn(&mut ServerError),
}

/// An operation with its coerced variables: what [`Engine::ready`] found fit to run.
pub struct Ready {
    prepared: Prepared,
    variables: Variables,
    form: Arc<Form>,
    deprecated: Vec<Arc<str>>,
}

impl Ready {
    /// The coerced variables, defaults filled in; what is not in here was not sent.
    pub fn variables(&self) -> &Variables {
        &self.variables
    }

    /// What will be executed: one operation without fragments on known types, nothing skipped left in it.
    pub fn document(&self) -> &ExecutableDocument {
        &self.form.document
    }

    /// The deprecated elements of the schema that the operation uses, variables included, by their coordinates.
    pub fn deprecated(&self) -> &[Arc<str>] {
        &self.deprecated
    }

    /// The operation that this came from.
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    fn request(&self) -> Request {
        let mut request = Request::new("").variables(self.variables.clone());
        request.set_parsed_query(self.form.document.clone());
        request
    }
}

impl<Q, M, S> Engine<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    /// Builds the executing schema, and from the SDL that it prints the validating one. `query` is the root that the
    /// schema has, too.
    ///
    /// `present` is called once with every error of every response, its path and source in place, and is the only
    /// place that sets codes. A panic arrives there with [`Panicked`] as its source, a request that the executor
    /// refused over a stream with [`RequestError`]. The error of this function is the compiler's report on the SDL.
    pub fn new(
        builder: SchemaBuilder<Q, M, S>,
        query: Q,
        limits: Limits,
        present: fn(&mut ServerError),
    ) -> Result<Self, String> {
        // The executor's own limits stay on, behind ours. Not its alias limit: it would count the cases of an
        // interface, of which one applies.
        let schema = builder
            .validation_mode(ValidationMode::Fast)
            .disable_suggestions()
            .limit_depth(limits.depth)
            .limit_directives(limits.directives)
            .limit_recursive_depth(3 * limits.depth + 2)
            .extension(Propagation)
            .finish();
        let surroundings = Surroundings::of(&schema).ok_or("the schema does not tell its environment")?;
        let options = SDLExportOptions::new().use_space_ident().sorted_fields();
        let options = options.sorted_arguments().sorted_enum_items().include_specified_by();
        let sdl = schema.sdl_with_options(options);
        let types = Types::new(&sdl)?;
        let cache = Cache::new(limits.cached_documents, limits.cached_bytes);
        Ok(Self { schema, query, surroundings, sdl, types, limits, cache, present })
    }

    /// The same with a judge over custom scalars: the scalar's name and a value, as it was sent or written. Values that
    /// do not fit are `VALIDATION_FAILED`, as those of GraphQL's own scalars are.
    pub fn with_scalars(mut self, fits: fn(&str, &async_graphql::Value) -> bool) -> Self {
        self.types.fits = fits;
        self
    }

    /// The printed schema: indented by spaces, fields, arguments and enum values sorted.
    pub fn sdl(&self) -> &str {
        &self.sdl
    }

    /// The schema for those who read types and directives from it, for example to compute a price.
    pub fn types(&self) -> &apollo_compiler::validation::Valid<apollo_compiler::Schema> {
        &self.types.schema
    }

    /// What the schema calls deprecated.
    pub fn deprecations(&self) -> &Arc<Deprecations> {
        &self.types.deprecations
    }

    /// Operations that are kept prepared, how often one was found there, and how often not.
    pub fn kept(&self) -> (usize, u64, u64) {
        let (hits, misses) = self.cache.found();
        (self.cache.len(), hits, misses)
    }

    /// The operation of this text, from the cache if it was prepared before.
    ///
    /// Without a name the document must have one operation. Errors: `PARSE_FAILED`, `VALIDATION_FAILED`,
    /// `LIMIT_EXCEEDED`, and `BAD_REQUEST` when the name selects nothing.
    pub fn prepare(&self, text: &str, operation_name: Option<&str>) -> Result<Prepared, Vec<RequestError>> {
        if let Some(prepared) = self.cache.get(text, operation_name) {
            return Ok(prepared);
        }
        let prepared = document::prepare(&self.types, &self.limits, text, operation_name)?;
        self.cache.insert(text, operation_name, prepared.clone());
        Ok(prepared)
    }

    /// Whether a text is a document that can be prepared, whichever of its operations is asked for. Nothing is kept.
    ///
    /// Errors: `PARSE_FAILED`, `VALIDATION_FAILED`, `LIMIT_EXCEEDED`.
    pub fn check(&self, text: &str) -> Result<(), Vec<RequestError>> {
        document::read(&self.types, &self.limits, text).map(drop)
    }

    /// Coerces the variables and forms the document for them; nothing runs yet.
    ///
    /// Errors: `VALIDATION_FAILED` for variables that do not fit, each with its path; `LIMIT_EXCEEDED` for too many.
    pub fn ready(&self, prepared: &Prepared, variables: Map<String, Json>) -> Result<Ready, Vec<RequestError>> {
        let operation = prepared.operation();
        let deprecated = prepared.deprecated(&self.types, &variables);
        let variables = variables::coerce(&self.types, operation, &prepared.0.lines, variables, &self.limits)?;
        let form = preflight::form(&self.types, prepared, &variables).map_err(|error| vec![error])?;
        if prepared.kind() == OperationType::Subscription && preflight::root_count(&form.document) != 1 {
            return Err(vec![RequestError::invalid("A subscription asks for exactly one root field.")]);
        }
        Ok(Ready { prepared: prepared.clone(), variables, form, deprecated })
    }

    /// Runs a query or a mutation. `attach` adds what resolvers find in their context.
    ///
    /// Errors: those of [`Engine::ready`]; `LIMIT_EXCEEDED` when the executor refuses the document (complexity);
    /// `BAD_REQUEST` for a subscription.
    pub async fn execute(
        &self,
        prepared: &Prepared,
        variables: Map<String, Json>,
        attach: impl FnOnce(Request) -> Request,
    ) -> Result<Response, Vec<RequestError>> {
        let ready = self.ready(prepared, variables)?;
        self.run(&ready, attach).await
    }

    /// Runs what is ready; otherwise as [`Engine::execute`].
    pub async fn run(
        &self,
        ready: &Ready,
        attach: impl FnOnce(Request) -> Request,
    ) -> Result<Response, Vec<RequestError>> {
        if ready.prepared.kind() == OperationType::Subscription {
            let message = "A subscription runs over a socket or as an event stream.";
            return Err(vec![RequestError::new(ErrorCode::BadRequest, message)]);
        }
        let started = Started::default();
        let mut response = Box::pin(self.schema.execute(attach(ready.request()).data(started.clone()))).await;
        if !started.yet() {
            return Err(response.errors.into_iter().map(refused).collect());
        }
        finish(&mut response, self.limits.errors, self.present);
        Ok(response)
    }

    /// Runs a subscription, one response per event; a query or a mutation as a stream of one response.
    ///
    /// A stream that panics ends with one error. Errors before the first event: those of [`Engine::ready`].
    pub fn stream(
        &self,
        prepared: &Prepared,
        variables: Map<String, Json>,
        attach: impl FnOnce(Request) -> Request,
    ) -> Result<BoxStream<'static, Response>, Vec<RequestError>> {
        let ready = self.ready(prepared, variables)?;
        Ok(self.run_stream(&ready, attach))
    }

    /// Streams what is ready; otherwise as [`Engine::stream`].
    pub fn run_stream(&self, ready: &Ready, attach: impl FnOnce(Request) -> Request) -> BoxStream<'static, Response> {
        let started = Started::default();
        let (most, present) = (self.limits.errors, self.present);
        let events = self.schema.execute_stream(attach(ready.request()).data(started.clone()));
        let events = AssertUnwindSafe(events).catch_unwind().map(move |event| {
            let mut response = event.unwrap_or_else(|payload| {
                let mut error = ServerError::new(PANICKED, None);
                error.source = Some(panicked(&*payload, "(stream)"));
                Response::from_errors(vec![error])
            });
            if !started.yet() {
                // No field and no cause: the executor did not begin.
                for error in response.errors.iter_mut().filter(|error| error.path.is_empty() && error.source.is_none())
                {
                    *error = refused(error.clone()).into_server_error();
                }
            }
            finish(&mut response, most, present);
            response
        });
        events.boxed()
    }
}

/// What the executor's own limits refused, in our words. Our limits refuse first, except for complexity.
fn refused(error: ServerError) -> RequestError {
    tracing::debug!(message = error.message, "the executor refused a prepared document");
    RequestError::limit("The document goes beyond the limits of execution.").at(error.locations.first().copied())
}

/// The one way out: paths and sources back in place, every error presented, the list capped.
fn finish(response: &mut Response, most: usize, present: fn(&mut ServerError)) {
    response.errors.iter_mut().for_each(unlocate);
    // A leaf of an interface may be asked twice (see `preflight`); its error is told once.
    let mut told = HashSet::new();
    response.errors.retain(|error| error.path.is_empty() || told.insert(format!("{:?} {}", error.path, error.message)));
    let omitted = response.errors.len().saturating_sub(most);
    response.errors.truncate(most);
    response.errors.iter_mut().for_each(present);
    if omitted > 0 {
        response.extensions.insert("errorsOmitted".into(), omitted.into());
    }
}
