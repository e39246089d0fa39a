//! Which deprecated elements of the schema an operation uses.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::{Directive, Type, Value as Literal},
    executable::{Operation, Selection, SelectionSet},
    schema::ExtendedType,
};
use serde_json::{Map, Value as Json};

/// The deprecated elements of a schema by their coordinates, with the reasons that it gives.
#[derive(Debug, Default)]
pub struct Deprecations {
    reasons: BTreeMap<Arc<str>, String>,
    /// Input types and enums in whose values there can be a deprecated element.
    inputs: HashSet<Name>,
}

impl Deprecations {
    pub(super) fn new(schema: &Schema) -> Self {
        let mut found = Self::default();
        for (name, definition) in schema.types.iter().filter(|(_, definition)| !definition.is_built_in()) {
            let fields = match definition {
                ExtendedType::Object(object) => Some(&object.fields),
                ExtendedType::Interface(interface) => Some(&interface.fields),
                _ => None,
            };
            for (field, definition) in fields.into_iter().flatten() {
                found.see(format!("{name}.{field}"), definition.directives.get("deprecated"));
                for argument in &definition.arguments {
                    let coordinate = format!("{name}.{field}({}:)", argument.name);
                    found.see(coordinate, argument.directives.get("deprecated"));
                }
            }
            let inside = match definition {
                ExtendedType::Enum(definition) => definition.values.iter().fold(false, |any, (value, definition)| {
                    found.see(format!("{name}.{value}"), definition.directives.get("deprecated")) || any
                }),
                ExtendedType::InputObject(input) => input.fields.iter().fold(false, |any, (field, definition)| {
                    found.see(format!("{name}.{field}"), definition.directives.get("deprecated")) || any
                }),
                _ => false,
            };
            if inside {
                found.inputs.insert(name.clone());
            }
        }
        found.reach(schema);
        found
    }

    /// Why the element with this coordinate is deprecated; nothing if it is not.
    pub fn reason(&self, coordinate: &str) -> Option<&str> {
        self.reasons.get(coordinate).map(String::as_str)
    }

    fn see(&mut self, coordinate: String, directive: Option<&Node<Directive>>) -> bool {
        let Some(directive) = directive else { return false };
        let reason = directive.specified_argument_by_name("reason").and_then(|reason| reason.as_str());
        self.reasons.insert(coordinate.into(), reason.unwrap_or("No longer supported").to_owned());
        true
    }

    /// Input objects that hold such types hold such elements, too.
    fn reach(&mut self, schema: &Schema) {
        loop {
            let holds = |(name, definition): &(&Name, &ExtendedType)| match definition {
                ExtendedType::InputObject(input) if !self.inputs.contains(*name) => {
                    input.fields.values().any(|field| self.inputs.contains(field.ty.inner_named_type()))
                }
                _ => false,
            };
            let more: Vec<Name> = schema.types.iter().filter(holds).map(|(name, _)| name.clone()).collect();
            if more.is_empty() {
                return;
            }
            self.inputs.extend(more);
        }
    }

    /// What the text uses, fragments and defaults of variables included; each once.
    pub(super) fn in_text(
        &self,
        schema: &Schema,
        document: &ExecutableDocument,
        operation: &Operation,
    ) -> Vec<Arc<str>> {
        if self.reasons.is_empty() {
            return Vec::new();
        }
        let mut search = Search { known: self, schema, document, fragments: HashSet::new(), found: BTreeSet::new() };
        search.set(&operation.selection_set);
        for variable in &operation.variables {
            if let Some(default) = &variable.default_value {
                search.literal(&variable.ty, default);
            }
        }
        search.found.into_iter().collect()
    }

    /// Whether variables of this operation can bring more.
    pub(super) fn may_come(&self, operation: &Operation) -> bool {
        operation.variables.iter().any(|variable| self.inputs.contains(variable.ty.inner_named_type()))
    }

    /// The same list, longer by what the variables use, as they were sent.
    pub(super) fn with_sent(
        &self,
        schema: &Schema,
        operation: &Operation,
        sent: &Map<String, Json>,
        known: &[Arc<str>],
    ) -> Vec<Arc<str>> {
        let document = &ExecutableDocument::new();
        let found = known.iter().cloned().collect();
        let mut search = Search { known: self, schema, document, fragments: HashSet::new(), found };
        for variable in &operation.variables {
            if let Some(value) = sent.get(variable.name.as_str()) {
                search.sent(&variable.ty, value);
            }
        }
        search.found.into_iter().collect()
    }
}

struct Search<'a> {
    known: &'a Deprecations,
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    fragments: HashSet<&'a Name>,
    found: BTreeSet<Arc<str>>,
}

impl<'a> Search<'a> {
    fn note(&mut self, coordinate: &str) {
        if let Some((coordinate, _)) = self.known.reasons.get_key_value(coordinate) {
            self.found.insert(coordinate.clone());
        }
    }

    fn set(&mut self, set: &'a SelectionSet) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    self.note(&format!("{}.{}", set.ty, field.name));
                    for argument in &field.arguments {
                        self.note(&format!("{}.{}({}:)", set.ty, field.name, argument.name));
                        if let Some(definition) = field.definition.argument_by_name(&argument.name) {
                            self.literal(&definition.ty, &argument.value);
                        }
                    }
                    self.set(&field.selection_set);
                }
                Selection::InlineFragment(fragment) => self.set(&fragment.selection_set),
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.fragment_name);
                    if let Some(fragment) = fragment.filter(|fragment| self.fragments.insert(&fragment.name)) {
                        self.set(&fragment.selection_set);
                    }
                }
            }
        }
    }

    fn literal(&mut self, ty: &Type, value: &Literal) {
        let name = ty.inner_named_type();
        if !self.known.inputs.contains(name) {
            return;
        }
        match value {
            Literal::List(items) => items.iter().for_each(|item| self.literal(ty.item_type(), item)),
            Literal::Enum(value) => self.note(&format!("{name}.{value}")),
            Literal::Object(fields) => {
                for (field, value) in fields {
                    self.note(&format!("{name}.{field}"));
                    let input = self.schema.get_input_object(name);
                    if let Some(definition) = input.and_then(|input| input.fields.get(field)) {
                        self.literal(&definition.ty, value);
                    }
                }
            }
            _ => {}
        }
    }

    fn sent(&mut self, ty: &Type, value: &Json) {
        let name = ty.inner_named_type();
        if !self.known.inputs.contains(name) {
            return;
        }
        match value {
            Json::Array(items) => items.iter().for_each(|item| self.sent(ty.item_type(), item)),
            Json::String(value) => self.note(&format!("{name}.{value}")),
            Json::Object(fields) => {
                let Some(input) = self.schema.get_input_object(name) else { return };
                for (field, value) in fields {
                    if let Some(definition) = input.fields.get(field.as_str()) {
                        self.note(&format!("{name}.{field}"));
                        self.sent(&definition.ty, value);
                    }
                }
            }
            _ => {}
        }
    }
}
