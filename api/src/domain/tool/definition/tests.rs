use serde_json::{Value, json};

use super::{check, hold};

fn with(properties: Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

/// The path and message of the first problem.
fn first(found: Result<(), Vec<super::Problem>>) -> (String, String) {
    let problem = found.expect_err("a problem").remove(0);
    (problem.path.join("/"), problem.message)
}

#[test]
fn usual_schemas_are_kept() {
    for schema in [
        json!({ "type": "object" }),
        with(json!({ "place": { "type": "string", "minLength": 1 }, "nights": { "type": "integer", "minimum": 1 } })),
        with(json!({ "to": { "$ref": "#/$defs/place" }, "$ref": { "type": "string" } })).as_object().map_or(
            Value::Null,
            |schema| {
                let mut schema = schema.clone();
                schema
                    .insert("$defs".to_owned(), json!({ "place": { "enum": ["Porto", { "$ref": "http://x.test" }] } }));
                Value::Object(schema)
            },
        ),
        json!({ "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": false }),
        json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["a"] }),
    ] {
        assert_eq!(check(&schema), Ok(()), "{schema}");
    }
}

#[test]
fn what_is_no_schema_is_told_with_its_place() {
    for (schema, path) in [
        (json!([]), ""),
        (json!("object"), ""),
        (json!({}), "type"),
        (json!({ "type": "array" }), "type"),
        (json!({ "type": "object", "$schema": "https://schemas.test/mine" }), "$schema"),
        (json!({ "type": "object", "required": "a" }), "required"),
        (with(json!({ "a": { "type": "text" } })), "properties/a/type"),
        (with(json!({ "a": { "minLength": -1 } })), "properties/a/minLength"),
        (with(json!({ "a": 7 })), "properties/a"),
        (with(json!({ "a": { "$id": "http://x.test/a" } })), "properties/a/$id"),
        (with(json!({ "a": { "pattern": "x".repeat(501) } })), "properties/a/pattern"),
    ] {
        let (place, message) = first(check(&schema));
        assert_eq!(place, path, "{schema}: {message}");
    }
    // A pattern that does not compile, or would be large, or could go back and forth.
    for pattern in ["(", "(a{1000}){1000}", "(?=a)b", r"(a)\1"] {
        assert!(check(&with(json!({ "a": { "pattern": pattern } }))).is_err(), "{pattern}");
    }
}

#[test]
fn nothing_outside_is_referred_to() {
    for target in [
        "http://127.0.0.1:9/schema.json",
        "https://json-schema.org/draft/2020-12/schema",
        "file:///etc/passwd",
        "other.json",
        "//x.test/a",
        "#name",
        "#/properties/none",
        "#/%70roperties/a",
    ] {
        let schema = with(json!({ "a": { "$ref": target } }));
        assert_eq!(first(check(&schema)).0, "properties/a/$ref", "{target}");
    }
}

#[test]
fn nothing_refers_to_itself_and_little_does_not_stand_for_much() {
    for schema in [
        json!({ "type": "object", "$ref": "#" }),
        with(json!({ "child": { "$ref": "#" } })),
        json!({ "type": "object", "allOf": [{ "$ref": "#/$defs/a" }],
            "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "anyOf": [{ "$ref": "#/$defs/a" }] } } }),
    ] {
        assert_eq!(first(check(&schema)).1, "A tool's schema does not refer to itself.", "{schema}");
    }
    // Each level four times the one below.
    let mut levels = serde_json::Map::new();
    levels.insert("l0".to_owned(), json!({ "type": "string" }));
    for level in 1..8 {
        let below = json!({ "$ref": format!("#/$defs/l{}", level - 1) });
        levels.insert(format!("l{level}"), json!({ "allOf": [below, below, below, below] }));
    }
    let schema = json!({ "type": "object", "$ref": "#/$defs/l7", "$defs": levels });
    assert!(first(check(&schema)).1.starts_with("At most 1000 schemas"));
    let mut deep = json!({ "type": "string" });
    for _ in 0..40 {
        deep = json!({ "items": deep });
    }
    assert!(first(check(&with(json!({ "a": deep })))).1.contains("levels deep"));
    // Chains count as levels, in whichever order they are written.
    for order in [false, true] {
        let mut links: Vec<usize> = (1..100).collect();
        if order {
            links.reverse();
        }
        let link = |at: usize| (format!("l{at}"), json!({ "$ref": format!("#/$defs/l{}", at - 1) }));
        let mut chain: serde_json::Map<String, Value> = links.into_iter().map(link).collect();
        chain.insert("l0".to_owned(), json!({}));
        let schema = json!({ "type": "object", "$defs": chain });
        assert!(first(check(&schema)).1.contains("levels deep"));
    }
    let long = with(json!({ "a": { "description": "x".repeat(40_000) } }));
    assert!(first(check(&long)).1.contains("bytes"));
}

#[test]
fn arguments_are_held_against_it_without_a_word_of_them() {
    let schema = json!({ "type": "object", "required": ["place"], "additionalProperties": false, "properties": {
        "place": { "type": "string", "pattern": "^[A-Z]" }, "nights": { "type": "integer", "minimum": 1 },
        "card": { "enum": ["visa"] }, "rooms": { "type": "array", "items": { "type": "object", "required": ["beds"] } } } });
    assert_eq!(check(&schema), Ok(()));
    assert_eq!(hold(&schema, &json!({ "place": "Porto", "nights": 2 })), Ok(()));
    for (arguments, path, message) in [
        (json!({}), "", "place is missing."),
        (json!([]), "", "Of the type object."),
        (json!({ "place": "hush" }), "place", "Not of the form that the pattern has."),
        (json!({ "place": "Porto", "nights": 0 }), "nights", "Not below 1."),
        (json!({ "place": "Porto", "nights": "hush" }), "nights", "Of the type integer."),
        (json!({ "place": "Porto", "card": "hush" }), "card", "Not one of the values that are allowed."),
        (json!({ "place": "Porto", "hush": 1 }), "", "There is something here that is not allowed."),
        (json!({ "place": "Porto", "rooms": [{ "beds": 1 }, {}] }), "rooms/1", "beds is missing."),
    ] {
        assert_eq!(first(hold(&schema, &arguments)), (path.to_owned(), message.to_owned()), "{arguments}");
    }
    let many = json!({ "place": 1, "nights": "x", "card": 1, "rooms": [{}, {}, {}, {}, {}] });
    assert_eq!(hold(&schema, &many).expect_err("problems").len(), 5);
    let large = json!({ "place": "P".repeat(100_001) });
    assert!(first(hold(&schema, &large)).1.contains("bytes"));
}

#[test]
fn a_hostile_pattern_takes_no_time() {
    let schema = with(json!({ "a": { "pattern": "^(a+)+$" }, "b": { "uniqueItems": true } }));
    assert_eq!(check(&schema), Ok(()));
    let begun = crate::clock::Stopwatch::start();
    let numbers: Vec<usize> = (0..20_000).collect();
    assert!(hold(&schema, &json!({ "a": format!("{}!", "a".repeat(50_000)) })).is_err());
    assert_eq!(hold(&schema, &json!({ "b": &numbers[..9_000] })), Ok(()));
    let took = begun.milliseconds();
    assert!(took < 5_000.0, "{took} ms");
}
