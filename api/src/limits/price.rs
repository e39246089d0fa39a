//! What a document costs before it runs: the highest amount that it can come to.
//!
//! The formula follows the draft for GraphQL cost directives (`@cost`, slicing arguments, sized fields; see ADR 16):
//! each field has a weight, declared by `@cost` or else 10 for a mutation, 1 for a field with selections, 0 for a leaf. A
//! connection multiplies what is below its sized fields `edges` and `nodes` by the size of the page.
//!
//! What is selected twice counts twice, and so does each case of an interface: merging them could only lower the price.
//! A set of selections is `once + size × each`, so every fragment is added up once whatever the pages around its uses:
//! the work is linear in the length of the document. Sums saturate.

use std::collections::HashMap;

use apollo_compiler::ast::{FieldDefinition, Value as Literal};
use apollo_compiler::executable::{DirectiveList, Field, Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Name, Schema};
use async_graphql::{Value, Variables};

use crate::graphql::engine::Ready;
use crate::graphql::paging::DEFAULT_PAGE;

/// The weight of a mutation that declares none.
const MUTATION: u64 = 10;

/// The price of an operation with its variables. A page larger than `largest_page` will be refused, so it counts as that.
pub fn price(types: &Schema, ready: &Ready, largest_page: u64) -> u64 {
    let prepared = ready.prepared();
    let variables = ready.variables();
    let mut pricing =
        Pricing { types, document: prepared.document(), variables, largest_page, fragments: HashMap::new() };
    pricing.set(&prepared.operation().selection_set).of(1)
}

/// What one of the field's own values costs, whatever is below it.
pub fn weight(types: &Schema, parent: &str, definition: &FieldDefinition) -> u64 {
    let declared = definition.directives.get("cost").and_then(|cost| cost.specified_argument_by_name("weight"));
    if let Some(weight) = declared.and_then(|weight| weight.to_i32()) {
        return u64::try_from(weight).unwrap_or(0);
    }
    let mutations = types.schema_definition.mutation.as_ref();
    if mutations.is_some_and(|root| root.name == parent) {
        return MUTATION;
    }
    match types.types.get(definition.ty.inner_named_type()) {
        Some(ty) if ty.is_object() || ty.is_interface() || ty.is_union() => 1,
        _ => 0,
    }
}

/// Whether `@skip` or `@include` takes the selection out.
pub fn is_skipped(directives: &DirectiveList, variables: &Variables) -> bool {
    let says = |name: &str, wanted: bool| {
        let condition = directives.get(name).and_then(|directive| directive.specified_argument_by_name("if"));
        condition.is_some_and(|condition| match condition.as_ref() {
            Literal::Boolean(value) => *value == wanted,
            Literal::Variable(name) => variables.get(name.as_str()) == Some(&Value::Boolean(wanted)),
            _ => false,
        })
    };
    says("skip", true) || says("include", false)
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
    types: &'a Schema,
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    largest_page: u64,
    fragments: HashMap<&'a Name, Sum>,
}

impl<'a> Pricing<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Sum {
        let mut sum = Sum::default();
        for selection in &set.selections {
            if is_skipped(selection.directives(), self.variables) {
                continue;
            }
            sum.add(match selection {
                Selection::Field(field) => self.field(&set.ty, field),
                Selection::InlineFragment(inline) => self.set(&inline.selection_set),
                Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name),
            });
        }
        sum
    }

    fn fragment(&mut self, name: &'a Name) -> Sum {
        if let Some(known) = self.fragments.get(name) {
            return *known;
        }
        let sum = self.document.fragments.get(name).map(|fragment| self.set(&fragment.selection_set));
        let sum = sum.unwrap_or_default();
        self.fragments.insert(name, sum);
        sum
    }

    fn field(&mut self, parent: &str, field: &'a Field) -> Sum {
        let weight = weight(self.types, parent, &field.definition);
        let below = self.set(&field.selection_set);
        let amount = if is_connection(field.definition.ty.inner_named_type()) {
            weight.saturating_add(below.of(self.page(field)))
        } else {
            weight.saturating_add(below.of(1)).saturating_mul(self.listed(field))
        };
        match is_connection(parent) && matches!(field.name.as_str(), "edges" | "nodes") {
            true => Sum { once: 0, each: amount },
            false => Sum { once: amount, each: 0 },
        }
    }

    /// Items of the page that the field asks for.
    fn page(&self, field: &Field) -> u64 {
        let sizes = ["first", "last"].into_iter().filter_map(|name| self.number(argument(field, name)?));
        sizes.max().unwrap_or(DEFAULT_PAGE).min(self.largest_page)
    }

    fn number(&self, literal: &Literal) -> Option<u64> {
        let number = match literal {
            Literal::Int(number) => number.try_to_i32().ok().map(i64::from),
            Literal::Variable(name) => match self.variables.get(name.as_str()) {
                Some(Value::Number(number)) => number.as_i64(),
                _ => None,
            },
            _ => None,
        };
        number.map(|number| u64::try_from(number).unwrap_or(0))
    }

    /// How many objects a field answers with that is given their ids.
    fn listed(&self, field: &Field) -> u64 {
        let count = match argument(field, "ids") {
            Some(Literal::List(ids)) => ids.len(),
            Some(Literal::Variable(name)) => match self.variables.get(name.as_str()) {
                Some(Value::List(ids)) => ids.len(),
                _ => 1,
            },
            _ => 1,
        };
        u64::try_from(count).unwrap_or(u64::MAX)
    }
}

fn argument<'f>(field: &'f Field, name: &str) -> Option<&'f Literal> {
    field.specified_argument_by_name(name).map(|value| value.as_ref())
}

fn is_connection(ty: &str) -> bool {
    ty.ends_with("Connection")
}
