//! Part of a merged object whose fields run apart.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value,
};
use futures_util::FutureExt;

/// A part whose fields run in a piece of memory of their own. A merged object's future has room for the largest field of all
/// parts, and is moved several times before it runs: what signing in with a provider needs, appending a message would
/// move about. The parts are asked one after the other, the last one first, so those that matter come last.
#[derive(Default)]
pub struct Apart<T>(T);

impl<T: ObjectType> ContainerType for Apart<T> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        self.0.resolve_field(ctx).boxed().await
    }
}

impl<T: ObjectType> OutputType for Apart<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        self.0.resolve(ctx, field).await
    }
}

impl<T: ObjectType> ObjectType for Apart<T> {}
