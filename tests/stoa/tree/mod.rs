//! The tree of a conversation: branches, which of them each reads, what is removed, and copies.

mod branches;
mod copies;
mod invariants;
mod property;
mod removal;

use harness::Person;
use serde_json::{Value, json};

use crate::matrix::scene::{done, text};

/// A conversation of `owner`, shared with others.
async fn shared_with(owner: &Person<'_>, others: &[(&Person<'_>, &str)]) -> String {
    let made = done(owner, "createConversation", "conversation { id }", json!({ "title": "Tree" })).await;
    let talk = text(&made["conversation"]["id"]);
    for (person, level) in others {
        let input = json!({ "thingId": talk, "grantee": { "user": { "id": person.id } }, "level": level });
        done(owner, "share", "share { id }", input).await;
    }
    talk
}

/// Appends a message below `parent`; below nothing if that is null.
async fn say(person: &Person<'_>, talk: &str, parent: &Value, content: &str) -> Value {
    let input = json!({ "conversationId": talk, "parentId": parent, "content": content });
    done(person, "appendMessage", "message { id }", input).await["message"]["id"].clone()
}

async fn branch(person: &Person<'_>, beside: &Value, content: &str) -> Value {
    let input = json!({ "messageId": beside, "content": content });
    done(person, "branchMessage", "message { id }", input).await["message"]["id"].clone()
}

/// What somebody reads, from the root to the leaf.
async fn reads(person: &Person<'_>, talk: &str) -> Vec<Value> {
    let document = "query($id: ID!) { conversation(id: $id) { activePath(last: 100) { nodes { id } } } }";
    let answer = person.run(document, json!({ "id": talk })).await;
    let nodes = answer.field("conversation")["activePath"]["nodes"].as_array().unwrap().clone();
    nodes.into_iter().map(|node| node["id"].clone()).collect()
}
