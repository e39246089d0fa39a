//! The files in which advisors are written down: JSON as people write it, and Markdown with front matter. Pure functions
//! that never fail otherwise than by refusing, in time that grows with the text.

mod fields;
mod json;
mod markdown;
mod tree;

use serde_json::{Map, Value};

use super::content::{self, Content, Prompt};
use crate::error::UserError;
use crate::graphql::checks::Checks;

pub use json::write as as_json;
pub use markdown::write as as_markdown;

/// Longest text of a file, in characters.
const LONGEST: usize = 500_000;

/// In which form a file is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    Json,
    Markdown,
    /// Whichever it begins as.
    Auto,
}

/// What a file says of an advisor, and what somebody should know who brings it in.
#[derive(Debug, PartialEq)]
pub struct Read {
    pub content: Content,
    pub warnings: Vec<String>,
}

/// A text that is neither: where, and why.
struct Fault {
    line: usize,
    message: String,
}

/// What came of the text before anything in it was looked at.
struct Parts {
    fields: Map<String, Value>,
    /// The messages that stand in the text, after those that stand in a field.
    messages: Vec<Prompt>,
    warnings: Vec<String>,
}

/// What a file says. `name` replaces the one in it. Everything that is wrong is found at once.
pub fn read(source: &str, form: Form, name: Option<&str>) -> Result<Read, Vec<UserError>> {
    if source.chars().count() > LONGEST {
        return Err(vec![UserError::invalid(&["source"], format!("At most {LONGEST} characters."))]);
    }
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let parts = match form {
        Form::Json => json::read(source),
        Form::Auto if source.trim_start().starts_with(['{', '[', '/']) => json::read(source),
        Form::Markdown | Form::Auto => markdown::read(source),
    };
    let Parts { fields, messages, mut warnings } = parts
        .map_err(|fault| vec![UserError::invalid(&["source"], format!("Line {}: {}", fault.line, fault.message))])?;
    let mut checks = Checks::default();
    let mut found = fields::content(&mut checks, fields, &mut warnings);
    found.messages.extend(messages);
    let content = checked(&mut checks, found, name);
    match checks.done() {
        Ok(()) => Ok(Read { content, warnings }),
        Err(crate::error::Error::Refused(errors)) => Err(errors),
        Err(_) => Err(vec![UserError::invalid(&["source"], "This is no advisor.")]),
    }
}

fn checked(checks: &mut Checks, found: Content, name: Option<&str>) -> Content {
    let name = match name {
        Some(name) => content::name(checks, &["name"], name),
        None if found.name.is_empty() => {
            checks.refuse(UserError::invalid(&["name"], "The source does not name it, so this has to."));
            String::new()
        }
        None => content::name(checks, &["source", "name"], &found.name),
    };
    content::parameters(checks, &["source"], &found.parameters);
    content::extra(checks, &["source"], &found.extra);
    if found.tools.len() > content::MOST {
        checks.refuse(UserError::invalid(&["source", "tools"], format!("At most {} tools.", content::MOST)));
    }
    for (at, tool) in found.tools.iter().enumerate().take(content::MOST) {
        content::tool_name(checks, &["source", "tools", &at.to_string()], &tool.name);
    }
    Content {
        name,
        description: content::description(checks, &["source", "description"], found.description),
        model: found.model.map(|model| content::model(checks, &["source", "model"], &model)),
        messages: content::messages(checks, &["source", "messages"], found.messages),
        ..found
    }
}

#[cfg(test)]
mod tests;
