//! `extensions.debug`: what a request did, for those who may know, and no word of what it was about.

use axum::body::Body;
use axum::http::Request;
use harness::{Answer, Person, Socket, Start, World};
use serde_json::{Value, json};

/// Looks like something that must not be told.
const SECRET: &str = "hunter2-sk_live_4eC39HqLyjWDarjtT1zdp7dc";

const LIST: &str = "query($first: Int, $who: String!) {
    hidden: user(by: { username: $who }) { id }
    conversations(first: $first) { nodes { title owner { username } messages { nodes { content author { username } } } } } }";

async fn debug(person: &Person<'_>, query: &str, variables: Value) -> Answer {
    with(person, query, variables, json!({ "debug": true })).await
}

async fn with(person: &Person<'_>, query: &str, variables: Value, extensions: Value) -> Answer {
    let body = json!({ "query": query, "variables": variables, "extensions": extensions });
    person.send(Request::post("/graphql").body(Body::from(body.to_string())).unwrap()).await
}

/// A conversation whose title and message hold the secret.
async fn talk(person: &Person<'_>) {
    let create = "mutation($title: String) { createConversation(input: { title: $title }) { conversation { id } userErrors { code } } }";
    let answer = person.run(create, json!({ "title": format!("About {SECRET}") })).await;
    let id = answer.field("createConversation")["conversation"]["id"].clone();
    let append = "mutation($id: ID!, $content: String!) { appendMessage(input: { conversationId: $id, content: $content }) { message { id } userErrors { code } } }";
    person.run(append, json!({ "id": id, "content": SECRET })).await.field("appendMessage");
}

fn fields(debug: &Value) -> Vec<(&str, u64)> {
    let resolvers = debug["resolvers"].as_array().unwrap();
    resolvers.iter().map(|one| (one["field"].as_str().unwrap(), one["calls"].as_u64().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_know_is_told_what_a_request_did() {
    let world = World::empty().await;
    let ada = world.admin("ada").await;
    talk(&ada).await;
    talk(&ada).await;

    let variables = json!({ "first": 5, "who": "hunter2-sk_live_4e" });
    let answer = debug(&ada, LIST, variables.clone()).await;
    assert_eq!(answer.field("conversations")["nodes"].as_array().unwrap().len(), 2);
    let told = &answer.body["extensions"]["debug"];
    // The harness counts at the pool, the request at its own side.
    assert_eq!(told["statements"], answer.statements, "{told:#}");
    assert_eq!(told["cached"], false);
    let total = told["totalTime"].as_f64().unwrap();
    assert!(told["statementTime"].as_f64().unwrap() > 0.0 && total > 0.0, "{told:#}");

    let fields = fields(told);
    assert!(fields.iter().all(|(field, _)| !field.contains('[')), "{fields:?}");
    for (field, calls) in [
        ("Query.conversations", 1),
        ("ConversationConnection.nodes", 1),
        ("Conversation.title", 2),
        ("Conversation.messages", 2),
        ("Message.content", 2),
        ("User.username", 4),
    ] {
        assert!(fields.contains(&(field, calls)), "{field}: {fields:?}");
    }
    let times: Vec<f64> =
        told["resolvers"].as_array().unwrap().iter().map(|one| one["milliseconds"].as_f64().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b) && times[0] > 0.0 && times[0] <= total, "{told:#}");

    let loaders = told["loaders"].as_array().unwrap();
    // Once for the owners, once for the authors.
    let users = loaders.iter().find(|one| one["name"] == "UserId").unwrap_or_else(|| panic!("{told:#}"));
    assert_eq!((users["batches"].as_u64(), users["keys"].as_u64()), (Some(2), Some(2)), "{told:#}");
    let slowest = &told["slowestStatement"];
    let shape = slowest["shape"].as_str().unwrap();
    assert!(shape.to_lowercase().starts_with("select") && shape.contains("$1") && !shape.contains('\n'), "{shape}");
    assert!(slowest["milliseconds"].as_f64().unwrap() > 0.0 && slowest["rows"].is_u64(), "{slowest}");

    // Nothing that was sent or found.
    let text = told.to_string();
    for value in [SECRET, "hunter2", "sk_live", "About", "ada", "people.test"] {
        assert!(!text.contains(value), "{value} in {told:#}");
    }
    // The second time the document is there already, and the request without the flag is told nothing.
    let again = debug(&ada, LIST, variables.clone()).await;
    assert_eq!(again.body["extensions"]["debug"]["cached"], true);
    let plain = ada.run(LIST, variables).await;
    assert_eq!((plain.body["extensions"].get("debug"), plain.statements), (None, again.statements));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_tells_of_its_transaction() {
    let world = World::empty().await;
    let ada = world.admin("ada").await;
    let create = "mutation($title: String) { createConversation(input: { title: $title }) { conversation { title owner { id } } userErrors { code } } }";
    let answer = debug(&ada, create, json!({ "title": SECRET })).await;
    answer.field("createConversation");
    let told = &answer.body["extensions"]["debug"];
    assert_eq!(told["statements"], answer.statements, "{told:#}");
    assert!(fields(told).contains(&("Mutation.createConversation", 1)), "{told:#}");
    assert!(!told.to_string().contains(SECRET), "{told:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_know_is_refused_and_nothing_runs() {
    let world = World::empty().await;
    let (ada, ben) = (world.admin("ada").await, world.member("ben").await);
    let create = "mutation { createConversation(input: { title: \"x\" }) { conversation { id } } }";
    let before = world.fingerprint().await;

    for (person, status, code) in [(&ben, 403, "FORBIDDEN"), (&world.anonymous(), 401, "UNAUTHENTICATED")] {
        for query in ["{ viewer { username } }", create] {
            let answer = debug(person, query, json!({})).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{:#}", answer.body);
            assert_eq!((answer.body.get("data"), answer.body.get("extensions")), (None, None), "{:#}", answer.body);
        }
    }
    let answer = debug(&ben, create, json!({})).await;
    let error = &answer.body["errors"][0];
    assert_eq!(error["extensions"]["permission"], "operations:inspect");
    assert!(error["message"].as_str().unwrap().contains("operations:inspect"), "{error}");
    // A permission that is given is good at once, and false asks for nothing.
    assert_eq!(with(&ben, "{ viewer { username } }", json!({}), json!({ "debug": false })).await.codes().len(), 0);

    for wrong in [json!(1), json!("true"), json!([true]), json!({})] {
        let answer = with(&ada, create, json!({}), json!({ "debug": wrong })).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, "BAD_REQUEST"), "{:#}", answer.body);
    }
    assert_eq!(world.fingerprint().await, before);
    // A dry run runs nothing, so there is nothing to tell.
    let answer = with(&ada, create, json!({}), json!({ "debug": true, "dryRun": true })).await;
    assert_eq!(answer.body["extensions"].get("debug"), None);
    assert_eq!(world.fingerprint().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_transport_tells_and_refuses() {
    let world = World::with(Start::Empty, |_| {}).await;
    let (ada, ben) = (world.admin("ada").await, world.member("ben").await);
    let query = "{ viewer { username } }";

    // GET.
    let uri = "/graphql?query=%7Bviewer%7Busername%7D%7D&extensions=%7B%22debug%22%3Atrue%7D";
    let answer = ada.send(Request::get(uri).body(Body::empty()).unwrap()).await;
    assert_eq!(answer.body["extensions"]["debug"]["statements"], answer.statements);

    // Server-sent events.
    let body = json!({ "query": query, "extensions": { "debug": true } });
    let stream = Request::post("/graphql").header("accept", "text/event-stream");
    let answer = ada.send(stream.body(Body::from(body.to_string())).unwrap()).await;
    let text = String::from_utf8(answer.bytes).unwrap();
    assert!(text.starts_with("event: next") && text.contains("\"debug\":{\"statements\":"), "{text}");

    // Sockets; a subscription has no end of which there would be something to tell.
    let listening = world.listen().await;
    let mut socket = Socket::open(listening.address, ada.token.as_deref()).await;
    let ask = |query: &str| json!({ "id": "1", "type": "subscribe", "payload": { "query": query, "extensions": { "debug": true } } });
    socket.say(ask(query)).await;
    let next = socket.hear().await.message();
    assert_eq!(
        (next["type"].as_str(), next["payload"]["data"]["viewer"]["username"].as_str()),
        (Some("next"), Some("ada"))
    );
    assert_eq!(fields(&next["payload"]["extensions"]["debug"]), [("Query.viewer", 1), ("User.username", 1)]);
    assert_eq!(socket.hear().await.message()["type"], "complete");
    socket
        .say(ask("subscription { conversationEvents(conversationId: \"conv_01h455vb4pex5vsknk084sn02q\") { kind } }"))
        .await;
    let refused = socket.hear().await.message();
    assert_eq!(refused["payload"][0]["extensions"]["code"], "BAD_REQUEST", "{refused}");

    let mut socket = Socket::open(listening.address, ben.token.as_deref()).await;
    socket.say(ask(query)).await;
    let refused = socket.hear().await.message();
    assert_eq!(
        (refused["type"].as_str(), refused["payload"][0]["extensions"]["code"].as_str()),
        (Some("error"), Some("FORBIDDEN"))
    );
    drop(socket);
    listening.end().await;
}
