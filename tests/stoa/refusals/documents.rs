//! Requests that are no requests and documents that are no documents.

use harness::World;
use serde_json::json;

use super::{Cast, Inquiry};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_graphql() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    for document in [
        "",
        " ",
        "# nothing",
        "{",
        "}",
        "{ viewer { id }",
        "{ viewer { id } } }",
        "query",
        "query {",
        "{}",
        "{ viewer {} }",
        "{ viewer { id } \0 }",
        "{ viewer(: 1) { id } }",
        "select * from users",
        "hello",
        "\u{feff}{",
        "{ conversation(id: \"x) { id } }",
        "{ conversation(id: \"\\q\") { id } }",
        "query($x: ) { viewer { id } }",
        "{ viewer { id } } ?",
        "mutation { ",
        "{ a: }",
        "type Query { x: Int }",
        "fragment A on Query { viewer { id } }",
    ] {
        for person in [&cast.nobody, &cast.ines] {
            inquiry.rejects(person, document, json!({}), "PARSE_FAILED").await;
        }
    }
    inquiry.answers(&cast.ines, "{ __typename viewer { id } }", json!({}), None).await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_the_schema() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;

    for document in [
        "{ viewer { id } } { viewer { id } }",
        "{ viewer { id } } query Other { viewer { id } }",
        "query Same { viewer { id } } query Same { viewer { id } }",
        "{ secrets { id } }",
        "{ viewer { password } }",
        "{ viewer }",
        "{ viewer { id { x } } }",
        "{ viewer(x: 1) { id } }",
        "{ conversation { id } }",
        "{ conversation(id: true) { id } }",
        "{ conversation(id: null) { id } }",
        "{ conversation(id: $id) { id } }",
        "query($id: ID) { conversation(id: $id) { id } }",
        "query($id: Int!) { conversation(id: $id) { id } }",
        "query($id: NoSuch) { viewer { id } }",
        "query($id: User) { viewer { id } }",
        "query($a: ID, $a: ID) { nodes(ids: [$a]) { id } }",
        "{ ...Missing }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ viewer { ... on Conversation { id } } }",
        "{ viewer { ... on NoSuch { id } } }",
        "{ viewer @noSuch { id } }",
        "{ viewer { id: username id } }",
        "{ conversations(first: 2147483648) { totalCount } }",
        "{ conversations(first: \"1\") { totalCount } }",
        "{ conversations(filter: { status: GONE }) { totalCount } }",
        "{ conversations(filter: { status: \"ACTIVE\" }) { totalCount } }",
        "{ conversations(filter: { nothing: 1 }) { totalCount } }",
        "{ user(by: {}) { id } }",
        "{ user(by: { number: 1, username: \"ines\" }) { id } }",
        "{ user(by: { number: null }) { id } }",
        "mutation { createConversation { conversation { id } } }",
        "mutation { createConversation(input: { nothing: 1 }) { conversation { id } } }",
        "mutation { createConversation(input: { title: 5 }) { conversation { id } } }",
        "mutation { dropEverything { id } }",
        "mutation { createConversation(input: {}) { conversation { id secret } } }",
        "subscription { viewer { id } }",
    ] {
        inquiry.rejects(&cast.ines, document, json!({}), "VALIDATION_FAILED").await;
    }
    inquiry.answers(&cast.ines, "{ __typename viewer { id } }", json!({}), None).await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_requests() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let good = "{ viewer { id } }";
    for body in [
        "",
        " ",
        "x",
        "{",
        "null",
        "5",
        "\"{ viewer { id } }\"",
        "{}",
        "{\"query\": \"{ viewer { id } }\"",
        "[5]",
        "{\"query\": null}",
        "{\"query\": 5}",
        "{\"query\": [\"x\"]}",
        "{\"variables\": {}}",
        "{\"query\": \"\\ud800\"}",
        "{\"query\": \"{ viewer { id } }\"} x",
        "{'query': '{ viewer { id } }'}",
        "{\"query\": \"{ viewer { id } }\n\"}",
        "query={viewer{id}}",
        "{ viewer { id } }",
    ] {
        inquiry.rejects_body(&cast.ines, body.as_bytes().to_vec(), "BAD_REQUEST").await;
    }
    for (field, value) in [
        ("variables", json!([])),
        ("variables", json!("x")),
        ("variables", json!(5)),
        ("operationName", json!(5)),
        ("operationName", json!({})),
        ("extensions", json!("x")),
        ("extensions", json!([1])),
    ] {
        let body = json!({ "query": good, field: value }).to_string();
        inquiry.rejects_body(&cast.ines, body.into_bytes(), "BAD_REQUEST").await;
    }
    inquiry.rejects_body(&cast.ines, b"{\"query\": \"{ viewer { id } }\xff\"}".to_vec(), "BAD_REQUEST").await;
    let deep =
        format!("{{\"query\": \"{good}\", \"variables\": {{\"x\": {}{} }} }}", "[".repeat(10_000), "]".repeat(10_000));
    inquiry.rejects_body(&cast.ines, deep.into_bytes(), "BAD_REQUEST").await;
    let large = json!({ "query": good, "variables": { "x": "x".repeat(300_000) } }).to_string();
    inquiry.rejects_body(&cast.ines, large.into_bytes(), "TOO_LARGE").await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operation_is_named_when_there_are_several() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let (one, two) = (
        "query One { viewer { id } }",
        "query One { viewer { id } } mutation Two { signOut(input: {}) { endedSessions } }",
    );
    for (document, name) in [
        (one, json!("Other")),
        (one, json!("one")),
        (one, json!("On\0e")),
        (one, json!("x".repeat(100_000))),
        (two, json!(null)),
        (two, json!("Three")),
        ("{ viewer { id } }", json!("One")),
    ] {
        let body = json!({ "query": document, "operationName": name }).to_string();
        inquiry.rejects_body(&cast.ines, body.into_bytes(), "BAD_REQUEST").await;
    }
    inquiry.answers(&cast.ines, one, json!({}), None).await;
    inquiry.close();
}
