//! Nulls and error paths as the specification has them.
//!
//! The framework carries a field's error to the nearest `Option` *value*. A nullable field whose resolver or guard
//! returned `Err` has no such value yet, so its error runs past it and takes the parent along; lists overwrite the
//! path with an index; a panic unwinds out of the whole request. This extension stands around every field: it notes
//! where an error arose before anything can overwrite it, stops it at the first nullable field, and turns a panic
//! into an error of that field.

use std::{
    any::Any,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, OnceLock, PoisonError, atomic::AtomicBool, atomic::Ordering},
};

use async_graphql::{
    PathSegment, QueryPathNode, QueryPathSegment, Response, ServerError, ServerResult, Value,
    async_trait::async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextResolve, ResolveInfo},
};
use futures_util::FutureExt;

use super::{
    bare::{OnlyLook, Wanted},
    profile::Profile,
};

type Source = Option<Arc<dyn Any + Send + Sync>>;

/// The source of an error that a panic caused. Its payload is in the log and nowhere else.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Panicked;

/// What the client reads when a resolver panicked, unless the presenter says it better.
pub(super) const PANICKED: &str = "The server failed on this field.";

/// Set as soon as execution starts, so that the engine can tell a refused request from a failed field.
#[derive(Clone, Default)]
pub(super) struct Started(Arc<AtomicBool>);

impl Started {
    pub(super) fn yet(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Makes one [`Propagate`] per request. The engine adds it to every schema.
pub(super) struct Propagation;

impl ExtensionFactory for Propagation {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Propagate::default())
    }
}

/// Holds the errors that were stopped at a nullable field until the response (or the event) is complete.
#[derive(Default)]
struct Propagate {
    stopped: Mutex<Vec<ServerError>>,
    /// Where times go, for a request that brought one.
    profile: OnceLock<Profile>,
}

#[async_trait]
impl Extension for Propagate {
    async fn execute(&self, ctx: &ExtensionContext<'_>, operation: Option<&str>, next: NextExecute<'_>) -> Response {
        if let Some(started) = ctx.data_opt::<Started>() {
            started.0.store(true, Ordering::Relaxed);
        }
        if ctx.data_opt::<OnlyLook>().is_some() {
            return Response::default();
        }
        if let Some(Wanted(slot)) = ctx.data_opt() {
            slot.get_or_init(|| ctx.schema_env.clone());
        }
        if let Some(profile) = ctx.data_opt::<Profile>() {
            self.profile.get_or_init(|| profile.clone());
        }
        let mut response = next.run(ctx, operation).await;
        let stopped = std::mem::take(&mut *self.stopped.lock().unwrap_or_else(PoisonError::into_inner));
        response.errors.extend(stopped);
        response
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        if info.is_for_introspection {
            return next.run(ctx, info).await;
        }
        let _timed = self.profile.get().and_then(|profile| profile.begin(info.parent_type, info.name, info.path_node));
        let (nullable, node, at) = (!info.return_type.ends_with('!'), info.path_node, info.field.name.pos);
        let result = match AssertUnwindSafe(next.run(ctx, info)).catch_unwind().await {
            Ok(result) => result,
            Err(payload) => {
                let mut error = ServerError::new(PANICKED, Some(at));
                error.source = Some(panicked(&*payload, &readable(node)));
                Err(error)
            }
        };
        let Err(mut error) = result else { return result };
        if !is_located(&error.source) {
            error.source = Some(Arc::new(Located { path: path(node), source: error.source.take() }));
        }
        if !nullable {
            return Err(error);
        }
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).push(error);
        // Never `None`: the framework's lists take it for a bug of their own and panic.
        Ok(Some(Value::Null))
    }
}

/// Logs the panic and returns the marker that stands for it.
pub(super) fn panicked(payload: &(dyn Any + Send), field: &str) -> Arc<dyn Any + Send + Sync> {
    let cause = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a payload that is not text");
    tracing::error!(field, cause, "a resolver panicked");
    Arc::new(Panicked)
}

/// Rides in an error's source, the one part that the framework leaves alone.
struct Located {
    path: Vec<PathSegment>,
    source: Source,
}

fn is_located(source: &Source) -> bool {
    source.as_ref().is_some_and(|source| source.is::<Located>())
}

/// Puts path and source of an error back where they belong.
pub(super) fn unlocate(error: &mut ServerError) {
    if let Some(located) = error.source.clone().and_then(|source| source.downcast::<Located>().ok()) {
        error.path.clone_from(&located.path);
        error.source.clone_from(&located.source);
    }
}

fn path(node: &QueryPathNode<'_>) -> Vec<PathSegment> {
    let mut path: Vec<_> = std::iter::once(node)
        .chain(node.parents())
        .map(|node| match node.segment {
            QueryPathSegment::Name(name) => PathSegment::Field(name.to_owned()),
            QueryPathSegment::Index(index) => PathSegment::Index(index),
        })
        .collect();
    path.reverse();
    path
}

fn readable(node: &QueryPathNode<'_>) -> String {
    let mut text = String::new();
    for segment in path(node) {
        if !text.is_empty() {
            text.push('.');
        }
        match segment {
            PathSegment::Field(name) => text.push_str(&name),
            PathSegment::Index(index) => text.push_str(&index.to_string()),
        }
    }
    text
}
