//! The fields that both forms have.

use entity::advisor::Gateway;
use serde_json::{Map, Value};

use crate::domain::advisor::content::{Content, NamedTool, Parameters, Prompt, role};
use crate::error::UserError;
use crate::graphql::checks::Checks;

const GATEWAYS: [(&str, Gateway); 5] = [
    ("openrouter", Gateway::Openrouter),
    ("openai", Gateway::Openai),
    ("google", Gateway::Google),
    ("groq", Gateway::Groq),
    ("deepseek", Gateway::Deepseek),
];

/// The fields as they are taken out, one by one; null is as good as nothing.
struct Fields<'c> {
    fields: Map<String, Value>,
    checks: &'c mut Checks,
}

impl Fields<'_> {
    fn take(&mut self, key: &str) -> Option<Value> {
        self.fields.shift_remove(key).filter(|value| !value.is_null())
    }

    fn taken<T>(&mut self, key: &str, what: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let value = self.take(key)?;
        let found = read(&value);
        if found.is_none() {
            self.checks.refuse(UserError::invalid(&["source", key], what));
        }
        found
    }

    fn text(&mut self, key: &str) -> Option<String> {
        self.taken(key, "A text.", |value| value.as_str().map(str::to_owned))
    }

    fn number(&mut self, key: &str) -> Option<f64> {
        self.taken(key, "A number.", Value::as_f64)
    }

    fn count(&mut self, key: &str) -> Option<i32> {
        self.taken(key, "A whole number, 1 to 10,000,000.", |value| i32::try_from(value.as_i64()?).ok())
    }
}

/// What the fields say; those that are not understood are kept as they are.
pub fn content(checks: &mut Checks, fields: Map<String, Value>, warnings: &mut Vec<String>) -> Content {
    let mut fields = Fields { fields, checks };
    let short = fields.count("max_tokens");
    let parameters = Parameters {
        temperature: fields.number("temperature"),
        top_p: fields.number("top_p"),
        frequency_penalty: fields.number("frequency_penalty"),
        presence_penalty: fields.number("presence_penalty"),
        max_output_tokens: fields.count("max_output_tokens").or(short),
        tool_choice: fields.take("tool_choice"),
        response_format: fields.take("response_format"),
        stream: fields.taken("stream", "True or false.", Value::as_bool),
    };
    let gateway = fields.text("gateway").map(|name| {
        GATEWAYS
            .iter()
            .find(|(known, _)| *known == name.trim().to_lowercase())
            .map(|(_, gateway)| *gateway)
            .unwrap_or_else(|| {
                warnings.push("The gateway is not known here; openrouter stands for it.".to_owned());
                Gateway::Openrouter
            })
    });
    let mut content = Content {
        name: fields.text("name").unwrap_or_default(),
        description: fields.text("description").unwrap_or_default(),
        model: fields.text("model"),
        gateway,
        parameters,
        ..Content::default()
    };
    content.tools = list(&mut fields, "tools", |_, _, item| {
        item.as_str().map(|name| NamedTool { name: name.trim().to_owned(), id: None })
    });
    content.messages = list(&mut fields, "messages", message);
    if !fields.fields.is_empty() {
        let names: Vec<&str> = fields.fields.keys().take(10).map(String::as_str).collect();
        let names: Vec<String> = names.iter().map(|name| name.chars().take(40).collect()).collect();
        warnings.push(format!("Kept as they came, without being understood: {}.", names.join(", ")));
    }
    content.extra = fields.fields;
    content
}

fn list<T>(fields: &mut Fields<'_>, key: &str, read: impl Fn(&mut Checks, &str, &Value) -> Option<T>) -> Vec<T> {
    let items = match fields.take(key) {
        None => return Vec::new(),
        Some(Value::Array(items)) => items,
        Some(_) => {
            fields.checks.refuse(UserError::invalid(&["source", key], "A list."));
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    for (at, item) in items.iter().enumerate().take(1_000) {
        let at = at.to_string();
        match read(fields.checks, &at, item) {
            Some(item) => found.push(item),
            None => fields.checks.refuse(UserError::invalid(&["source", key, &at], "Not what belongs here.")),
        }
    }
    if items.len() > 1_000 {
        fields.checks.refuse(UserError::invalid(&["source", key], "Far too many."));
    }
    found
}

fn message(checks: &mut Checks, at: &str, item: &Value) -> Option<Prompt> {
    let fields = item.as_object()?;
    let found = fields.get("role").and_then(Value::as_str).and_then(role::of);
    if found.is_none() {
        let path = ["source", "messages", at, "role"];
        checks.refuse(UserError::invalid(&path, "One of system, user, assistant and tool."));
    }
    let content = match fields.get("content") {
        None | Some(Value::Null) => Some(String::new()),
        Some(text) => text.as_str().map(str::to_owned),
    };
    if content.is_none() {
        checks.refuse(UserError::invalid(&["source", "messages", at, "content"], "A text."));
    }
    let name = fields.get("name").filter(|name| !name.is_null());
    if name.is_some_and(|name| !name.is_string()) {
        checks.refuse(UserError::invalid(&["source", "messages", at, "name"], "A text."));
    }
    for key in fields.keys().filter(|key| !matches!(key.as_str(), "role" | "content" | "name")).take(3) {
        checks.refuse(UserError::invalid(&["source", "messages", at, key], "Messages have role, content and name."));
    }
    // Refused above where there is none.
    let role = found.unwrap_or(entity::message::Role::System);
    Some(Prompt { role, content: content.unwrap_or_default(), name: name.and_then(Value::as_str).map(str::to_owned) })
}

/// The fields of an advisor but for its messages, in the order in which they are read best.
pub fn of(content: &Content) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(key.to_owned(), value);
        }
    };
    let parameters = &content.parameters;
    put("name", Some(content.name.as_str().into()));
    put("description", Some(content.description.as_str().into()).filter(|_| !content.description.is_empty()));
    put("model", content.model.as_deref().map(Value::from));
    let gateway = content.gateway.and_then(|one| GATEWAYS.iter().find(|(_, known)| *known == one));
    put("gateway", gateway.map(|(name, _)| Value::from(*name)));
    put("temperature", parameters.temperature.map(Value::from));
    put("top_p", parameters.top_p.map(Value::from));
    put("frequency_penalty", parameters.frequency_penalty.map(Value::from));
    put("presence_penalty", parameters.presence_penalty.map(Value::from));
    put("max_output_tokens", parameters.max_output_tokens.map(Value::from));
    put("tool_choice", parameters.tool_choice.clone());
    put("response_format", parameters.response_format.clone());
    put("stream", parameters.stream.map(Value::from));
    let tools: Vec<Value> = content.tools.iter().map(|tool| tool.name.as_str().into()).collect();
    put("tools", Some(Value::Array(tools)).filter(|_| !content.tools.is_empty()));
    for (key, value) in &content.extra {
        put(key, Some(value.clone()));
    }
    fields
}

pub fn messages(content: &Content) -> Value {
    serde_json::to_value(&content.messages).unwrap_or_default()
}
