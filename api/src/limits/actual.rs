//! What a document has cost: the formula of `price.rs` over the lists as they came, read off the answer.
//!
//! A field counts for each object in which its key was answered, null included: somebody looked. Nothing is below null,
//! and an empty list is free. It is never more than was asked for.

use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Schema};
use async_graphql::{Name, Value, Variables, indexmap::IndexMap};

use super::price::{is_skipped, weight};
use crate::graphql::engine::Ready;

/// The cost of this answer to the operation, at most `requested`.
pub fn actual(types: &Schema, ready: &Ready, data: &Value, requested: u64) -> u64 {
    let prepared = ready.prepared();
    let mut reading = Reading { types, document: prepared.document(), variables: ready.variables(), sum: 0 };
    reading.value(&prepared.operation().selection_set, data, 0);
    reading.sum.min(requested)
}

struct Reading<'a> {
    types: &'a Schema,
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    sum: u64,
}

impl<'a> Reading<'a> {
    fn value(&mut self, set: &'a SelectionSet, value: &Value, weight: u64) {
        match value {
            Value::List(items) => items.iter().for_each(|item| self.value(set, item, weight)),
            Value::Object(object) => {
                self.sum = self.sum.saturating_add(weight);
                self.object(set, object, &mut Vec::new());
            }
            _ => self.sum = self.sum.saturating_add(weight),
        }
    }

    /// `counted` are the keys of this object whose weight is in the sum.
    fn object(&mut self, set: &'a SelectionSet, object: &IndexMap<Name, Value>, counted: &mut Vec<&'a str>) {
        for selection in &set.selections {
            if is_skipped(selection.directives(), self.variables) {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    let key = field.response_key().as_str();
                    let weight = match counted.contains(&key) {
                        true => 0,
                        false => weight(self.types, &set.ty, &field.definition),
                    };
                    if weight == 0 && field.selection_set.is_empty() {
                        continue;
                    }
                    counted.push(key);
                    if let Some(value) = object.get(key) {
                        self.value(&field.selection_set, value, weight);
                    }
                }
                Selection::InlineFragment(inline) => self.object(&inline.selection_set, object, counted),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.fragment_name) {
                        self.object(&fragment.selection_set, object, counted);
                    }
                }
            }
        }
    }
}
