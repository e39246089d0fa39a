//! What an advisor says and how: the part of it that is written down in files, too.

use entity::advisor::Gateway;
use entity::id::ToolId;
use entity::message::Role;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::UserError;
use crate::graphql::checks::Checks;

/// Most messages of a prompt, and most tools.
pub const MOST: usize = 100;
/// Longest prompt, in characters, all messages together.
pub const LONGEST_PROMPT: usize = 400_000;
const LONGEST_MESSAGE: usize = 200_000;
/// Longest JSON of what is not understood, in bytes.
const LONGEST_EXTRA: usize = 32 * 1024;

/// How the model is asked; what is not said is left to whoever asks it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Parameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
}

/// A message of the prompt.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Prompt {
    #[serde(with = "role")]
    pub role: Role,
    pub content: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A tool by its name and, if one was found, its id.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct NamedTool {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ToolId>,
}

/// Everything about an advisor but whose it is.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Content {
    pub name: String,
    pub description: String,
    pub model: Option<String>,
    pub gateway: Option<Gateway>,
    pub parameters: Parameters,
    pub extra: Map<String, Value>,
    pub messages: Vec<Prompt>,
    pub tools: Vec<NamedTool>,
}

impl From<&entity::advisor::Model> for Content {
    fn from(row: &entity::advisor::Model) -> Self {
        Self {
            name: row.name.clone(),
            description: row.description.clone(),
            model: row.model.clone(),
            gateway: row.gateway,
            parameters: read(&row.parameters),
            extra: read(&row.extra),
            messages: read(&row.messages),
            tools: read(&row.tools),
        }
    }
}

/// What a column of JSON holds; what this version does not understand of it is not there.
pub fn read<T: serde::de::DeserializeOwned + Default>(column: &Value) -> T {
    T::deserialize(column).unwrap_or_default()
}

/// The name of a role in files and in the database.
pub mod role {
    use entity::message::Role;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn name(role: Role) -> &'static str {
        match role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        }
    }

    pub fn of(name: &str) -> Option<Role> {
        [Role::System, Role::User, Role::Assistant, Role::Tool].into_iter().find(|role| self::name(*role) == name)
    }

    pub fn serialize<S: Serializer>(role: &Role, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(name(*role))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Role, D::Error> {
        let name = String::deserialize(deserializer)?;
        of(&name).ok_or_else(|| serde::de::Error::custom("no role"))
    }
}

pub fn name(checks: &mut Checks, path: &[&str], name: &str) -> String {
    checks.line(path, name, 1..=100)
}

pub fn description(checks: &mut Checks, path: &[&str], text: String) -> String {
    checks.text(path, text, 0..=4000)
}

pub fn model(checks: &mut Checks, path: &[&str], name: &str) -> String {
    checks.line(path, name, 1..=200)
}

pub fn tool_name(checks: &mut Checks, path: &[&str], name: &str) -> String {
    checks.line(path, name, 1..=64)
}

pub fn parameters(checks: &mut Checks, path: &[&str], parameters: &Parameters) {
    let mut range = |name: &str, value: Option<f64>, least: f64, most: f64| {
        if value.is_some_and(|value| !(least..=most).contains(&value)) {
            checks.refuse(UserError::invalid(&[path, &[name]].concat(), format!("From {least} to {most}.")));
        }
    };
    range("temperature", parameters.temperature, 0.0, 2.0);
    range("topP", parameters.top_p, 0.0, 1.0);
    range("frequencyPenalty", parameters.frequency_penalty, -2.0, 2.0);
    range("presencePenalty", parameters.presence_penalty, -2.0, 2.0);
    range("maxOutputTokens", parameters.max_output_tokens.map(f64::from), 1.0, 10_000_000.0);
    for (name, value) in [("toolChoice", &parameters.tool_choice), ("responseFormat", &parameters.response_format)] {
        if let Some(value) = value {
            let path = [path, &[name]].concat();
            small(checks, &path, value);
        }
    }
}

/// What is not understood, as it came.
pub fn extra(checks: &mut Checks, path: &[&str], extra: &Map<String, Value>) {
    small(checks, path, &Value::Object(extra.clone()));
}

fn small(checks: &mut Checks, path: &[&str], value: &Value) {
    let value = checks.json(path, value.clone());
    if value.to_string().len() > LONGEST_EXTRA {
        checks.refuse(UserError::invalid(path, format!("At most {LONGEST_EXTRA} bytes of JSON.")));
    }
}

pub fn messages(checks: &mut Checks, path: &[&str], messages: Vec<Prompt>) -> Vec<Prompt> {
    if !(1..=MOST).contains(&messages.len()) {
        checks.refuse(UserError::invalid(path, format!("1 to {MOST} messages.")));
    }
    if !messages.iter().any(|message| message.role == Role::System) {
        checks.refuse(UserError::invalid(path, "At least one message with the role SYSTEM."));
    }
    if messages.iter().map(|message| message.content.chars().count()).sum::<usize>() > LONGEST_PROMPT {
        checks.refuse(UserError::invalid(path, format!("At most {LONGEST_PROMPT} characters in all messages.")));
    }
    let checked = messages.into_iter().enumerate().map(|(at, message)| {
        let index = at.to_string();
        let at = index.as_str();
        let content = checks.text(&[path, &[at, "content"]].concat(), message.content, 0..=LONGEST_MESSAGE);
        let name = message.name.map(|name| checks.line(&[path, &[at, "name"]].concat(), &name, 1..=64));
        Prompt { role: message.role, content, name }
    });
    checked.collect()
}
