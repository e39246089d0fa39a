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
use async_graphql::{Context, ContextSelectionSet, Name, ObjectType, OutputType, Positioned, ServerResult, Value};
use axum::body::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, try_join_all};

use super::cell::Cell;
use super::engine::is_bare;

/// A type that tells some of its fields without waiting.
pub trait Columns: ObjectType {
    /// What the field's resolver would answer, with what is selected below the field; `None` for fields that are not
    /// told here. One that takes arguments, asks who is looking or can fail is never told here.
    fn column<'r>(&'r self, _field: &'r Field) -> Option<Cell<'r>> {
        None
    }

    /// The answers of a field that loads something, for many rows at once: what the field's resolver would answer for each
    /// of them, in their order. `None` for fields that are asked row by row.
    fn together<'r>(_rows: &'r [Self], _ctx: &'r Context<'r>) -> Option<BoxFuture<'r, ServerResult<Vec<Value>>>>
    where
        Self: Sized,
    {
        None
    }
}

impl<T: Columns> Columns for &T {
    fn column<'r>(&'r self, field: &'r Field) -> Option<Cell<'r>> {
        T::column(self, field)
    }
}

/// An object, whose type is that of `T`.
pub struct Row<T>(pub T);

/// A list of objects, whose type is that of `Vec<T>`.
pub struct Rows<T>(pub Vec<T>);

/// What can be written as JSON without waiting, if all that is selected of it is told.
pub trait Told: Send + Sync {
    /// Appends the object; false if something of it is not told, after which nothing that was written is of use. Of a set
    /// that is not [`is_plain`] nothing is to be asked.
    fn write(&self, set: &SelectionSet, out: &mut Vec<u8>) -> bool;
}

impl<T: Columns> Told for T {
    fn write(&self, set: &SelectionSet, out: &mut Vec<u8>) -> bool {
        out.push(b'{');
        for (index, item) in set.items.iter().enumerate() {
            let Selection::Field(field) = &item.node else { return false };
            out.extend_from_slice(if index == 0 { b"\"" } else { b",\"" });
            // A name: nothing in it is escaped.
            out.extend_from_slice(field.node.response_key().node.as_bytes());
            out.extend_from_slice(b"\":");
            if !column(self, &field.node).is_some_and(|cell| cell.write(out)) {
                return false;
            }
        }
        out.push(b'}');
        true
    }
}

/// All that is selected of an object, as JSON, if all of it is told without waiting.
pub fn whole<T: Columns>(row: &T, set: &SelectionSet) -> Option<Value> {
    let mut object = Vec::with_capacity(256);
    (is_plain(set) && row.write(set, &mut object)).then(|| Value::Binary(object.into()))
}

/// The same for each of some rows. They share one piece of memory, and stay apart for whoever counts them.
pub fn wholes<T: Columns>(rows: impl ExactSizeIterator<Item = T>, set: &SelectionSet) -> Option<Value> {
    if !is_plain(set) {
        return None;
    }
    let (count, mut text, mut ends) = (rows.len(), Vec::new(), Vec::with_capacity(rows.len()));
    for row in rows {
        if !row.write(set, &mut text) {
            return None;
        }
        if ends.is_empty() {
            // As if all were as long as the first one, and a little longer.
            text.reserve((count - 1) * (text.len() + text.len() / 4));
        }
        ends.push(text.len());
    }
    let (text, mut start) = (Bytes::from(text), 0);
    let object = |end| Value::Binary(text.slice(std::mem::replace(&mut start, end)..end));
    Some(Value::List(ends.into_iter().map(object).collect()))
}

/// Whether a set holds nothing but fields with keys of their own, without directives, and so do the sets in it.
fn is_plain(set: &SelectionSet) -> bool {
    let mut fields = Vec::with_capacity(set.items.len());
    set.items.iter().all(|item| {
        let Some(field) = plain(item) else { return false };
        let key = field.node.response_key().node.as_str();
        let is_new = !fields.contains(&key);
        fields.push(key);
        is_new && is_plain(&field.node.selection_set.node)
    })
}

type Rest<'a> = Vec<(usize, &'a Positioned<Field>)>;

/// What is selected, null for now where it is a matter of waiting; and what that is, with its place. `None` for anything
/// but fields with keys of their own.
fn parts<'a, T: Columns>(row: &T, set: &'a SelectionSet) -> Option<(IndexMap<Name, Value>, Rest<'a>)> {
    let (mut object, mut rest) = (IndexMap::with_capacity(set.items.len()), Vec::new());
    for (index, item) in set.items.iter().enumerate() {
        let field = plain(item)?;
        let value = column(row, &field.node).and_then(Cell::into_value).unwrap_or_else(|| {
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

fn column<'r, T: Columns>(row: &'r T, field: &'r Field) -> Option<Cell<'r>> {
    match field.name.node.as_str() {
        "__typename" => Some(Cell::Made(T::type_name().into_owned())),
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

/// All rows, field by field, if one of the fields can be answered for all of them together.
async fn side_by_side<T: Columns>(rows: &[T], ctx: &ContextSelectionSet<'_>) -> Option<ServerResult<Value>> {
    let set = &ctx.item.node;
    let (_, waiting) = parts(rows.first()?, set)?;
    let contexts: Vec<_> = waiting.iter().map(|(index, field)| (*index, ctx.with_field(field))).collect();
    let mut together = Vec::with_capacity(contexts.len());
    for (index, ctx) in &contexts {
        together.push((*index, T::together(rows, ctx)?));
    }
    let mut objects = Vec::with_capacity(rows.len());
    for row in rows {
        let (object, rest) = parts(row, set)?;
        if !rest.iter().map(|(index, _)| index).eq(waiting.iter().map(|(index, _)| index)) {
            return None;
        }
        objects.push(object);
    }
    let answers = together.into_iter().map(async |(index, answers)| Ok((index, answers.await?)));
    let answers = match try_join_all(answers.map(|answer| answer.boxed())).await {
        Ok(answers) => answers,
        Err(error) => return Some(Err(error)),
    };
    for (index, values) in answers {
        for (object, value) in objects.iter_mut().zip(values) {
            if let Some((_, place)) = object.get_index_mut(index) {
                *place = value;
            }
        }
    }
    Some(Ok(Value::List(objects.into_iter().map(Value::Object).collect())))
}

impl<T: Columns> Row<T> {
    /// All that is selected, if all of it is told.
    fn told(&self, set: &SelectionSet) -> Option<Value> {
        let (object, rest) = parts(&self.0, set)?;
        rest.is_empty().then_some(Value::Object(object))
    }

    /// Many objects with the same selection.
    pub async fn resolve_many(rows: Vec<Self>, ctx: &Context<'_>) -> ServerResult<Vec<Value>> {
        let set = ctx.with_selection_set(&ctx.item.node.selection_set);
        if let Some(told) = rows.iter().map(|row| row.told(&set.item.node)).collect() {
            return Ok(told);
        }
        try_join_all(rows.iter().map(|row| row.resolve(&set, ctx.item).boxed())).await
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
        if is_bare(ctx) {
            if let Some(list) = wholes(self.0.iter(), &ctx.item.node) {
                return Ok(list);
            }
            if let Some(list) = side_by_side(&self.0, ctx).boxed().await {
                return list;
            }
        }
        resolve_list(ctx, field, self.0.iter().map(Row), Some(self.0.len())).boxed().await
    }
}
