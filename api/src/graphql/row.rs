//! Objects that answer their plain fields without a future each.
//!
//! For every field of every object the framework makes a future, joins it with its neighbours and puts the results
//! together, which for a field that only shows a column is nearly all of its price. A [`Row`] takes such values directly
//! and leaves the other fields to the framework, side by side as ever, so that loaders batch by level. It does so where no
//! error needs a path (see `engine/bare.rs`); elsewhere it is the object itself.

use std::borrow::Cow;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::resolve_list;
use async_graphql::{ContextSelectionSet, Name, ObjectType, OutputType, Positioned, ServerResult, Value};
use futures_util::FutureExt;
use futures_util::future::try_join_all;

use super::engine::is_bare;

/// A type that tells some of its fields without waiting.
pub trait Columns: ObjectType {
    /// What the field's resolver would answer, with what is selected below the field; `None` for fields that are not
    /// told here. One that takes arguments, asks who is looking or can fail is never told here.
    fn column(&self, _field: &Field) -> Option<Value> {
        None
    }
}

impl<T: Columns> Columns for &T {
    fn column(&self, field: &Field) -> Option<Value> {
        T::column(self, field)
    }
}

/// An object, whose type is that of `T`.
pub struct Row<T>(pub T);

/// A list of objects, whose type is that of `Vec<T>`.
pub struct Rows<T>(pub Vec<T>);

/// All that is selected, if all of it is told without waiting.
pub fn whole<T: Columns>(row: &T, set: &SelectionSet) -> Option<Value> {
    let mut object = IndexMap::with_capacity(set.items.len());
    for item in &set.items {
        let field = &plain(item)?.node;
        if object.insert(field.response_key().node.clone(), column(row, field)?).is_some() {
            return None;
        }
    }
    Some(Value::Object(object))
}

/// The same for each of some rows.
pub fn wholes<T: Columns>(rows: impl ExactSizeIterator<Item = T>, set: &SelectionSet) -> Option<Value> {
    let mut list = Vec::with_capacity(rows.len());
    for row in rows {
        list.push(whole(&row, set)?);
    }
    Some(Value::List(list))
}

type Rest<'a> = Vec<(usize, &'a Positioned<Field>)>;

/// What is selected, null for now where it is a matter of waiting; and what that is, with its place. `None` for anything
/// but fields with keys of their own.
fn parts<'a, T: Columns>(row: &T, set: &'a SelectionSet) -> Option<(IndexMap<Name, Value>, Rest<'a>)> {
    let (mut object, mut rest) = (IndexMap::with_capacity(set.items.len()), Vec::new());
    for (index, item) in set.items.iter().enumerate() {
        let field = plain(item)?;
        let value = column(row, &field.node).unwrap_or_else(|| {
            rest.push((index, field));
            Value::Null
        });
        if object.insert(field.node.response_key().node.clone(), value).is_some() {
            return None;
        }
    }
    Some((object, rest))
}

fn plain(item: &Positioned<Selection>) -> Option<&Positioned<Field>> {
    match &item.node {
        Selection::Field(field) if field.node.directives.is_empty() => Some(field),
        _ => None,
    }
}

fn column<T: Columns>(row: &T, field: &Field) -> Option<Value> {
    match field.name.node.as_str() {
        "__typename" => Some(Value::String(T::type_name().into_owned())),
        _ => row.column(field),
    }
}

impl<T: Columns> OutputType for Row<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let parts = if is_bare(ctx) { parts(&self.0, &ctx.item.node) } else { None };
        let Some((mut object, rest)) = parts else { return self.0.resolve(ctx, field).boxed().await };
        if !rest.is_empty() {
            let waiting = rest.into_iter().map(|(index, field)| {
                let resolved = async move { self.0.resolve_field(&ctx.with_field(field)).await };
                resolved.map(move |value| value.map(|value| (index, value))).boxed()
            });
            for (index, value) in try_join_all(waiting).await? {
                if let Some((_, place)) = object.get_index_mut(index) {
                    *place = value.unwrap_or_default();
                }
            }
        }
        Ok(Value::Object(object))
    }
}

impl<T: Columns> OutputType for Rows<T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let list = if is_bare(ctx) { wholes(self.0.iter(), &ctx.item.node) } else { None };
        match list {
            Some(list) => Ok(list),
            None => resolve_list(ctx, field, self.0.iter().map(Row), Some(self.0.len())).boxed().await,
        }
    }
}
