//! Documents with the answers of graphql-js.

use async_graphql::{PathSegment, Response};
use futures_util::StreamExt;

use super::*;

fn rows(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

/// Data with its key order, and the paths of all errors.
fn seen(response: Response) -> (String, Vec<String>) {
    let path = |path: Vec<PathSegment>| json!(path).to_string();
    let mut paths: Vec<_> = response.errors.into_iter().map(|error| path(error.path)).collect();
    paths.sort();
    (response.data.into_json().unwrap().to_string(), paths)
}

fn wanted(data: &Value, paths: Option<&Value>) -> (String, Vec<String>) {
    let mut paths: Vec<_> = paths.and_then(Value::as_array).into_iter().flatten().map(Value::to_string).collect();
    paths.sort();
    (data.to_string(), paths)
}

fn report(name: &str, all: usize, wrong: &[String]) {
    assert!(wrong.is_empty(), "{name}: {} of {all} differ\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn failing_fields_null_what_graphql_js_nulls() {
    let engine = probe();
    let rows = rows(include_str!("golden/fields.json"));
    let mut wrong = Vec::new();
    for row in &rows {
        let text = row[0].as_str().unwrap();
        let want = wanted(&row[1], row.get(2));
        let got = run(&engine, text, json!({})).await.map(seen);
        if got.as_ref() != Ok(&want) {
            wrong.push(format!("{text}\n   got {got:?}\n  want {want:?}"));
        }
    }
    report("fields", rows.len(), &wrong);
}

#[tokio::test]
async fn events_are_those_of_graphql_js() {
    let engine = probe();
    let rows = rows(include_str!("golden/events.json"));
    let mut wrong = Vec::new();
    for row in &rows {
        let text = row[0].as_str().unwrap();
        let want: Vec<_> = row[1].as_array().unwrap().iter().map(|event| wanted(&event[0], event.get(1))).collect();
        let prepared = engine.prepare(text, None).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
        let events = engine.stream(&prepared, Map::new(), |request| request).unwrap();
        let got: Vec<_> = events.map(seen).collect().await;
        if got != want {
            wrong.push(format!("{text}\n   got {got:?}\n  want {want:?}"));
        }
    }
    report("events", rows.len(), &wrong);
}

#[tokio::test]
async fn inputs_arrive_as_in_graphql_js() {
    let engine = probe();
    let rows = rows(include_str!("golden/inputs.json"));
    let mut wrong = Vec::new();
    for row in &rows {
        let text = row[0].as_str().unwrap();
        let result = run(&engine, text, row[1].clone()).await;
        let refused = row[2] == json!("refused");
        let right = match &result {
            Err(errors) => refused && errors.iter().all(|error| error.code == ErrorCode::ValidationFailed),
            Ok(_) => !refused,
        };
        let got = result.map(seen);
        if !right || got.as_ref().is_ok_and(|got| *got != wanted(&row[2], row.get(3))) {
            wrong.push(format!("{text} {}\n   got {got:?}\n  want {} {:?}", row[1], row[2], row.get(3)));
        }
    }
    report("inputs", rows.len(), &wrong);
}

/// Documents on which we differ, with the reason.
const APART: [(&str, &str); 2] = [
    ("subscription{cells{ok} cells{id}}", "the compiler counts fields, not response keys"),
    ("{echo(f:1e400)}", "graphql-js reads infinity"),
];

#[test]
fn the_same_documents_are_valid_as_in_graphql_js() {
    let engine = probe();
    let rows = rows(include_str!("golden/documents.json"));
    let mut wrong = Vec::new();
    for row in &rows {
        let text = row[0].as_str().unwrap();
        let several = text.matches("query").count() > 1 && engine.prepare(text, Some("A")).is_ok();
        let got = engine.prepare(text, None);
        let valid = several || got.is_ok();
        if (json!(valid) != row[1]) != APART.iter().any(|(apart, _)| *apart == text) {
            wrong.push(format!("{text} valid in graphql-js: {}, here: {:?}", row[1], got.err()));
        }
        for error in engine.prepare(text, None).err().unwrap_or_default() {
            assert!(!error.message.contains(['\n', '`']) && error.message.ends_with('.'), "{}", error.message);
        }
    }
    report("documents", rows.len(), &wrong);
}

#[tokio::test]
async fn the_introspection_queries_of_graphql_js_pass() {
    let engine = probe();
    for text in rows(include_str!("golden/introspection.json")) {
        let response = run(&engine, text.as_str().unwrap(), json!({})).await.unwrap();
        assert_eq!(response.errors, []);
        let types = response.data.into_json().unwrap()["__schema"]["types"].as_array().map_or(0, Vec::len);
        assert!(types > 15, "{types} types");
    }
}
