//! Queries without the framework's preparations, and without the extension that keeps errors exact: together they cost
//! more than all the rest of a small query.
//!
//! Before each request the framework copies the document, walks through it for its own limits, and takes what is skipped
//! out of a document in which nothing is. And any extension leads it off its short path for every field. So a document
//! is shown to the framework once, which executes nothing. If its limits let it pass, they always will: nothing in them
//! depends on values. Its fields are then resolved directly, in an environment that is made here. As long as nothing
//! fails the extension has nothing to do. An answer that carries an error, and one that a panic has broken off, is thrown
//! away and made again the ordinary way: queries have no effects, so nobody can tell but by the time.

use std::{
    any::Any,
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, OnceLock, PoisonError, atomic::Ordering},
};

use async_graphql::{
    Context, ContextBase, Data, EmptyMutation, EmptySubscription, IntrospectionMode, Object, ObjectType, Positioned,
    QueryEnv, QueryEnvInner, Request, Response, Schema, SchemaEnv, ServerError, SubscriptionType,
    extensions::Extensions,
    parser::types::{OperationDefinition, OperationType, SelectionSet},
    resolver_utils::resolve_container,
};
use futures_util::FutureExt;

use super::{
    Engine, Ready,
    propagate::{Started, panicked},
};

/// Request data of a query that runs bare.
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
    /// It is not a query, asks for the schema, or goes beyond the executor's limits.
    Kind,
    Error(ServerError),
    Panic(Box<dyn Any + Send>),
}

/// Request data of a document that is not to be executed.
pub(super) struct OnlyLook;

/// What the framework has around every request of a schema, taken out of it once.
pub(super) struct Surroundings {
    schema: SchemaEnv,
    /// None.
    extensions: Extensions,
    session: Arc<Data>,
}

/// Request data with which the extension hands out the environment of its schema.
#[derive(Clone, Default)]
pub(super) struct Wanted(pub(super) Arc<OnceLock<SchemaEnv>>);

/// A schema without extensions, which hands that out: a list of none cannot be made from outside.
struct Plain;

#[Object]
impl Plain {
    async fn extensions(&self, ctx: &Context<'_>) -> bool {
        let slot = ctx.data_unchecked::<Arc<Mutex<Option<Extensions>>>>();
        slot.lock().unwrap_or_else(PoisonError::into_inner).replace(ctx.query_env.extensions.clone());
        true
    }
}

impl Surroundings {
    /// Those of a schema with the extension. Nothing if it cannot be asked, which would be a fault of ours.
    pub(super) fn of<Q, M, S>(schema: &Schema<Q, M, S>) -> Option<Self>
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        let wanted = Wanted::default();
        // Neither request waits for anything.
        schema.execute(Request::new("{ __typename }").data(wanted.clone())).now_or_never()?;
        let slot = Arc::<Mutex<Option<Extensions>>>::default();
        let plain = Schema::new(Plain, EmptyMutation, EmptySubscription);
        plain.execute(Request::new("{ extensions }").data(slot.clone())).now_or_never()?;
        let extensions = slot.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(Self { schema: wanted.0.get()?.clone(), extensions, session: Arc::default() })
    }

    /// A request's environment. The operation in it is looked at for the types of its variables alone.
    fn environment(&self, ready: &Ready, operation: &Positioned<OperationDefinition>, data: Data) -> QueryEnv {
        let head = OperationDefinition {
            ty: operation.node.ty,
            variable_definitions: operation.node.variable_definitions.clone(),
            directives: Vec::new(),
            selection_set: Positioned::new(SelectionSet { items: Vec::new() }, operation.pos),
        };
        QueryEnv::new(QueryEnvInner {
            extensions: self.extensions.clone(),
            variables: ready.variables.clone(),
            operation_name: None,
            operation: Positioned::new(head, operation.pos),
            fragments: HashMap::new(),
            uploads: Vec::new(),
            session_data: self.session.clone(),
            query_data: Arc::new(data),
            http_headers: Default::default(),
            introspection_mode: IntrospectionMode::Disabled,
            errors: Default::default(),
        })
    }
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
        let is_plain = ready.prepared.kind() == OperationType::Query && !ready.prepared.introspects();
        let operation = ready.form.document.operations.iter().next().map(|(_, operation)| operation);
        let Some(operation) = operation.filter(|_| is_plain) else { return Err(Failed(Cause::Kind)) };
        if !ready.form.passed.load(Ordering::Relaxed) && !self.passes(ready).await {
            return Err(Failed(Cause::Kind));
        }
        let data = attach(Request::new("")).data(Bare).data;
        let env = self.surroundings.environment(ready, operation, data);
        let ctx = env.create_context(&self.surroundings.schema, None, &operation.node.selection_set, None);
        let run = Box::pin(resolve_container(&ctx, &self.query));
        match AssertUnwindSafe(run).catch_unwind().await {
            Ok(Ok(data)) => match env.errors.lock().unwrap_or_else(PoisonError::into_inner).pop() {
                None => Ok(Response::new(data)),
                Some(error) => Err(Failed(Cause::Error(error))),
            },
            Ok(Err(error)) => Err(Failed(Cause::Error(error))),
            Err(payload) => Err(Failed(Cause::Panic(payload))),
        }
    }

    /// Whether the executor's own limits let the document pass.
    async fn passes(&self, ready: &Ready) -> bool {
        let started = Started::default();
        Box::pin(self.schema.execute(ready.request().data(started.clone()).data(OnlyLook))).await;
        ready.form.passed.store(started.yet(), Ordering::Relaxed);
        started.yet()
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
