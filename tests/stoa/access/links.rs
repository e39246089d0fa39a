//! Links: who has one reads what it shows, and nothing else ever.

use chrono::TimeDelta;
use harness::{Person, World};
use serde_json::{Value, json};

use super::sharing::world;
use crate::matrix::scene::{append, done, mutation, text};

const OPEN: &str = "query($token: String!) { sharedConversation(token: $token) { title sharedBy messages(first: 100) {
    totalCount nodes { position depth role isHidden content toolCalls { toolName status arguments result error } } } } }";

async fn open(person: &Person<'_>, token: &Value) -> Value {
    person.run(OPEN, json!({ "token": token })).await.field("sharedConversation").clone()
}

async fn link(person: &Person<'_>, talk: &str, more: Value) -> Value {
    let mut input = json!({ "conversationId": talk });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    done(person, "createShareLink", "token share { id audience }", input).await
}

/// A conversation with a system prompt, a question, an answer with a tool call, and that tool's message.
async fn talk_of(person: &Person<'_>) -> (String, Vec<String>, String) {
    let made = done(person, "createConversation", "conversation { id }", json!({ "title": "Plants" })).await;
    let talk = text(&made["conversation"]["id"]);
    let mut messages = Vec::new();
    for (role, content) in
        [("SYSTEM", "Secret rules"), ("USER", "Which fern?"), ("ASSISTANT", "A tall one."), ("TOOL", "Secret data")]
    {
        let input = json!({ "conversationId": talk, "role": role, "content": content });
        messages.push(text(&done(person, "appendMessage", "message { id }", input).await["message"]["id"]));
    }
    let input =
        json!({ "messageId": messages[2], "toolName": "look_up", "arguments": { "json": { "q": "Secret question" } } });
    let call = text(&done(person, "recordToolCall", "toolCall { id }", input).await["toolCall"]["id"]);
    (talk, messages, call)
}

fn said(shown: &Value) -> Vec<Option<&str>> {
    shown["messages"]["nodes"].as_array().unwrap().iter().map(|node| node["content"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_it_reads_until_it_is_taken_back() {
    let world = world().await;
    let (ines, omar, nobody) = (world.member("ines").await, world.member("omar").await, world.anonymous());
    let (talk, _, call) = talk_of(&ines).await;
    let result = json!({ "toolCallId": call, "outcome": { "result": { "found": "Secret find" } } });
    done(&ines, "recordToolResult", "toolCall { id }", result).await;
    let made = link(&ines, &talk, json!({})).await;
    assert_eq!(made["share"]["audience"], "LINK");
    let shown = open(&nobody, &made["token"]).await;
    assert_eq!((&shown["title"], &shown["sharedBy"]), (&json!("Plants"), &json!("ines")));
    assert_eq!(said(&shown), [None, Some("Which fern?"), Some("A tall one."), None]);
    let call = &shown["messages"]["nodes"][2]["toolCalls"][0];
    assert_eq!(
        (&call["toolName"], &call["status"], &call["result"]),
        (&json!("look_up"), &json!("SUCCEEDED"), &Value::Null)
    );
    assert!(!shown.to_string().contains("Secret"), "{shown:#}");
    let bare = link(&ines, &talk, json!({ "hidesSystemPrompts": false, "hidesToolData": false })).await;
    let all = open(&omar, &bare["token"]).await;
    assert_eq!(said(&all), [Some("Secret rules"), Some("Which fern?"), Some("A tall one."), Some("Secret data")]);
    assert_eq!(all["messages"]["nodes"][2]["toolCalls"][0]["result"]["found"], "Secret find");
    assert_eq!(
        omar.run("query($id: ID!) { conversation(id: $id) { id } }", json!({ "id": talk })).await.data()["conversation"],
        Value::Null,
        "a link leads nowhere else"
    );
    done(&ines, "revokeShare", "revokedId", json!({ "shareId": made["share"]["id"] })).await;
    assert_eq!(open(&nobody, &made["token"]).await, Value::Null);
    assert_eq!(open(&nobody, &json!("stoa_ln_AAAA")).await, Value::Null, "and looks like one that never was");
    done(&ines, "deleteConversation", "conversation { id }", json!({ "conversationId": talk })).await;
    assert_eq!(open(&nobody, &bare["token"]).await, Value::Null, "nor from the trash");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_written_later_is_read_through_a_frozen_link() {
    let world = world().await;
    let ines = world.member("ines").await;
    let (talk, messages, call) = talk_of(&ines).await;
    let all = json!({ "hidesSystemPrompts": false, "hidesToolData": false, "frozenAtMessageId": messages[2] });
    let made = link(&ines, &talk, all).await;
    let before = open(&world.anonymous(), &made["token"]).await;
    assert_eq!(said(&before), [Some("Secret rules"), Some("Which fern?"), Some("A tall one.")]);
    world.clock.advance(TimeDelta::seconds(1));
    for (number, content) in ["A small one.", "None at all."].into_iter().enumerate() {
        let edit = json!({ "messageId": messages[2], "content": content, "expectedVersion": number + 1 });
        done(&ines, "editMessage", "message { id }", edit).await;
    }
    append(&ines, &talk, "And later?").await;
    let result = json!({ "toolCallId": call, "outcome": { "result": { "found": "later" } } });
    done(&ines, "recordToolResult", "toolCall { id }", result).await;
    let later = json!({ "messageId": messages[2], "toolName": "later", "arguments": { "json": {} } });
    done(&ines, "recordToolCall", "toolCall { id }", later).await;
    done(&ines, "updateConversation", "conversation { id }", json!({ "conversationId": talk, "title": "Later" })).await;
    assert_eq!(open(&world.anonymous(), &made["token"]).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_holds_what_the_link_shows_where_it_allows_one() {
    let world = world().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let (talk, messages, _) = talk_of(&ines).await;
    let branch = json!({ "conversationId": talk, "parentId": messages[0], "content": "Another branch" });
    done(&ines, "appendMessage", "message { id }", branch).await;
    let document = mutation(
        "forkSharedConversation",
        "conversation { id title viewerAccess messages { nodes { role content
        author { id } parent { content } toolCalls { nodes { toolName arguments result } } } } }",
    );
    let closed = link(&ines, &talk, json!({})).await;
    let input = |made: &Value| json!({ "input": { "token": made["token"] } });
    assert_eq!(omar.run(&document, input(&closed)).await.code(), "FORBIDDEN");
    let made = link(&ines, &talk, json!({ "allowsFork": true })).await;
    let copy = omar.run(&document, input(&made)).await.field("forkSharedConversation")["conversation"].clone();
    assert_eq!((&copy["title"], &copy["viewerAccess"]), (&json!("Plants"), &json!("OWNER")));
    assert!(!copy.to_string().contains("Secret"), "{copy:#}");
    let nodes = copy["messages"]["nodes"].as_array().unwrap();
    let tree: Vec<(&str, Option<&str>)> =
        nodes.iter().map(|node| (node["content"].as_str().unwrap(), node["parent"]["content"].as_str())).collect();
    assert_eq!(
        tree,
        [
            ("", None),
            ("Which fern?", Some("")),
            ("A tall one.", Some("Which fern?")),
            ("", Some("A tall one.")),
            ("Another branch", Some(""))
        ]
    );
    assert_eq!(nodes[2]["toolCalls"]["nodes"], json!([{ "toolName": "look_up", "arguments": {}, "result": null }]));
    assert!(nodes.iter().all(|node| node["author"].is_null()));
    let wrong = json!({ "input": { "token": "stoa_ln_AAAA" } });
    assert_eq!(omar.run(&document, wrong).await.refusals("forkSharedConversation"), ["NOT_FOUND token"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_manage_see_who_looked() {
    let world: World = world().await;
    let [ines, omar, noor] = [world.member("ines").await, world.member("omar").await, world.member("noor").await];
    let (talk, _, _) = talk_of(&ines).await;
    super::sharing::give(&ines, &talk, json!({ "user": { "username": "noor" } }), "WRITE").await;
    let made = link(&ines, &talk, json!({})).await;
    for person in [&omar, &omar, &world.anonymous()] {
        open(person, &made["token"]).await;
    }
    world.app.views.write(&world.db).await.unwrap();
    open(&omar, &made["token"]).await;
    world.app.views.write(&world.db).await.unwrap();
    let log = "query($id: ID!) { node(id: $id) { ... on Share { link { allowsFork frozenAt } views { totalCount
        nodes { isAnonymous views } } } } }";
    let seen = ines.run(log, json!({ "id": made["share"]["id"] })).await.field("node").clone();
    let mut nodes = seen["views"]["nodes"].as_array().unwrap().clone();
    nodes.sort_by_key(|node| node["views"].as_i64());
    assert_eq!(nodes, [json!({ "isAnonymous": true, "views": 1 }), json!({ "isAnonymous": false, "views": 3 })]);
    assert_eq!(noor.run(log, json!({ "id": made["share"]["id"] })).await.data()["node"], Value::Null);
}
