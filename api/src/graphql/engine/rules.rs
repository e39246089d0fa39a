//! What the compiler's validation leaves out: fields given twice in an input object, `@oneOf` literals, and variables
//! inside lists and input objects, and literals of custom scalars.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    ExecutableDocument, Node, Schema,
    ast::{Type, Value, VariableDefinition},
    executable::{Argument, Directive, InlineFragment, Operation, Selection, SelectionSet},
    schema::{ExtendedType, InputValueDefinition},
    validation::Valid,
};

use super::{
    document::{Lines, Types},
    error::RequestError,
    variables::constant,
};

/// Checks all operations of a document that the compiler found valid. Errors: `VALIDATION_FAILED`.
pub(super) fn check(types: &Types, document: &Valid<ExecutableDocument>, lines: &Lines) -> Vec<RequestError> {
    let mut errors = Vec::new();
    for operation in document.operations.iter() {
        let mut checking = Checking {
            schema: &types.schema,
            fits: types.fits,
            document,
            lines,
            variables: operation.variables.iter().map(|variable| (variable.name.as_str(), &**variable)).collect(),
            seen: HashSet::new(),
            errors: &mut errors,
        };
        checking.operation(operation);
    }
    errors
}

struct Checking<'a> {
    schema: &'a Valid<Schema>,
    fits: fn(&str, &async_graphql::Value) -> bool,
    document: &'a ExecutableDocument,
    lines: &'a Lines,
    variables: HashMap<&'a str, &'a VariableDefinition>,
    /// Fragments that this operation has been through.
    seen: HashSet<&'a str>,
    errors: &'a mut Vec<RequestError>,
}

impl<'a> Checking<'a> {
    fn operation(&mut self, operation: &'a Operation) {
        for variable in &operation.variables {
            if let Some(default) = &variable.default_value {
                self.value(default, &variable.ty, false);
            }
            self.directives(&variable.directives);
        }
        self.directives(&operation.directives);
        self.selections(&operation.selection_set);
    }

    fn selections(&mut self, set: &'a SelectionSet) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    self.directives(&field.directives);
                    self.arguments(&field.arguments, &field.definition.arguments);
                    self.selections(&field.selection_set);
                }
                Selection::InlineFragment(fragment) => {
                    let InlineFragment { directives, selection_set, .. } = &**fragment;
                    self.directives(directives);
                    self.selections(selection_set);
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.directives);
                    let Some(fragment) = self.document.fragments.get(&spread.fragment_name) else { continue };
                    if self.seen.insert(spread.fragment_name.as_str()) {
                        self.directives(&fragment.directives);
                        self.selections(&fragment.selection_set);
                    }
                }
            }
        }
    }

    fn directives(&mut self, directives: &'a [Node<Directive>]) {
        for directive in directives {
            if let Some(definition) = self.schema.directive_definitions.get(&directive.name) {
                self.arguments(&directive.arguments, &definition.arguments);
            }
        }
    }

    fn arguments(&mut self, arguments: &'a [Node<Argument>], definitions: &[Node<InputValueDefinition>]) {
        for argument in arguments {
            if let Some(definition) = definitions.iter().find(|definition| definition.name == argument.name) {
                self.value(&argument.value, &definition.ty, definition.default_value.is_some());
            }
        }
    }

    /// `has_default`: the place has a default, so that a nullable variable may stand in a non-null place.
    fn value(&mut self, value: &'a Node<Value>, ty: &Type, has_default: bool) {
        let named = ty.inner_named_type();
        let is_custom =
            matches!(self.schema.types.get(named), Some(ExtendedType::Scalar(scalar)) if !scalar.is_built_in());
        if is_custom && !ty.is_list() && !has_variable(value) {
            let written = constant(value);
            if !value.is_null() && !(self.fits)(named, &written) {
                self.refuse(value, format!("This is not of type {named}."));
            }
            return;
        }
        match &**value {
            Value::Variable(name) => {
                let Some(variable) = self.variables.get(name.as_str()) else { return };
                let filled = has_default || variable.default_value.as_ref().is_some_and(|value| !value.is_null());
                let wanted = if ty.is_non_null() && filled { ty.clone().nullable() } else { ty.clone() };
                if !variable.ty.is_assignable_to(&wanted) {
                    self.refuse(
                        value,
                        format!("The variable ${name} is of type {}; this place wants {ty}.", variable.ty),
                    );
                }
            }
            Value::List(items) if ty.is_list() => {
                for item in items {
                    self.value(item, ty.item_type(), false);
                }
            }
            // One value stands for a list of one.
            Value::Object(_) if ty.is_list() => self.value(value, ty.item_type(), false),
            Value::Object(fields) => self.object(value, fields, ty),
            _ => {}
        }
    }

    fn object(&mut self, value: &'a Node<Value>, fields: &'a [(apollo_compiler::Name, Node<Value>)], ty: &Type) {
        let mut names = HashSet::new();
        for (name, _) in fields {
            if !names.insert(name) {
                self.refuse(value, format!("The field {name} is given twice."));
            }
        }
        let schema = self.schema;
        let Some(ExtendedType::InputObject(input)) = schema.types.get(ty.inner_named_type()) else { return };
        for (name, inner) in fields {
            if let Some(definition) = input.fields.get(name) {
                self.value(inner, &definition.ty, definition.default_value.is_some());
            }
        }
        if input.directives.has("oneOf") {
            let variable_may_be_null = |inner: &Value| match inner {
                Value::Variable(name) => self.variables.get(name.as_str()).is_some_and(|found| !found.ty.is_non_null()),
                other => other.is_null(),
            };
            if fields.len() != 1 || fields.iter().any(|(_, inner)| variable_may_be_null(inner)) {
                self.refuse(value, format!("Exactly one field of {} must be given, and not null.", input.name));
            }
        }
    }

    fn refuse(&mut self, value: &Node<Value>, message: String) {
        let place = self.lines.place(value.location());
        self.errors.push(RequestError::invalid(message).at(Some(place)));
    }
}

fn has_variable(value: &Value) -> bool {
    match value {
        Value::Variable(_) => true,
        Value::List(items) => items.iter().any(|item| has_variable(item)),
        Value::Object(fields) => fields.iter().any(|(_, field)| has_variable(field)),
        _ => false,
    }
}
