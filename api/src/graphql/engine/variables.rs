//! Variables: from the JSON of the request to the values that the operation declares.
//!
//! The compiler has such a function too; it stops at the first fault, does not say where in a value it lies, and does
//! not know `@oneOf`. This one finds all faults of a request at once, each with its path.

use std::fmt::Write;

use apollo_compiler::{
    Name as CompilerName, Node, Schema,
    ast::{Type, Value as Literal},
    executable::Operation,
    schema::{ExtendedType, InputObjectType},
    validation::Valid,
};
use async_graphql::{Name, Number, Value, Variables, indexmap::IndexMap};
use serde_json::{Map, Value as Json};

use super::{
    document::{Lines, Types},
    error::RequestError,
    limits::Limits,
};

/// Fills defaults, demands what is required and brings every value into its type. What the operation does not declare
/// is left out, as is a nullable variable without a default that was not sent.
///
/// Errors: `VALIDATION_FAILED` for each fault, `LIMIT_EXCEEDED` when there are too many values to look at.
pub(super) fn coerce(
    types: &Types,
    operation: &Operation,
    lines: &Lines,
    mut sent: Map<String, Json>,
    limits: &Limits,
) -> Result<Variables, Vec<RequestError>> {
    let mut variables = Variables::default();
    let mut coercion = Coercion {
        schema: &types.schema,
        fits: types.fits,
        path: Vec::new(),
        faults: Vec::new(),
        left: limits.variable_values,
    };
    let mut errors = Vec::new();
    for definition in &operation.variables {
        let name = definition.name.as_str();
        let place = Some(lines.place(definition.location()));
        if let Some(value) = sent.remove(name) {
            if let Some(value) = coercion.value(&definition.ty, value) {
                variables.insert(Name::new(name), value);
            }
            errors.extend(coercion.faults.drain(..).map(|fault| fault.error(name).at(place)));
        } else if let Some(default) = &definition.default_value {
            variables.insert(Name::new(name), constant(default));
        } else if definition.ty.is_non_null() {
            let message = format!("The variable ${name} of type {} is required.", definition.ty);
            errors.push(RequestError::invalid(message).at(place));
        }
    }
    if coercion.left == 0 {
        let message = format!("The variables hold more than {} values.", limits.variable_values);
        return Err(vec![RequestError::limit(message)]);
    }
    errors.truncate(limits.errors);
    if errors.is_empty() { Ok(variables) } else { Err(errors) }
}

/// A literal without variables.
pub(super) fn constant(literal: &Literal) -> Value {
    match literal {
        // A valid document has no variable here.
        Literal::Null | Literal::Variable(_) => Value::Null,
        Literal::Enum(name) => Value::Enum(Name::new(name.as_str())),
        Literal::String(text) => Value::String(text.clone()),
        Literal::Boolean(value) => Value::Boolean(*value),
        Literal::Int(digits) => number(digits.as_str()),
        Literal::Float(digits) => number(digits.as_str()),
        Literal::List(items) => Value::List(items.iter().map(|item| constant(item)).collect()),
        Literal::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value): &(CompilerName, Node<Literal>)| (Name::new(name.as_str()), constant(value)))
                .collect(),
        ),
    }
}

/// The digits as a number; those that no 64 bits hold (only custom scalars let them pass) as null.
pub(super) fn number(digits: &str) -> Value {
    let whole = digits.parse::<i64>().map(Number::from).or_else(|_| digits.parse::<u64>().map(Number::from)).ok();
    let number = whole.or_else(|| digits.parse::<f64>().ok().and_then(Number::from_f64));
    number.map_or(Value::Null, Value::Number)
}

enum Step {
    Field(String),
    Index(usize),
}

struct Fault {
    path: String,
    why: String,
}

impl Fault {
    fn error(self, variable: &str) -> RequestError {
        let Self { path, why } = self;
        RequestError::invalid(if path.is_empty() {
            format!("The variable ${variable} does not fit: {why}.")
        } else {
            format!("The variable ${variable} does not fit at {path}: {why}.")
        })
    }
}

struct Coercion<'a> {
    schema: &'a Valid<Schema>,
    fits: fn(&str, &Value) -> bool,
    path: Vec<Step>,
    faults: Vec<Fault>,
    /// Values that may still be looked at.
    left: usize,
}

impl Coercion<'_> {
    fn value(&mut self, ty: &Type, value: Json) -> Option<Value> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return None;
        }
        if value.is_null() {
            return if ty.is_non_null() { self.fault(format!("{ty} may not be null")) } else { Some(Value::Null) };
        }
        match ty {
            Type::List(inner) | Type::NonNullList(inner) => match value {
                Json::Array(items) => self.list(inner, items),
                // One value stands for a list of one.
                one => self.value(inner, one).map(|value| Value::List(vec![value])),
            },
            Type::Named(name) | Type::NonNullNamed(name) => {
                let schema = self.schema;
                match schema.types.get(name) {
                    Some(ExtendedType::Scalar(_)) => self.scalar(name, value),
                    Some(ExtendedType::Enum(definition)) => match value {
                        Json::String(text) if definition.values.contains_key(text.as_str()) => {
                            Some(Value::Enum(Name::new(text)))
                        }
                        _ => self.fault(format!("this is no value of {name}")),
                    },
                    Some(ExtendedType::InputObject(definition)) => match value {
                        Json::Object(fields) => self.object(definition, fields),
                        _ => self.fault(format!("{name} is an object")),
                    },
                    _ => self.fault(format!("{name} is not an input type")),
                }
            }
        }
    }

    fn list(&mut self, inner: &Type, items: Vec<Json>) -> Option<Value> {
        let mut list = Some(Vec::with_capacity(items.len().min(self.left)));
        for (index, item) in items.into_iter().enumerate() {
            let item = self.step(Step::Index(index), |this| this.value(inner, item));
            // One bad item spoils the list, and the others are still looked at.
            list = list.zip(item).map(|(mut list, item)| {
                list.push(item);
                list
            });
        }
        list.map(Value::List)
    }

    fn object(&mut self, definition: &InputObjectType, mut fields: Map<String, Json>) -> Option<Value> {
        let faults = self.faults.len();
        if definition.directives.has("oneOf") && (fields.len() != 1 || fields.values().any(Json::is_null)) {
            return self.fault(format!("exactly one field of {} must be given, and not null", definition.name));
        }
        let mut object = IndexMap::new();
        for (name, field) in &definition.fields {
            let name = name.as_str();
            if let Some(value) = fields.shift_remove(name) {
                let value = self.step(Step::Field(name.to_owned()), |this| this.value(&field.ty, value));
                object.extend(value.map(|value| (Name::new(name), value)));
            } else if let Some(default) = &field.default_value {
                object.insert(Name::new(name), constant(default));
            } else if field.ty.is_non_null() {
                self.step(Step::Field(name.to_owned()), |this| this.fault(format!("{} is required", field.ty)));
            }
        }
        if let Some(name) = fields.keys().next() {
            // The name came from outside: shown only as far as it can be a name.
            let shown: String = name.chars().take(60).map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect();
            return self.fault(format!("{} has no field {shown}", definition.name));
        }
        (self.faults.len() == faults && self.left > 0).then_some(Value::Object(object))
    }

    fn scalar(&mut self, name: &str, value: Json) -> Option<Value> {
        match (name, &value) {
            ("Int", Json::Number(number)) => match whole(number).and_then(|number| i32::try_from(number).ok()) {
                Some(number) => Some(Value::Number(number.into())),
                None => self.fault("an Int is a whole number of 32 bits".into()),
            },
            ("Float", Json::Number(_)) | ("String" | "ID", Json::String(_)) | ("Boolean", Json::Bool(_)) => {
                plain(value)
            }
            ("ID", Json::Number(number)) => match whole(number) {
                Some(number) => Some(Value::String(number.to_string())),
                None => self.fault("an ID is a string or a whole number".into()),
            },
            ("Int" | "Float" | "String" | "ID" | "Boolean", _) => self.fault(format!("this is not of type {name}")),
            _ => match plain(value).filter(|value| (self.fits)(name, value)) {
                Some(value) => Some(value),
                None => self.fault(format!("this is not of type {name}")),
            },
        }
    }

    fn step<T>(&mut self, step: Step, run: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let result = run(self);
        self.path.pop();
        result
    }

    fn fault(&mut self, why: String) -> Option<Value> {
        let mut path = String::new();
        for step in &self.path {
            // Writing to a string does not fail.
            let _ = match step {
                Step::Field(name) if path.is_empty() => write!(path, "{name}"),
                Step::Field(name) => write!(path, ".{name}"),
                Step::Index(index) => write!(path, "[{index}]"),
            };
        }
        self.faults.push(Fault { path, why });
        None
    }
}

fn plain(value: Json) -> Option<Value> {
    Value::from_json(value).ok()
}

/// `1` and `1.0` are both the whole number one: JSON knows no difference.
fn whole(number: &Number) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    number.as_i64().or_else(|| {
        number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= EXACT).map(|float| float as i64)
    })
}
