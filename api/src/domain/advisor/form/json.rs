//! The JSON form: an object of fields, or just the list of messages; with comments, single quotes and commas too many.

use serde_json::{Map, Value};

use super::tree::{DEEPEST, Tree};
use super::{Fault, Parts, fields};
use crate::domain::advisor::content::Content;

pub fn read(source: &str) -> Result<Parts, Fault> {
    let Tree(value) = json5::from_str(source).map_err(|error| {
        let line = error.position().map_or(1, |position| position.line + 1);
        let message = match error.code() {
            Some(_) => "This is not JSON, not even with single quotes, comments and commas too many.".to_owned(),
            None => format!("At most {DEEPEST} levels, no key twice, and only numbers that JSON has."),
        };
        Fault { line, message }
    })?;
    let fields = match value {
        Value::Object(fields) => fields,
        Value::Array(messages) => Map::from_iter([("messages".to_owned(), Value::Array(messages))]),
        _ => return Err(Fault { line: 1, message: "An object, or a list of messages.".to_owned() }),
    };
    Ok(Parts { fields, messages: Vec::new(), warnings: Vec::new() })
}

/// The advisor in this form.
pub fn write(content: &Content) -> String {
    let mut fields = fields::of(content);
    fields.insert("messages".to_owned(), fields::messages(content));
    let mut text = serde_json::to_string_pretty(&fields).unwrap_or_default();
    text.push('\n');
    text
}
