//! What a client of one schema would stumble over in another: the breaking changes of graphql-js, and besides them
//! changed defaults and `@oneOf`, which change what a document means without breaking it.

use std::collections::BTreeMap;

use apollo_compiler::Schema;
use apollo_compiler::ast::{DirectiveDefinition, InputValueDefinition, Type};
use apollo_compiler::schema::ExtendedType;

/// Whether a value goes to the client or comes from it: what one may become safely, the other may not.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Way {
    Out,
    In,
}

/// Every difference that breaks somebody, as `Type.field: what`, sorted.
pub fn breaking(old: &Schema, new: &Schema) -> Vec<String> {
    let mut found = Found::default();
    for (name, before) in &old.types {
        match new.types.get(name) {
            None => found.say(name, "removed"),
            Some(after) => found.types(name, before, after),
        }
    }
    for (name, before) in &old.directive_definitions {
        match new.directive_definitions.get(name) {
            None => found.say(&format!("@{name}"), "removed"),
            Some(after) => found.directive(&format!("@{name}"), before, after),
        }
    }
    let roots = |schema: &Schema| {
        let roots = &schema.schema_definition;
        [("query", &roots.query), ("mutation", &roots.mutation), ("subscription", &roots.subscription)]
            .map(|(root, name)| (root, name.as_ref().map(ToString::to_string)))
    };
    for ((root, before), (_, after)) in roots(old).into_iter().zip(roots(new)) {
        if before.is_some() && before != after {
            found.say("schema", &format!("another {root} type"));
        }
    }
    found.0.sort();
    found.0
}

#[derive(Default)]
struct Found(Vec<String>);

impl Found {
    fn say(&mut self, place: &str, what: &str) {
        self.0.push(format!("{place}: {what}"));
    }

    fn types(&mut self, name: &str, old: &ExtendedType, new: &ExtendedType) {
        for interface in interfaces(old).into_iter().filter(|one| !interfaces(new).contains(one)) {
            self.say(name, &format!("no longer implements {interface}"));
        }
        match (old, new) {
            (ExtendedType::Object(_), ExtendedType::Object(_))
            | (ExtendedType::Interface(_), ExtendedType::Interface(_)) => {
                let (old, new) = (fields(old), fields(new));
                for (field, (ty, arguments)) in old {
                    let place = format!("{name}.{field}");
                    match new.get(field) {
                        None => self.say(&place, "removed"),
                        Some((after, with)) => {
                            self.kind(&place, ty, after, Way::Out);
                            self.inputs(&arguments, with, |argument| format!("{place}({argument})"), "argument");
                        }
                    }
                }
            }
            (ExtendedType::InputObject(before), ExtendedType::InputObject(after)) => {
                let old = by_name(before.fields.values().map(|field| field.node.as_ref()));
                let new = by_name(after.fields.values().map(|field| field.node.as_ref()));
                self.inputs(&old, &new, |field| format!("{name}.{field}"), "input field");
                if after.directives.has("oneOf") && !before.directives.has("oneOf") {
                    self.say(name, "takes exactly one field now");
                }
            }
            (ExtendedType::Enum(before), ExtendedType::Enum(after)) => {
                for value in before.values.keys().filter(|value| !after.values.contains_key(*value)) {
                    self.say(&format!("{name}.{value}"), "removed");
                }
            }
            (ExtendedType::Union(before), ExtendedType::Union(after)) => {
                for member in before.members.iter().filter(|member| !after.members.contains(*member)) {
                    self.say(name, &format!("no longer has {}", member.name));
                }
            }
            (ExtendedType::Scalar(before), ExtendedType::Scalar(after)) => {
                let specified = |directives: &apollo_compiler::schema::DirectiveList| {
                    directives.get("specifiedBy").map(|one| one.node.to_string())
                };
                if specified(&before.directives) != specified(&after.directives) {
                    self.say(name, "specified by another page");
                }
            }
            _ => self.say(name, "of another kind"),
        }
    }

    fn directive(&mut self, name: &str, old: &DirectiveDefinition, new: &DirectiveDefinition) {
        let before = by_name(old.arguments.iter().map(AsRef::as_ref));
        let after = by_name(new.arguments.iter().map(AsRef::as_ref));
        self.inputs(&before, &after, |argument| format!("{name}({argument})"), "argument");
        for location in old.locations.iter().filter(|location| !new.locations.contains(location)) {
            self.say(name, &format!("no longer on {}", location.name()));
        }
        if old.repeatable && !new.repeatable {
            self.say(name, "no longer repeatable");
        }
    }

    /// Arguments or input fields.
    fn inputs(&mut self, old: &Inputs<'_>, new: &Inputs<'_>, place: impl Fn(&str) -> String, what: &str) {
        for (name, before) in old {
            let Some(after) = new.get(name) else {
                self.say(&place(name), "removed");
                continue;
            };
            self.kind(&place(name), &before.ty, &after.ty, Way::In);
            let default = |one: &InputValueDefinition| one.default_value.as_ref().map(ToString::to_string);
            if default(before) != default(after) {
                self.say(&place(name), "another default");
            }
        }
        for (name, added) in new {
            if added.is_required() && !old.contains_key(name) {
                self.say(&place(name), &format!("required {what} added"));
            }
        }
    }

    fn kind(&mut self, place: &str, old: &Type, new: &Type, way: Way) {
        let is_safe = if way == Way::Out { new.is_assignable_to(old) } else { old.is_assignable_to(new) };
        if !is_safe {
            self.say(place, &format!("{old} became {new}"));
        }
    }
}

type Inputs<'s> = BTreeMap<&'s str, &'s InputValueDefinition>;

fn by_name<'s>(all: impl Iterator<Item = &'s InputValueDefinition>) -> Inputs<'s> {
    all.map(|one| (one.name.as_str(), one)).collect()
}

fn fields(definition: &ExtendedType) -> BTreeMap<&str, (&Type, Inputs<'_>)> {
    let fields = match definition {
        ExtendedType::Object(object) => &object.fields,
        ExtendedType::Interface(interface) => &interface.fields,
        _ => return BTreeMap::new(),
    };
    fields
        .iter()
        .map(|(name, field)| (name.as_str(), (&field.ty, by_name(field.arguments.iter().map(AsRef::as_ref)))))
        .collect()
}

fn interfaces(definition: &ExtendedType) -> Vec<String> {
    let names = match definition {
        ExtendedType::Object(object) => &object.implements_interfaces,
        ExtendedType::Interface(interface) => &interface.implements_interfaces,
        _ => return Vec::new(),
    };
    names.iter().map(|name| name.to_string()).collect()
}
