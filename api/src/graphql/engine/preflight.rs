//! The document that is executed: made from the prepared operation for the variables of one request.
//!
//! The framework's executor asks for care: it runs a response key that is selected twice twice, ignores fragments at
//! the root of a subscription, forgets the defaults of variables in `@skip` and of arguments whose variable is
//! omitted, and does not let `__typename` carry a condition. So it is given a document in which none of this occurs:
//! fragments are written out wherever the type is known, equal keys are merged as the specification's `CollectFields`
//! does, conditions are decided, and arguments whose variable was not sent are gone.
//!
//! The form depends on the variables only through which are omitted and which booleans are true, so it is built once
//! per such pattern and kept with the prepared operation.

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, atomic::AtomicBool},
};

use apollo_compiler::{
    Node,
    ast::Value as Literal,
    executable::{DirectiveList, Field as Asked, SelectionSet as Set},
};
use async_graphql::{
    Name, Pos, Positioned, Value, Variables,
    indexmap::IndexMap,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument, Field, InlineFragment, OperationDefinition, Selection,
        SelectionSet, Type, TypeCondition, VariableDefinition,
    },
};
use async_graphql_value::Value as InputValue;

use super::{
    collect::{Collected, Part},
    document::{Prepared, PreparedOperation, Types},
    error::RequestError,
    variables::constant,
};

/// Patterns of variables whose form is kept per operation.
const FORMS: usize = 8;
/// Selections that the cases of interfaces may add to a document.
const CASES: usize = 20_000;

/// A document as it is executed.
pub(super) struct Form {
    pub(super) document: ExecutableDocument,
    /// Whether the executor's own limits have let it pass: see `bare`.
    pub(super) passed: AtomicBool,
}

/// The document for these (coerced) variables. `VALIDATION_FAILED` when a condition was sent as null.
pub(super) fn form(types: &Types, prepared: &Prepared, variables: &Variables) -> Result<Arc<Form>, RequestError> {
    let operation = &prepared.0;
    let pattern = pattern(operation, variables);
    if let Some(pattern) = pattern {
        let forms = operation.forms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, form)) = forms.iter().find(|(known, _)| *known == pattern) {
            return Ok(form.clone());
        }
    }
    let forming = Forming { types, operation, variables, left: Cell::new(CASES), null: Cell::new(None) };
    let form = Arc::new(Form { document: forming.document(prepared), passed: AtomicBool::new(false) });
    if let Some(name) = forming.null.get() {
        return Err(RequestError::invalid(format!("The variable ${name} decides about a field and may not be null.")));
    }
    if let Some(pattern) = pattern {
        let mut forms = operation.forms.lock().unwrap_or_else(PoisonError::into_inner);
        if forms.len() >= FORMS {
            forms.remove(0);
        }
        forms.push((pattern, form.clone()));
    }
    Ok(form)
}

/// Two bits a variable: omitted or sent, and if it is a boolean, which. `None` for more variables than the bits hold.
fn pattern(operation: &PreparedOperation, variables: &Variables) -> Option<u64> {
    let definitions = &operation.operation.variables;
    (definitions.len() <= 32).then(|| {
        definitions.iter().fold(0, |bits, definition| {
            let value = match variables.get(definition.name.as_str()) {
                None => 0,
                Some(Value::Boolean(true)) => 2,
                Some(Value::Null) if definition.ty.inner_named_type() == "Boolean" => 3,
                Some(_) => 1,
            };
            bits << 2 | value
        })
    })
}

pub(super) struct Forming<'a> {
    pub(super) types: &'a Types,
    pub(super) operation: &'a PreparedOperation,
    pub(super) variables: &'a Variables,
    pub(super) left: Cell<usize>,
    /// A condition whose variable is null: the request cannot be answered.
    pub(super) null: Cell<Option<&'a str>>,
}

impl<'a> Forming<'a> {
    fn document(&self, prepared: &Prepared) -> ExecutableDocument {
        let operation = &self.operation.operation;
        let at = self.operation.lines.place(operation.location());
        let sent =
            operation.variables.iter().filter(|definition| self.variables.contains_key(definition.name.as_str()));
        let definition = OperationDefinition {
            ty: prepared.kind(),
            variable_definitions: sent
                .filter_map(|definition| {
                    let at = self.operation.lines.place(definition.location());
                    let definition = VariableDefinition {
                        name: Positioned::new(Name::new(definition.name.as_str()), at),
                        var_type: Positioned::new(Type::new(&definition.ty.to_string())?, at),
                        directives: Vec::new(),
                        default_value: None,
                    };
                    Some(Positioned::new(definition, at))
                })
                .collect(),
            directives: self.directives(&operation.directives),
            selection_set: self.set(operation.object_type(), &[&operation.selection_set], at),
        };
        let definition = Positioned::new(definition, at);
        let operations = match &operation.name {
            Some(name) => DocumentOperations::Multiple([(Name::new(name.as_str()), definition)].into()),
            None => DocumentOperations::Single(definition),
        };
        ExecutableDocument { operations, fragments: HashMap::new() }
    }

    fn set(&self, parent: &str, sets: &[&'a Set], at: Pos) -> Positioned<SelectionSet> {
        Positioned::new(SelectionSet { items: self.selections(parent, sets) }, at)
    }

    fn selections(&self, parent: &str, sets: &[&'a Set]) -> Vec<Positioned<Selection>> {
        let mut collected = Collected::default();
        for set in sets {
            self.collect(parent, set, &mut collected);
        }
        let possible = self.types.possible.get(parent);
        if let Some(possible) = possible.filter(|_| self.asks_twice(parent, &collected)) {
            let cases = possible.iter().filter_map(|name| {
                let items = self.selections(name, sets);
                self.left.set(self.left.get().saturating_sub(items.len()));
                let at = items.first()?.pos;
                Some(self.case(name, items, at))
            });
            return cases.collect();
        }
        let mut leaves = HashSet::new();
        let mut items = Vec::with_capacity(collected.order.len());
        // Fields that are asked of an interface itself, wrapped in a fragment on that interface: the framework then
        // asks the object. Without the fragment it would ask the interface, which does not run the object's guards.
        let mut asked: Vec<Positioned<Selection>> = Vec::new();
        for part in &collected.order {
            match part {
                Part::Fields(fields) if possible.is_some() => {
                    if fields[0].selection_set.is_empty() {
                        leaves.insert(fields[0].response_key().as_str());
                    }
                    asked.push(self.field(parent, fields));
                }
                Part::Fields(fields) => items.push(self.field(parent, fields)),
                Part::Case(name, set, at) => {
                    items.extend(self.wrapped(parent, &mut asked));
                    // The framework does not match unions here, so they are written out as their members.
                    let union = self.types.schema.get_union(name).and_then(|_| self.types.possible.get(*name));
                    for name in union.map_or(std::slice::from_ref(*name), Vec::as_slice) {
                        let mut inner = self.selections(name, &[*set]);
                        // A leaf that was asked of the object already need not be asked again.
                        inner.retain(|item| match &item.node {
                            Selection::Field(field) => !leaves.contains(field.node.response_key().node.as_str()),
                            _ => true,
                        });
                        if !inner.is_empty() {
                            items.push(self.case(name, inner, *at));
                        }
                    }
                }
            }
        }
        items.extend(self.wrapped(parent, &mut asked));
        items
    }

    fn wrapped(&self, parent: &str, asked: &mut Vec<Positioned<Selection>>) -> Option<Positioned<Selection>> {
        let at = asked.first()?.pos;
        Some(self.case(parent, std::mem::take(asked), at))
    }

    fn case(&self, name: &str, items: Vec<Positioned<Selection>>, at: Pos) -> Positioned<Selection> {
        let on = TypeCondition { on: Positioned::new(Name::new(name), at) };
        let fragment = InlineFragment {
            type_condition: Some(Positioned::new(on, at)),
            directives: Vec::new(),
            selection_set: Positioned::new(SelectionSet { items }, at),
        };
        Positioned::new(Selection::InlineFragment(Positioned::new(fragment, at)), at)
    }

    fn field(&self, parent: &str, fields: &[&'a Node<Asked>]) -> Positioned<Selection> {
        let first = fields[0];
        let lines = &self.operation.lines;
        let at = lines.place(first.location());
        let name_at = lines.place(first.name.location());
        // The object's own definition: its type may be narrower than that of the interface the text speaks of.
        let definition = self.types.schema.type_field(parent, &first.name).ok();
        let ty = definition.map_or(&first.definition.ty, |definition| &definition.ty).inner_named_type();
        let sets: Vec<_> = fields.iter().map(|field| &field.selection_set).collect();
        let field = Field {
            alias: first.alias.as_ref().map(|alias| Positioned::new(Name::new(alias.as_str()), at)),
            name: Positioned::new(Name::new(first.name.as_str()), name_at),
            arguments: self.arguments(&first.arguments),
            directives: self.directives(&first.directives),
            selection_set: self.set(ty, &sets, name_at),
        };
        Positioned::new(Selection::Field(Positioned::new(field, at)), at)
    }

    fn arguments(
        &self,
        arguments: &[Node<apollo_compiler::ast::Argument>],
    ) -> Vec<(Positioned<Name>, Positioned<InputValue>)> {
        let written = arguments.iter().filter_map(|argument| {
            let at = self.operation.lines.place(argument.value.location());
            let value = self.value(&argument.value)?;
            Some((Positioned::new(Name::new(argument.name.as_str()), at), Positioned::new(value, at)))
        });
        written.collect()
    }

    /// `None` for a variable that was not sent: its argument or input field is as good as not written.
    fn value(&self, literal: &Literal) -> Option<InputValue> {
        Some(match literal {
            Literal::Variable(name) => {
                self.variables.get(name.as_str())?;
                InputValue::Variable(Name::new(name.as_str()))
            }
            Literal::List(items) => {
                InputValue::List(items.iter().map(|item| self.value(item).unwrap_or(InputValue::Null)).collect())
            }
            Literal::Object(fields) => {
                let given =
                    fields.iter().filter_map(|(name, value)| Some((Name::new(name.as_str()), self.value(value)?)));
                InputValue::Object(given.collect::<IndexMap<_, _>>())
            }
            other => constant(other).into_value(),
        })
    }

    /// The directives of a field without the two that have been decided.
    fn directives(&self, directives: &DirectiveList) -> Vec<Positioned<Directive>> {
        let rest = directives.iter().filter(|directive| !matches!(directive.name.as_str(), "skip" | "include"));
        rest.map(|directive| {
            let at = self.operation.lines.place(directive.location());
            let name = Positioned::new(Name::new(directive.name.as_str()), at);
            Positioned::new(Directive { name, arguments: self.arguments(&directive.arguments) }, at)
        })
        .collect()
    }
}

/// Root fields of a formed document.
pub(super) fn root_count(document: &ExecutableDocument) -> usize {
    document.operations.iter().map(|(_, operation)| operation.node.selection_set.node.items.len()).sum()
}
