//! What a tool may be given, as a JSON Schema: which schemas are kept, and how arguments are held against one. Pure, and
//! every cost is bounded by the sizes below: nothing is fetched, nothing refers to itself, patterns match in linear time.

use std::collections::HashMap;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::Value;

/// Longest schema, in bytes of JSON.
const LONGEST: usize = 32 * 1024;
/// Most schemas in one, each counted as often as it is referred to.
const MOST_SCHEMAS: usize = 1_000;
const DEEPEST: usize = 32;
const MOST_PATTERNS: usize = 50;
const LONGEST_PATTERN: usize = 500;
/// Most memory of one compiled pattern, in bytes.
const PATTERN_SIZE: usize = 256 * 1024;
/// Largest arguments that are held against a schema, in bytes of JSON.
const LONGEST_ARGUMENTS: usize = 100_000;
/// Most problems that are told at once.
const MOST_PROBLEMS: usize = 5;

/// Something that is wrong, and where in the schema or the arguments.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    pub path: Vec<String>,
    pub message: String,
}

impl Problem {
    fn new(path: &[String], message: impl Into<String>) -> Self {
        Self { path: path.to_vec(), message: message.into() }
    }
}

/// Whether this is kept as the schema of a tool's arguments.
pub fn check(schema: &Value) -> Result<(), Vec<Problem>> {
    let Value::Object(fields) = schema else {
        return Err(vec![Problem::new(&[], "A JSON Schema of an object: an object with \"type\": \"object\".")]);
    };
    if schema.to_string().len() > LONGEST {
        return Err(vec![Problem::new(&[], format!("At most {LONGEST} bytes of JSON."))]);
    }
    if fields.get("type") != Some(&Value::from("object")) {
        return Err(vec![Problem::new(&["type".to_owned()], "The arguments of a tool are an object: \"object\".")]);
    }
    Survey::of(schema)?;
    validator(schema).map(drop).map_err(|error| vec![problem(&error, Side::Schema)])
}

/// Whether the arguments are as the schema has them.
pub fn hold(schema: &Value, arguments: &Value) -> Result<(), Vec<Problem>> {
    if arguments.to_string().len() > LONGEST_ARGUMENTS {
        return Err(vec![Problem::new(&[], format!("At most {LONGEST_ARGUMENTS} bytes of JSON."))]);
    }
    let validator = validator(schema).map_err(|_| vec![Problem::new(&[], "The tool's definition does not hold.")])?;
    let problems: Vec<Problem> =
        validator.iter_errors(arguments).take(MOST_PROBLEMS).map(|error| problem(&error, Side::Arguments)).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn draft(schema: &Value) -> Option<Draft> {
    let name = match schema.get("$schema") {
        None => return Some(Draft::Draft202012),
        Some(name) => name.as_str()?.trim_end_matches('#'),
    };
    match name {
        "https://json-schema.org/draft/2020-12/schema" => Some(Draft::Draft202012),
        "http://json-schema.org/draft-07/schema" => Some(Draft::Draft7),
        _ => None,
    }
}

fn validator(schema: &Value) -> Result<Validator, ValidationError<'static>> {
    jsonschema::options()
        .with_draft(draft(schema).unwrap_or(Draft::Draft202012))
        .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_SIZE).dfa_size_limit(PATTERN_SIZE))
        .offline()
        .build(schema)
}

/// How much a schema stands for: the schemas in it, and how many levels there are.
#[derive(Clone, Copy)]
struct Size {
    schemas: usize,
    levels: usize,
}

impl Size {
    const NOTHING: Self = Self { schemas: 0, levels: 0 };
    const ONE: Self = Self { schemas: 1, levels: 1 };

    fn beside(self, other: Self) -> Self {
        let schemas = self.schemas.saturating_add(other.schemas);
        Self { schemas, levels: self.levels.max(other.levels) }
    }
}

/// A walk over every schema in a schema, at their places and at those that refer to them.
struct Survey<'s> {
    root: &'s Value,
    patterns: usize,
    /// The size of what is referred to; nothing while it is being counted.
    counted: HashMap<&'s str, Option<Size>>,
    problems: Vec<Problem>,
}

impl<'s> Survey<'s> {
    fn of(root: &'s Value) -> Result<(), Vec<Problem>> {
        // The whole is being counted from here on.
        let counted = HashMap::from([("#", None)]);
        let mut survey = Self { root, patterns: 0, counted, problems: Vec::new() };
        if draft(root).is_none() {
            let message = "JSON Schema 2020-12 or draft-07; leave it out for the former.";
            survey.problems.push(Problem::new(&["$schema".to_owned()], message));
        }
        if survey.size(root, &mut Vec::new()).schemas > MOST_SCHEMAS {
            let message = format!("At most {MOST_SCHEMAS} schemas, each counted as often as it is referred to.");
            survey.problems.push(Problem::new(&[], message));
        }
        if survey.patterns > MOST_PATTERNS {
            survey.problems.push(Problem::new(&[], format!("At most {MOST_PATTERNS} patterns.")));
        }
        survey.problems.truncate(MOST_PROBLEMS);
        if survey.problems.is_empty() { Ok(()) } else { Err(survey.problems) }
    }

    fn refuse(&mut self, path: &[String], message: impl Into<String>) -> Size {
        self.problems.push(Problem::new(path, message));
        Size::ONE
    }

    /// What a schema stands for. `path` grows also where one refers to another, so it bounds every walk.
    fn size(&mut self, schema: &'s Value, path: &mut Vec<String>) -> Size {
        if path.len() > DEEPEST {
            return self.refuse(path, format!("At most {DEEPEST} levels deep."));
        }
        match schema {
            Value::Object(fields) => {
                let below = fields.iter().fold(Size::NOTHING, |sum, (key, value)| {
                    path.push(key.clone());
                    let size = self.size_of_field(key, value, path);
                    path.pop();
                    sum.beside(size)
                });
                Size { schemas: below.schemas.saturating_add(1), levels: below.levels + 1 }
            }
            Value::Array(items) => items.iter().enumerate().fold(Size::NOTHING, |sum, (at, item)| {
                path.push(at.to_string());
                let size = self.size(item, path);
                path.pop();
                sum.beside(size)
            }),
            _ => Size::ONE,
        }
    }

    fn size_of_field(&mut self, key: &str, value: &'s Value, path: &mut Vec<String>) -> Size {
        match (key, value) {
            // Values, not schemas.
            ("enum" | "const" | "default" | "example" | "examples", _) => Size::NOTHING,
            ("$id" | "id" | "$anchor" | "$dynamicRef" | "$dynamicAnchor" | "$recursiveRef", Value::String(_)) => {
                self.refuse(path, "A tool's schema has no names: a $ref with # and a path will do.")
            }
            ("$ref", Value::String(target)) => self.size_of_target(target, path),
            ("pattern", Value::String(pattern)) => self.size_of_pattern(pattern, path),
            (
                "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" | "dependencies",
                Value::Object(named),
            ) => named.iter().fold(Size::NOTHING, |sum, (name, schema)| {
                path.push(name.clone());
                let mut size = self.size(schema, path);
                if key == "patternProperties" {
                    size = size.beside(self.size_of_pattern(name, path));
                }
                path.pop();
                sum.beside(size)
            }),
            (_, Value::Object(_) | Value::Array(_)) => self.size(value, path),
            _ => Size::NOTHING,
        }
    }

    fn size_of_pattern(&mut self, pattern: &str, path: &[String]) -> Size {
        self.patterns += 1;
        if pattern.chars().count() > LONGEST_PATTERN {
            return self.refuse(path, format!("At most {LONGEST_PATTERN} characters."));
        }
        Size::NOTHING
    }

    fn size_of_target(&mut self, target: &'s str, path: &mut Vec<String>) -> Size {
        match self.counted.get(target) {
            Some(Some(known)) if path.len() + known.levels > DEEPEST => {
                return self.refuse(path, format!("At most {DEEPEST} levels deep."));
            }
            Some(Some(known)) => return Size { levels: known.levels + 1, ..*known },
            Some(None) => return self.refuse(path, "A tool's schema does not refer to itself."),
            None => {}
        }
        let place = target.strip_prefix('#').filter(|place| place.is_empty() || place.starts_with('/'));
        // No escapes of addresses: what is looked up here is then what the validator finds.
        let found = place.filter(|place| !place.contains('%')).and_then(|place| self.root.pointer(place));
        let Some(found) = found else {
            return self.refuse(path, "A $ref leads to a place in this schema: # and a path.");
        };
        self.counted.insert(target, None);
        let size = self.size(found, path);
        self.counted.insert(target, Some(size));
        Size { levels: size.levels + 1, ..size }
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Side {
    Schema,
    Arguments,
}

/// The validator's finding in our words, without a value of the arguments.
fn problem(error: &ValidationError<'_>, side: Side) -> Problem {
    let place = error.instance_path().as_str();
    let unescape = |part: &str| part.replace("~1", "/").replace("~0", "~");
    let path: Vec<String> = place.split('/').skip(1).map(unescape).collect();
    Problem { path, message: said(error.kind(), side) }
}

fn said(kind: &ValidationErrorKind, side: Side) -> String {
    use ValidationErrorKind as Kind;
    match kind {
        Kind::Required { property } => format!("{} is missing.", property.as_str().unwrap_or("Something")),
        Kind::Type { kind: TypeKind::Single(one) } => format!("Of the type {one}."),
        Kind::Type { kind: TypeKind::Multiple(some) } => {
            let names: Vec<String> = some.iter().map(|one| one.to_string()).collect();
            format!("Of one of the types {}.", names.join(", "))
        }
        Kind::AdditionalProperties { .. } | Kind::UnevaluatedProperties { .. } | Kind::FalseSchema => {
            "There is something here that is not allowed.".to_owned()
        }
        Kind::AdditionalItems { .. } | Kind::UnevaluatedItems { .. } => {
            "There are items that are not allowed.".to_owned()
        }
        Kind::Enum { .. } | Kind::Constant { .. } => "Not one of the values that are allowed.".to_owned(),
        Kind::MinLength { limit } => format!("At least {limit} characters."),
        Kind::MaxLength { limit } => format!("At most {limit} characters."),
        Kind::MinItems { limit } => format!("At least {limit} items."),
        Kind::MaxItems { limit } => format!("At most {limit} items."),
        Kind::MinProperties { limit } => format!("At least {limit} fields."),
        Kind::MaxProperties { limit } => format!("At most {limit} fields."),
        Kind::Minimum { limit } => format!("Not below {limit}."),
        Kind::Maximum { limit } => format!("Not above {limit}."),
        Kind::ExclusiveMinimum { limit } => format!("Above {limit}."),
        Kind::ExclusiveMaximum { limit } => format!("Below {limit}."),
        Kind::MultipleOf { multiple_of } => format!("A multiple of {multiple_of}."),
        Kind::UniqueItems => "No item comes twice.".to_owned(),
        Kind::Pattern { .. } => "Not of the form that the pattern has.".to_owned(),
        Kind::Format { format } if side == Side::Schema => format!("Not a valid {format}."),
        Kind::Format { format } => format!("Not of the format {format}."),
        Kind::Referencing(_) => "A $ref leads to a place in this schema: # and a path.".to_owned(),
        _ if side == Side::Schema => "This is not JSON Schema.".to_owned(),
        _ => "Not as the definition has it.".to_owned(),
    }
}

#[cfg(test)]
mod tests;
