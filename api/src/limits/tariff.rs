//! What the parts of an operation weigh, found out once and kept with the prepared operation: what remains of the document
//! when everything that can never cost anything is left out.

use std::collections::HashMap;

use apollo_compiler::ast::{FieldDefinition, Value as Literal};
use apollo_compiler::executable::{DirectiveList, Field as Asked, Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Name, Schema};
use async_graphql::{Value, Variables};

use crate::graphql::engine::Prepared;

/// The weight of a mutation that declares none.
const MUTATION: u64 = 10;

/// The weights of one operation.
pub struct Tariff {
    pub root: Set,
    /// Those of its fragments, each once.
    pub fragments: Vec<Set>,
}

/// A set of selections: what of it can cost something.
#[derive(Default)]
pub struct Set(pub Vec<Item>);

/// A selection, and the conditions under which it is there at all.
pub struct Item {
    conditions: Vec<Condition>,
    pub part: Part,
}

pub enum Part {
    Field(Field),
    Inline(Set),
    /// Index of a fragment.
    Spread(usize),
}

pub struct Field {
    /// Its key in the answer.
    pub key: Name,
    /// What each of its values costs, whatever is below.
    pub weight: u64,
    pub below: Set,
    pub count: Count,
    /// Whether it holds a connection's items, so that it costs once an item of the page.
    pub is_sized: bool,
}

/// How often what is below a field comes.
pub enum Count {
    /// Once for each value, of which there are so many.
    Values(Listed),
    /// The page of a connection.
    Page(Vec<Number>),
}

/// How many objects a field answers with that is given their ids.
pub enum Listed {
    Known(u64),
    Variable(Name),
}

/// `first` or `last`.
pub enum Number {
    Known(u64),
    Variable(Name),
}

/// `@skip` or `@include`.
enum Condition {
    Never,
    /// Skipped while this variable has this value.
    Variable(Name, bool),
}

impl Item {
    /// Whether `@skip` or `@include` takes the selection out.
    pub fn is_skipped(&self, variables: &Variables) -> bool {
        self.conditions.iter().any(|condition| match condition {
            Condition::Never => true,
            Condition::Variable(name, value) => variables.get(name.as_str()) == Some(&Value::Boolean(*value)),
        })
    }
}

impl Tariff {
    pub fn of(types: &Schema, prepared: &Prepared) -> Self {
        let document = prepared.document();
        let mut making = Making { types, document, names: HashMap::new(), fragments: Vec::new() };
        let root = making.set(&prepared.operation().selection_set);
        let fragments = making.fragments.into_iter().map(Option::unwrap_or_default).collect();
        Self { root, fragments }
    }
}

struct Making<'a> {
    types: &'a Schema,
    document: &'a ExecutableDocument,
    names: HashMap<&'a Name, usize>,
    /// Nothing while a fragment is being made; validation has seen that none holds itself.
    fragments: Vec<Option<Set>>,
}

impl<'a> Making<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Set {
        let items = set.selections.iter().filter_map(|selection| {
            let part = match selection {
                Selection::Field(field) => Part::Field(self.field(&set.ty, field)?),
                Selection::InlineFragment(inline) => {
                    Part::Inline(Some(self.set(&inline.selection_set)).filter(|set| !set.0.is_empty())?)
                }
                Selection::FragmentSpread(spread) => Part::Spread(self.fragment(&spread.fragment_name)?),
            };
            Some(Item { conditions: conditions(selection.directives()), part })
        });
        Set(items.collect())
    }

    fn fragment(&mut self, name: &'a Name) -> Option<usize> {
        if let Some(known) = self.names.get(name) {
            return Some(*known);
        }
        let fragment = self.document.fragments.get(name)?;
        let index = self.fragments.len();
        self.names.insert(name, index);
        self.fragments.push(None);
        let set = self.set(&fragment.selection_set);
        self.fragments[index] = Some(set);
        Some(index)
    }

    /// Nothing for a field that is free with everything below it.
    fn field(&mut self, parent: &str, field: &'a Asked) -> Option<Field> {
        let weight = weight(self.types, parent, &field.definition);
        let below = self.set(&field.selection_set);
        if weight == 0 && below.0.is_empty() {
            return None;
        }
        let count = match is_connection(field.definition.ty.inner_named_type()) {
            true => {
                Count::Page(["first", "last"].into_iter().filter_map(|name| number(argument(field, name)?)).collect())
            }
            false => Count::Values(listed(field)),
        };
        let is_sized = is_connection(parent) && matches!(field.name.as_str(), "edges" | "nodes");
        Some(Field { key: field.response_key().clone(), weight, below, count, is_sized })
    }
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

fn conditions(directives: &DirectiveList) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for (name, skipped) in [("skip", true), ("include", false)] {
        let written = directives.get(name).and_then(|directive| directive.specified_argument_by_name("if"));
        match written.map(|condition| condition.as_ref()) {
            Some(Literal::Boolean(value)) if *value == skipped => conditions.push(Condition::Never),
            Some(Literal::Variable(name)) => conditions.push(Condition::Variable(name.clone(), skipped)),
            _ => {}
        }
    }
    conditions
}

fn number(literal: &Literal) -> Option<Number> {
    match literal {
        Literal::Int(number) => {
            number.try_to_i32().ok().map(|number| Number::Known(u64::try_from(number).unwrap_or(0)))
        }
        Literal::Variable(name) => Some(Number::Variable(name.clone())),
        _ => None,
    }
}

fn listed(field: &Asked) -> Listed {
    match argument(field, "ids") {
        Some(Literal::List(ids)) => Listed::Known(u64::try_from(ids.len()).unwrap_or(u64::MAX)),
        Some(Literal::Variable(name)) => Listed::Variable(name.clone()),
        _ => Listed::Known(1),
    }
}

fn argument<'f>(field: &'f Asked, name: &str) -> Option<&'f Literal> {
    field.specified_argument_by_name(name).map(|value| value.as_ref())
}

fn is_connection(ty: &str) -> bool {
    ty.ends_with("Connection")
}
