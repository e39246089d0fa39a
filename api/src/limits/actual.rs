//! What a document has cost: the formula of `price.rs` over the lists as they came, read off the answer.
//!
//! A field counts for each object in which its key was answered, null included: somebody looked. Nothing is below null,
//! and an empty list is free. It is never more than was asked for.

use async_graphql::{Name, Value, Variables, indexmap::IndexMap};

use super::tariff::{Part, Set, Tariff};

/// The cost of this answer to the operation, at most `requested`.
pub fn actual(tariff: &Tariff, variables: &Variables, data: &Value, requested: u64) -> u64 {
    let mut reading = Reading { tariff, variables, sum: 0 };
    reading.value(&tariff.root, data, 0);
    reading.sum.min(requested)
}

struct Reading<'a> {
    tariff: &'a Tariff,
    variables: &'a Variables,
    sum: u64,
}

impl<'a> Reading<'a> {
    fn value(&mut self, set: &'a Set, value: &Value, weight: u64) {
        match value {
            // Nothing below costs anything, so only the number of values matters.
            Value::List(items) if set.0.is_empty() && !items.iter().any(|item| matches!(item, Value::List(_))) => {
                let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
                self.sum = self.sum.saturating_add(weight.saturating_mul(count));
            }
            Value::List(items) => items.iter().for_each(|item| self.value(set, item, weight)),
            Value::Object(object) => {
                self.sum = self.sum.saturating_add(weight);
                self.object(set, object, &mut Vec::new());
            }
            _ => self.sum = self.sum.saturating_add(weight),
        }
    }

    /// `counted` are the keys of this object whose weight is in the sum.
    fn object(&mut self, set: &'a Set, object: &IndexMap<Name, Value>, counted: &mut Vec<&'a str>) {
        for item in &set.0 {
            if item.is_skipped(self.variables) {
                continue;
            }
            match &item.part {
                Part::Field(field) => {
                    let key = field.key.as_str();
                    let weight = if counted.contains(&key) { 0 } else { field.weight };
                    counted.push(key);
                    if let Some(value) = object.get(key) {
                        self.value(&field.below, value, weight);
                    }
                }
                Part::Inline(set) => self.object(set, object, counted),
                Part::Spread(index) => self.object(&self.tariff.fragments[*index], object, counted),
            }
        }
    }
}
