//! `CollectFields` of the specification, over a whole document instead of one object.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    Name as CompilerName, Node,
    ast::Value as Literal,
    executable::{Directive as Applied, Field as Asked, Selection as Chosen, SelectionSet as Set},
};
use async_graphql::{Pos, Value};

use super::preflight::Forming;

/// What a selection set asks for, in the order of the specification.
#[derive(Default)]
pub(super) struct Collected<'a> {
    pub(super) order: Vec<Part<'a>>,
    /// Index into `order` by response key.
    keys: HashMap<&'a str, usize>,
}

pub(super) enum Part<'a> {
    /// One response key and all fields that ask for it.
    Fields(Vec<&'a Node<Asked>>),
    /// A fragment on a type that the object may or may not be.
    Case(&'a CompilerName, &'a Set, Pos),
}

impl<'a> Forming<'a> {
    pub(super) fn collect(&self, parent: &str, set: &'a Set, collected: &mut Collected<'a>) {
        for selection in &set.selections {
            if self.is_skipped(selection.directives()) {
                continue;
            }
            let (condition, inner, at) = match selection {
                Chosen::Field(field) => {
                    let next = collected.order.len();
                    let index = *collected.keys.entry(field.response_key().as_str()).or_insert(next);
                    match collected.order.get_mut(index) {
                        Some(Part::Fields(fields)) => fields.push(field),
                        _ => collected.order.push(Part::Fields(vec![field])),
                    }
                    continue;
                }
                Chosen::InlineFragment(fragment) => {
                    (fragment.type_condition.as_ref(), &fragment.selection_set, fragment.location())
                }
                Chosen::FragmentSpread(spread) => match self.operation.document.fragments.get(&spread.fragment_name) {
                    Some(fragment) => (Some(&fragment.selection_set.ty), &fragment.selection_set, spread.location()),
                    None => continue,
                },
            };
            match condition {
                Some(name) if name != parent && !self.types.schema.is_subtype(name, parent) => {
                    if self.types.possible.contains_key(parent) {
                        collected.order.push(Part::Case(name, inner, self.operation.lines.place(at)));
                    }
                }
                _ => self.collect(parent, inner, collected),
            }
        }
    }

    /// Whether an object of this interface or union would be asked twice for a field with selections of its own.
    pub(super) fn asks_twice(&self, parent: &str, collected: &Collected<'a>) -> bool {
        if self.left.get() == 0 {
            return false;
        }
        let mut asked: HashMap<&str, Vec<(usize, &str)>> = HashMap::new();
        for (index, part) in collected.order.iter().enumerate() {
            let mut keys = HashSet::new();
            let condition = match part {
                Part::Fields(fields) if fields[0].selection_set.is_empty() => continue,
                Part::Fields(fields) => {
                    keys.insert(fields[0].response_key().as_str());
                    parent
                }
                Part::Case(name, set, _) => {
                    self.composites(set, &mut keys);
                    name.as_str()
                }
            };
            for key in keys {
                let others = asked.entry(key).or_default();
                if others
                    .iter()
                    .any(|&(_, other)| other == parent || condition == parent || self.meet(other, condition))
                {
                    return true;
                }
                others.push((index, condition));
            }
        }
        false
    }

    /// Response keys with selections of their own, whatever the type.
    fn composites(&self, set: &'a Set, keys: &mut HashSet<&'a str>) {
        for selection in &set.selections {
            if self.is_skipped(selection.directives()) {
                continue;
            }
            match selection {
                Chosen::Field(field) if field.selection_set.is_empty() => {}
                Chosen::Field(field) => {
                    keys.insert(field.response_key().as_str());
                }
                Chosen::InlineFragment(fragment) => self.composites(&fragment.selection_set, keys),
                Chosen::FragmentSpread(spread) => {
                    if let Some(fragment) = self.operation.document.fragments.get(&spread.fragment_name) {
                        self.composites(&fragment.selection_set, keys);
                    }
                }
            }
        }
    }

    /// Whether one object can be of both types.
    fn meet(&self, one: &str, other: &str) -> bool {
        let possible = |name: &str| self.types.possible.get(name).map(Vec::as_slice);
        match (possible(one), possible(other)) {
            (None, None) => one == other,
            (Some(types), None) => types.iter().any(|name| name == other),
            (None, Some(types)) => types.iter().any(|name| name == one),
            (Some(types), Some(others)) => types.iter().any(|name| others.contains(name)),
        }
    }

    fn is_skipped(&self, directives: &'a [Node<Applied>]) -> bool {
        directives.iter().any(|directive| {
            let wanted = match directive.name.as_str() {
                "skip" => false,
                "include" => true,
                _ => return false,
            };
            let value = match directive.specified_argument_by_name("if").map(|value| &**value) {
                Some(Literal::Boolean(value)) => *value,
                Some(Literal::Variable(name)) => match self.variables.get(name.as_str()) {
                    Some(Value::Boolean(value)) => *value,
                    _ => {
                        self.null.set(Some(name.as_str()));
                        false
                    }
                },
                _ => return false,
            };
            value != wanted
        })
    }
}
