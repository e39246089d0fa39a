//! Queries are answered without the extension that keeps errors exact, and rows by their columns. Whoever asks for
//! `extensions.debug` gets the long way for the same document: the two must not differ.

use apollo_compiler::Schema;
use axum::body::Body;
use axum::http::Request;
use harness::{Answer, Person, World};
use serde_json::{Value, json};
use stoa::demo::examples::{ANONYMOUS, all};
use stoa::graphql::engine::Limits;
use stoa::graphql::schema::engine;

/// A place in time, which goes on between two requests.
const MOVES: [&str; 1] = ["eventCursor"];

async fn world() -> World {
    let world = World::demo().await;
    let everybody = "insert into role_permissions (role_id, permission_id, created_at)
        select r.id, p.id, now() from roles r, permissions p where p.name in ('operations:inspect', 'users:read', 'roles:read') on conflict do nothing";
    world.db_run(everybody).await;
    world
}

async fn both(person: &Person<'_>, query: &str, variables: &Value) -> [Answer; 2] {
    let exact = json!({ "query": query, "variables": variables, "extensions": { "debug": true } });
    let exact = person.send(Request::post("/graphql").body(Body::from(exact.to_string())).unwrap()).await;
    assert!(exact.body["extensions"]["debug"].is_object(), "{query}: {:#}", exact.body);
    [person.run(query, variables.clone()).await, exact]
}

/// Fields of the type that have no arguments and nothing below them.
fn leaves(types: &Schema, name: &str) -> String {
    let fields = types.get_object(name).unwrap().fields.iter();
    let leaves = fields.filter(|(name, field)| {
        let inner = &types.types[field.ty.inner_named_type()];
        field.arguments.is_empty() && (inner.is_scalar() || inner.is_enum()) && !MOVES.contains(&name.as_str())
    });
    leaves.map(|(name, _)| format!("{name} ")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_plain_field_is_the_same() {
    let world = world().await;
    let engine = engine(Limits::default()).unwrap();
    let of = |name: &str| format!("__typename {}", leaves(engine.types(), name));
    let list = |name: &str, more: &str| {
        let (node, page) = (of(name), of("PageInfo"));
        format!(
            "{{ __typename totalCount pageInfo {{ {page} }} nodes {{ {node} }} empty: nodes {{ {more} __typename }}
               edges {{ __typename cursor node {{ {node} {more} }} }} }}"
        )
    };
    let user = of("User");
    let calls = format!("message {{ {} }}", of("Message"));
    let messages = format!(
        "author {{ {user} }} parent {{ id }} conversation {{ {} }} children(first: 2) {{ nodes {{ id }} totalCount }}
         toolCalls(first: 3) {}",
        of("Conversation"),
        list("ToolCall", &calls)
    );
    let conversations = format!(
        "owner {{ {user} }} lastMessage {{ {} }} participants(first: 3) {} shares(first: 3) {} messages(first: 5) {}",
        of("Message"),
        list("Participant", "user { id }"),
        list("Share", "grantee { ... on User { id } }"),
        list("Message", &messages)
    );
    let documents = [
        format!("{{ conversations(first: 3) {} }}", list("Conversation", &conversations)),
        format!(
            "{{ conversations(first: 2, orderBy: {{ field: TITLE, direction: ASC }}) {} }}",
            list("Conversation", "")
        ),
        format!(
            "{{ users(first: 5) {} viewer {{ {user} }} }}",
            list("User", "roleAssignments(first: 2) { edges { cursor } }")
        ),
        format!("{{ roles(first: 5) {} }}", list("Role", "permissions")),
        // Aliases that meet other fields' names, and everything left out.
        "{ conversations(first: 2) { nodes { id: title title: id } edges { node { id @skip(if: true) } } } }"
            .to_owned(),
    ];
    let mut told = 0;
    for username in ["ines", "kofi"] {
        let person = world.existing(username).await;
        for document in &documents {
            let [bare, exact] = both(&person, document, &json!({})).await;
            assert_eq!(bare.data().to_string(), exact.data().to_string(), "{document}");
            told += bare.bytes.len();
        }
    }
    assert!(told > 50_000, "{told} bytes are not the demo");
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_have_one_answer() {
    let world = world().await;
    let queries = all().into_iter().filter(|example| example.query.starts_with("query") && example.run_as != ANONYMOUS);
    let queries: Vec<_> = queries.collect();
    assert!(queries.len() > 10, "{} queries", queries.len());
    for example in queries {
        let person = world.existing(example.run_as).await;
        let variables = serde_json::from_str(example.variables).unwrap();
        let [mut bare, mut exact] = both(&person, example.query, &variables).await;
        for body in [&mut bare.body, &mut exact.body] {
            still(body);
        }
        assert_eq!(bare.data().to_string(), exact.data().to_string(), "{}", example.name);
    }
}

/// Takes out what moves.
fn still(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !MOVES.contains(&name.as_str()));
            fields.values_mut().for_each(still);
        }
        Value::Array(items) => items.iter_mut().for_each(still),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_told_exactly_and_paid_once() {
    let world = world().await;
    let ines = world.existing("ines").await;
    let document = "{ conversations(first: 3) { nodes { title messages(first: 0) { nodes { id } } owner { handle } } }
        bad: node(id: \"nonsense\") { id } viewer { handle } }";
    let [bare, exact] = both(&ines, document, &json!({})).await;
    assert_eq!(bare.body["data"], exact.body["data"]);
    assert_eq!(bare.body["data"]["viewer"]["handle"], "ines");
    let errors = |answer: &Answer| {
        let mut errors = answer.body["errors"].clone();
        let entries = errors.as_array_mut().unwrap();
        for error in entries.iter_mut() {
            error["extensions"].as_object_mut().unwrap().remove("requestId");
        }
        // Errors come in the order in which their fields failed, which statements decide.
        entries.sort_by_key(|error| error["path"].to_string());
        errors
    };
    assert_eq!(errors(&bare), errors(&exact));
    assert!(errors(&bare).as_array().unwrap().len() >= 3, "{:#}", bare.body);
    assert_eq!(bare.body["extensions"]["cost"]["actual"], exact.body["extensions"]["cost"]["actual"]);
    // The first run's statements are real, so they are counted: at most as many again.
    let once = exact.statements;
    assert!((once..2 * once).contains(&bare.statements), "{} and {once}", bare.statements);
}
