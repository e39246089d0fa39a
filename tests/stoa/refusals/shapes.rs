//! Variables that do not fit their types, for every field of every input, as the schema lists them.

use harness::World;
use serde_json::{Value, json};

use super::{Cast, Inquiry, MUTATIONS, document};

const TYPES: &str = "{ __schema { types { name kind isOneOf inputFields { name defaultValue type { kind name ofType { kind name ofType {
    kind name ofType { kind name } } } } } } mutationType { fields { name } } queryType { fields { name args { name } } } } }";

/// The named type inside, and whether it is required and a list.
fn unwrap(mut kind: &Value) -> (&str, bool, bool) {
    let (required, mut list) = (kind["kind"] == "NON_NULL", false);
    while !kind["ofType"].is_null() {
        list |= kind["kind"] == "LIST";
        kind = &kind["ofType"];
    }
    (kind["name"].as_str().unwrap(), required, list)
}

/// What no value of this type looks like.
fn unfit(kind: &str, list: bool) -> Vec<Value> {
    let mut all = match kind {
        "Int" => {
            vec![json!("1"), json!(1.5), json!(2_147_483_648_i64), json!(-2_147_483_649_i64), json!(1e300), json!(true)]
        }
        "Float" => vec![json!("1"), json!(true)],
        "String" => vec![json!(5), json!(true), json!(0.5)],
        "ID" => vec![json!(true), json!(0.5)],

        "Boolean" => vec![json!("true"), json!(1)],
        // For these see below.
        "DateTime" | "EmailAddress" | "JSON" | "UUID" => return Vec::new(),
        "Input" => vec![json!("x"), json!(5), json!(true)],
        _ => vec![json!("NO_SUCH"), json!(""), json!("user"), json!(5), json!("USER\0")],
    };
    if list {
        all = all.into_iter().flat_map(|value| [json!([value]), value]).collect();
    }
    all.push(json!({ "no": "such" }));
    if !list {
        all.push(json!([[]]));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_every_input_wants_its_type() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let schema = cast.nobody.run(TYPES, json!({})).await.data()["__schema"].clone();
    let types = schema["types"].as_array().unwrap();
    let input_type = |name: &str| types.iter().find(|kind| kind["name"] == name && kind["kind"] == "INPUT_OBJECT");
    let mut inquiry = Inquiry::begin(&world).await;
    let mut named: Vec<&str> = schema["mutationType"]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["name"].as_str().unwrap())
        .collect();
    named.sort_unstable();
    assert_eq!(named, MUTATIONS.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "every mutation has its place here");
    for mutation in named {
        let (person, query) = (cast.caller(mutation), document(mutation));
        let mut cases = vec![json!({}), json!({ "input": null })];
        cases.extend([json!(5), json!("x"), json!([]), json!(true)].map(|input| json!({ "input": input })));
        let mut unknown = cast.valid(mutation);
        unknown["noSuchField"] = json!(1);
        cases.push(json!({ "input": unknown }));
        let kind = mutation[..1].to_uppercase() + &mutation[1..] + "Input";
        for field in input_type(&kind).unwrap()["inputFields"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap();
            let (kind, required, list) = unwrap(&field["type"]);
            let inner = input_type(kind);
            for value in unfit(if inner.is_some() { "Input" } else { kind }, list) {
                cases.push(json!({ "input": cast.with(mutation, name, value) }));
            }
            if required {
                cases.push(json!({ "input": cast.with(mutation, name, Value::Null) }));
                if field["defaultValue"].is_null() {
                    let mut input = cast.valid(mutation);
                    input.as_object_mut().unwrap().remove(name);
                    cases.push(json!({ "input": input }));
                }
            }
            if let Some(inner) = inner.filter(|inner| inner["isOneOf"] != true) {
                for part in inner["inputFields"].as_array().unwrap() {
                    let (key, (kind, ..)) = (part["name"].as_str().unwrap(), unwrap(&part["type"]));
                    for value in unfit(kind, false) {
                        cases.push(json!({ "input": cast.with(mutation, name, json!({ key: value })) }));
                    }
                }
                continue;
            }
            // A choice wants exactly one way.
            let ways = inner.map(|inner| inner["inputFields"].as_array().unwrap().clone()).unwrap_or_default();
            for way in &ways {
                let (key, (kind, ..)) = (way["name"].as_str().unwrap(), unwrap(&way["type"]));
                for value in unfit(kind, false) {
                    cases.push(json!({ "input": cast.with(mutation, name, json!({ key: value })) }));
                }
                // JSON has a null of its own, but a choice is made with a value.
                cases.push(json!({ "input": cast.with(mutation, name, json!({ key: null })) }));
                for other in ways.iter().map(|way| way["name"].as_str().unwrap()).filter(|other| *other != key) {
                    let both = json!({ key: good(key), other: good(other) });
                    cases.push(json!({ "input": cast.with(mutation, name, both) }));
                    let half = json!({ key: good(key), other: null });
                    cases.push(json!({ "input": cast.with(mutation, name, half) }));
                }
            }
            if inner.is_some() {
                cases.push(json!({ "input": cast.with(mutation, name, json!({})) }));
            }
        }
        for variables in cases {
            inquiry.rejects(person, &query, variables, "VALIDATION_FAILED").await;
        }
    }
    inquiry.close();
}

/// A value that fits this way of a choice.
fn good(way: &str) -> Value {
    match way {
        "number" => json!(1),
        "cancelled" | "started" => json!(true),
        _ => json!("x"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_arguments_of_queries_want_their_types() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let ids = [
        ("query($x: ID!) { conversation(id: $x) { id } }", true),
        ("query($x: ID!) { message(id: $x) { id } }", true),
        ("query($x: ID!) { node(id: $x) { id } }", true),
        ("query($x: [ID!]!) { nodes(ids: $x) { id } }", true),
        ("query($x: UserReference!) { user(by: $x) { id } }", true),
        ("query($x: ConversationFilter) { conversations(filter: $x) { totalCount } }", false),
        ("query($x: ConversationOrder) { conversations(orderBy: $x) { totalCount } }", false),
        ("query($x: UserFilter) { users(filter: $x) { totalCount } }", false),
        ("query($x: UserOrder) { users(orderBy: $x) { totalCount } }", false),
        ("query($x: Int) { roles(first: $x) { totalCount } }", false),
        ("query($x: String) { permissions(after: $x) { totalCount } }", false),
        ("query($x: MessageFilter) { conversations { nodes { messages(filter: $x) { totalCount } } } }", false),
        ("query($x: MessageOrder) { conversations { nodes { messages(orderBy: $x) { totalCount } } } }", false),
        ("query($x: Boolean!) { viewer @include(if: $x) { id } }", true),
    ];
    for (query, required) in ids {
        for value in [json!({ "no": "such" }), json!([[true]]), json!(0.5)] {
            inquiry.rejects(&cast.ines, query, json!({ "x": value }), "VALIDATION_FAILED").await;
        }
        if required {
            inquiry.rejects(&cast.ines, query, json!({}), "VALIDATION_FAILED").await;
            inquiry.rejects(&cast.ines, query, json!({ "x": null }), "VALIDATION_FAILED").await;
        } else {
            inquiry.answers(&cast.root, query, json!({}), None).await;
        }
    }
    for (query, values) in [
        (
            ids[4].0,
            vec![
                json!({}),
                json!({ "id": null }),
                json!({ "id": "x", "number": 1 }),
                json!({ "username": "ines", "handle": null }),
                json!({ "number": 2_147_483_648_i64 }),
                json!({ "number": "1" }),
                json!({ "username": 5 }),
                json!("ines"),
            ],
        ),
        (
            ids[5].0,
            vec![
                json!({ "status": "GONE" }),
                json!({ "status": "active" }),
                json!({ "inTrash": null }),
                json!({ "inTrash": "yes" }),
                json!({ "ownerId": true }),
            ],
        ),
        (
            ids[6].0,
            vec![
                json!({ "field": "SECRET", "direction": "ASC" }),
                json!({ "field": "TITLE" }),
                json!({ "direction": "ASC" }),
                json!({ "field": "TITLE", "direction": "UP" }),
                json!({ "field": null, "direction": "ASC" }),
            ],
        ),
        (ids[7].0, vec![json!({ "state": "GONE" }), json!({ "state": ["ACTIVE"] }), json!({ "roleId": {} })]),
        (ids[8].0, vec![json!({ "field": "EMAIL", "direction": "ASC" }), json!({ "field": "NUMBER", "direction": 1 })]),
        (ids[11].0, vec![json!({ "roles": ["ROBOT"] }), json!({ "roles": [null] }), json!({ "authorId": 0.5 })]),
        (ids[12].0, vec![json!({ "field": "DEPTH", "direction": "ASC" })]),
        (ids[3].0, vec![json!([null]), json!([cast.talk, null])]),
    ] {
        for value in values {
            inquiry.rejects(&cast.ines, query, json!({ "x": value }), "VALIDATION_FAILED").await;
        }
    }
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn scalars_that_are_written_as_text_want_text() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    for value in [json!(5), json!(0.5), json!(true), json!({ "no": "such" }), json!([[]])] {
        for (mutation, place) in [
            ("appendMessage", "clientId"),
            ("createConversation", "clientId"),
            ("createRole", "clientId"),
            ("recordToolCall", "clientId"),
            ("assignRole", "expiresAt"),
            ("createInvitation", "email"),
            ("register", "email"),
        ] {
            let variables = json!({ "input": cast.with(mutation, place, value.clone()) });
            inquiry.rejects(cast.caller(mutation), &document(mutation), variables, "VALIDATION_FAILED").await;
        }
        for name in ["createdFrom", "createdBefore", "activeFrom", "activeBefore"] {
            let query = "query($x: ConversationFilter) { conversations(filter: $x) { totalCount } }";
            inquiry.rejects(&cast.ines, query, json!({ "x": { name: value } }), "VALIDATION_FAILED").await;
        }
        for name in ["createdFrom", "createdBefore"] {
            let query = "query($x: UserFilter) { users(filter: $x) { totalCount } }";
            inquiry.rejects(&cast.ines, query, json!({ "x": { name: value } }), "VALIDATION_FAILED").await;
        }
    }
    for document in [
        "mutation { createConversation(input: { clientId: 5 }) { conversation { id } } }",
        "mutation { createConversation(input: { clientId: {} }) { conversation { id } } }",
        "{ conversations(filter: { createdFrom: 5 }) { totalCount } }",
        "{ users(filter: { createdBefore: NOW }) { totalCount } }",
    ] {
        inquiry.rejects(&cast.ines, document, json!({}), "VALIDATION_FAILED").await;
    }
    inquiry.close();
}
