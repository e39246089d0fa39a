//! Whether two servers answer the same, field by field.

use chrono::DateTime;
use serde_json::{Map, Value, json};

use crate::data::Data;
use crate::limit::json::decode_id;
use crate::load::Connection;
use crate::target::Target;
use crate::workload::Workload;

/// Cases of each workload that are compared.
const COMPARED: usize = 24;

/// Compares every target's answers with the first one's; the error names the first difference.
pub async fn compare(targets: &[Target], workloads: &[Workload], data: &Data) -> anyhow::Result<usize> {
    let mut compared = 0;
    let mut connections = Vec::new();
    for target in targets {
        connections.push(Connection::open(target.address).await?);
    }
    for workload in workloads {
        for case in workload.cases(data).into_iter().take(COMPARED) {
            let mut first = None;
            for (target, connection) in targets.iter().zip(&mut connections) {
                let answer = connection.ask(&target.request(&case)).await?;
                anyhow::ensure!(answer["errors"].is_null(), "{} {}: {answer}", workload.name, target.name.text());
                let answer = normal("", answer["data"].clone());
                match &first {
                    None => first = Some(answer),
                    Some(first) => {
                        if let Some(place) = difference("data", first, &answer) {
                            anyhow::bail!("{}: {} answers otherwise: {place}", workload.name, target.name.text());
                        }
                        compared += 1;
                    }
                }
            }
        }
    }
    Ok(compared)
}

/// The same value whichever way a server spells ids, moments and enums. Cursors are each server's own, and the depth of a
/// message that was just written depends on who wrote before.
fn normal(key: &str, value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let written = fields.contains_key("depth") && !fields.contains_key("position");
            let fields: Map<String, Value> = fields
                .into_iter()
                .filter(|(key, _)| !(matches!(key.as_str(), "cursor" | "endCursor") || written && key == "depth"))
                .map(|(key, value)| (key.clone(), normal(&key, value)))
                .collect();
            Value::Object(fields)
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(|item| normal(key, item)).collect();
            if key == "permissions" {
                items.sort_by_key(Value::to_string);
            }
            Value::Array(items)
        }
        Value::String(text) => match key {
            "id" => decode_id(&text).map_or_else(|| json!(text), |id| json!(id)),
            "role" | "status" | "viewerAccess" | "permissions" => json!(text.to_uppercase().replace(':', "_")),
            _ if key.ends_with("At") => {
                DateTime::parse_from_rfc3339(&text).map_or_else(|_| json!(text), |at| json!(at.timestamp_millis()))
            }
            _ => Value::String(text),
        },
        other => other,
    }
}

fn difference(path: &str, left: &Value, right: &Value) -> Option<String> {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            if let Some(missing) = a.keys().find(|key| !b.contains_key(*key)) {
                return Some(format!("{path}.{missing} is missing"));
            }
            if let Some(more) = b.keys().find(|key| !a.contains_key(*key)) {
                return Some(format!("{path}.{more} is too much"));
            }
            a.iter().find_map(|(key, value)| difference(&format!("{path}.{key}"), value, &b[key]))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(at, (a, b))| difference(&format!("{path}[{at}]"), a, b))
        }
        _ if left == right => None,
        _ => Some(format!("{path}: {left} and {right}")),
    }
}
