//! What a document costs before it runs: the highest amount that it can come to.
//!
//! The formula follows the draft for GraphQL cost directives (`@cost`, slicing arguments, sized fields; see ADR 16):
//! each field has a weight, declared by `@cost` or else 10 for a mutation, 1 for a field with selections, 0 for a leaf. A
//! connection multiplies what is below its sized fields `edges` and `nodes` by the size of the page.
//!
//! What is selected twice counts twice, and so does each case of an interface: merging them could only lower the price.
//! A set of selections is `once + size × each`, so every fragment is added up once whatever the pages around its uses:
//! the work is linear in the length of the document. Sums saturate.

use async_graphql::{Value, Variables};

use super::tariff::{Count, Field, Listed, Number, Part, Set, Tariff};
use crate::graphql::paging::DEFAULT_PAGE;

/// The price of an operation with its variables. A page larger than `largest_page` will be refused, so it counts as that.
pub fn price(tariff: &Tariff, variables: &Variables, largest_page: u64) -> u64 {
    let known = vec![None; tariff.fragments.len()];
    Pricing { tariff, variables, largest_page, known }.set(&tariff.root).of(1)
}

/// The price of a set of selections on a connection of some size.
#[derive(Clone, Copy, Default)]
struct Sum {
    once: u64,
    each: u64,
}

impl Sum {
    fn add(&mut self, other: Sum) {
        self.once = self.once.saturating_add(other.once);
        self.each = self.each.saturating_add(other.each);
    }

    fn of(self, size: u64) -> u64 {
        self.once.saturating_add(self.each.saturating_mul(size))
    }
}

struct Pricing<'a> {
    tariff: &'a Tariff,
    variables: &'a Variables,
    largest_page: u64,
    /// Sums of fragments, by index.
    known: Vec<Option<Sum>>,
}

impl Pricing<'_> {
    fn set(&mut self, set: &Set) -> Sum {
        let mut sum = Sum::default();
        for item in &set.0 {
            if item.is_skipped(self.variables) {
                continue;
            }
            sum.add(match &item.part {
                Part::Field(field) => self.field(field),
                Part::Inline(set) => self.set(set),
                Part::Spread(index) => self.fragment(*index),
            });
        }
        sum
    }

    fn fragment(&mut self, index: usize) -> Sum {
        if let Some(known) = self.known[index] {
            return known;
        }
        let tariff = self.tariff;
        let sum = self.set(&tariff.fragments[index]);
        self.known[index] = Some(sum);
        sum
    }

    fn field(&mut self, field: &Field) -> Sum {
        let below = self.set(&field.below);
        let amount = match &field.count {
            Count::Page(sizes) => field.weight.saturating_add(below.of(self.page(sizes))),
            Count::Values(listed) => field.weight.saturating_add(below.of(1)).saturating_mul(self.listed(listed)),
        };
        match field.is_sized {
            true => Sum { once: 0, each: amount },
            false => Sum { once: amount, each: 0 },
        }
    }

    /// Items of the page that the field asks for.
    fn page(&self, sizes: &[Number]) -> u64 {
        let sizes = sizes.iter().filter_map(|size| match size {
            Number::Known(size) => Some(*size),
            Number::Variable(name) => match self.variables.get(name.as_str()) {
                Some(Value::Number(number)) => number.as_i64().map(|number| u64::try_from(number).unwrap_or(0)),
                _ => None,
            },
        });
        sizes.max().unwrap_or(DEFAULT_PAGE).min(self.largest_page)
    }

    fn listed(&self, listed: &Listed) -> u64 {
        match listed {
            Listed::Known(count) => *count,
            Listed::Variable(name) => match self.variables.get(name.as_str()) {
                Some(Value::List(ids)) => u64::try_from(ids.len()).unwrap_or(u64::MAX),
                _ => 1,
            },
        }
    }
}
