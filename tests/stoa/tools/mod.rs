//! Tools: definitions, who has them, and what becomes of calls.

mod calls;
mod life;

use harness::Person;
use serde_json::{Value, json};

use crate::matrix::scene::{done, text};

/// A tool that reserves seats, as somebody's own.
async fn seats(person: &Person<'_>, requires_approval: bool) -> String {
    let input = json!({ "name": "reserve_seat", "requiresApproval": requires_approval, "parameters": {
        "type": "object", "required": ["connection"], "additionalProperties": false,
        "properties": { "connection": { "type": "string" }, "wish": { "enum": ["window", "aisle"] } } } });
    text(&done(person, "createTool", "tool { id }", input).await["tool"]["id"])
}

async fn give(person: &Person<'_>, thing: &str, with: &str, level: &str) -> String {
    let input = json!({ "thingId": thing, "grantee": { "user": { "username": with } }, "level": level });
    text(&done(person, "share", "share { id }", input).await["share"]["id"])
}

/// Code and path of the refusals of a mutation.
async fn refused(person: &Person<'_>, name: &str, selection: &str, input: Value) -> Vec<String> {
    let answer = person.run(&crate::matrix::scene::mutation(name, selection), json!({ "input": input })).await;
    let errors = answer.body["data"][name]["userErrors"].as_array().cloned().unwrap_or_default();
    assert!(!errors.is_empty(), "{name} was not refused: {:#}", answer.body);
    let said = |error: &Value| {
        let path: Vec<&str> = error["path"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
        format!("{} {}", error["code"].as_str().unwrap(), path.join("."))
    };
    errors.iter().map(said).collect()
}
