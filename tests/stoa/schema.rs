//! The contract: the committed file is what the service prints, and everything in it is described.

use serde_json::{Value, json};
use stoa::graphql::engine::Limits;
use stoa::graphql::schema::engine;

const COMMITTED: &str = include_str!("../../schema.graphql");

#[test]
fn the_committed_schema_is_the_printed_one() {
    let printed = engine(Limits::default()).unwrap().sdl().to_owned();
    assert!(printed == COMMITTED, "run `cargo run -p stoa-api -- schema > schema.graphql` and look at the difference");
}

/// Scalars of GraphQL itself.
const BUILT_IN: [&str; 5] = ["Int", "Float", "String", "Boolean", "ID"];

const EVERYTHING: &str = "{ __schema { types { kind name description specifiedByURL
    fields(includeDeprecated: true) { name description args { name description } type { ...Shape } }
    inputFields { name description } enumValues(includeDeprecated: true) { name description }
    interfaces { name } } } }
    fragment Shape on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

async fn types() -> Vec<Value> {
    let world = harness::World::empty().await;
    let answer = world.anonymous().run(EVERYTHING, json!({})).await;
    let types = answer.data()["__schema"]["types"].as_array().unwrap().clone();
    types.into_iter().filter(|one| !one["name"].as_str().unwrap().starts_with("__")).collect()
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value[name].as_array().into_iter().flatten()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_described() {
    let mut silent = Vec::new();
    for one in types().await {
        let name = one["name"].as_str().unwrap();
        if BUILT_IN.contains(&name) {
            continue;
        }
        let mut say = |what: &Value, place: String| {
            if what["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
                silent.push(place);
            }
        };
        say(&one, name.to_owned());
        for field in list(&one, "fields") {
            say(field, format!("{name}.{}", field["name"]));
            for argument in list(field, "args") {
                say(argument, format!("{name}.{}({})", field["name"], argument["name"]));
            }
        }
        for part in list(&one, "inputFields").chain(list(&one, "enumValues")) {
            say(part, format!("{name}.{}", part["name"]));
        }
    }
    assert_eq!(silent, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_conventions_hold() {
    let mut faults = Vec::new();
    let types = types().await;
    for one in &types {
        let name = one["name"].as_str().unwrap();
        if ["Query", "Mutation"].contains(&name) || name.ends_with("Payload") {
            // Root fields and what payloads carry are nullable, so that an error never costs a sibling.
            for field in list(one, "fields").filter(|field| field["name"] != "userErrors") {
                if field["type"]["kind"] == "NON_NULL" {
                    faults.push(format!("{name}.{} is not nullable", field["name"]));
                }
            }
        }
        if name.ends_with("Payload") && !list(one, "fields").any(|field| field["name"] == "userErrors") {
            faults.push(format!("{name} has no userErrors"));
        }
        if list(one, "fields").any(|field| field["name"] == "id")
            && name != "Node"
            && !list(one, "interfaces").any(|interface| interface["name"] == "Node")
        {
            faults.push(format!("{name} has an id and is no Node"));
        }
        if one["kind"] == "SCALAR" && !BUILT_IN.contains(&name) && one["specifiedByURL"].is_null() {
            faults.push(format!("{name} does not say where it is specified"));
        }
        let is_connection = name.ends_with("Connection");
        let fields: Vec<&str> = list(one, "fields").map(|field| field["name"].as_str().unwrap()).collect();
        if is_connection && fields != ["edges", "nodes", "pageInfo", "totalCount"] {
            faults.push(format!("{name} has {fields:?}"));
        }
        for field in list(one, "fields") {
            let connection = field["type"]["name"].as_str().is_some_and(|name| name.ends_with("Connection"));
            let paged = ["first", "after", "last", "before"]
                .iter()
                .all(|wanted| list(field, "args").any(|argument| argument["name"] == *wanted));
            if connection != paged {
                faults.push(format!("{name}.{} is a connection without paging, or the reverse", field["name"]));
            }
        }
    }
    let mutation = types.iter().find(|one| one["name"] == "Mutation").unwrap();
    for field in list(mutation, "fields") {
        let name = field["name"].as_str().unwrap();
        let upper = name[..1].to_uppercase() + &name[1..];
        if field["type"]["name"] != json!(format!("{upper}Payload")) {
            faults.push(format!("{name} does not answer with {upper}Payload"));
        }
        let arguments: Vec<&Value> = list(field, "args").map(|argument| &argument["name"]).collect();
        if arguments != [&json!("input")] {
            faults.push(format!("{name} takes {arguments:?}"));
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_error_catalogue_is_open_and_complete() {
    let world = harness::World::empty().await;
    let document = "{ errorCodes { code meaning isRetryable httpStatus remedy }
        __type(name: \"ErrorCode\") { enumValues { name } } }";
    let answer = world.anonymous().run(document, json!({})).await;
    let name = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
    let mut listed: Vec<String> = list(answer.data(), "errorCodes").map(|info| name(info, "code")).collect();
    let mut values: Vec<String> =
        list(&answer.data()["__type"], "enumValues").map(|value| name(value, "name")).collect();
    listed.sort();
    values.sort();
    assert_eq!(listed, values);
    let limited = list(answer.data(), "errorCodes").find(|info| info["code"] == "RATE_LIMITED").unwrap();
    assert_eq!((&limited["httpStatus"], &limited["isRetryable"]), (&json!(429), &json!(true)));
    // Where a description names a status, it is the catalogue's.
    let engine = engine(Limits::default()).unwrap();
    for (name, value) in &engine.types().get_enum("ErrorCode").unwrap().values {
        let description = value.description.as_deref().unwrap_or_default();
        let info = list(answer.data(), "errorCodes").find(|info| info["code"] == name.as_str()).unwrap();
        if let Some((_, status)) =
            description.split_once("HTTP ").filter(|(_, rest)| rest.starts_with(char::is_numeric))
        {
            assert_eq!(status[..3], info["httpStatus"].to_string(), "{name}");
        }
    }
}
