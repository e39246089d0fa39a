//! Copies of conversations.

use harness::World;
use serde_json::{Value, json};

use super::{branch, invariants, reads, say, shared_with};
use crate::matrix::scene::{done, mutation, text};

const COPY: &str = "conversation { id title messageCount viewerAccess forkedFrom { id } forkedFromMessage { id }
    messages(first: 100) { nodes { content depth author { username } toolCalls { nodes { toolName status } } } }
    shares { totalCount } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_branch_and_of_a_tree() {
    let world = World::empty().await;
    let (ines, milo) = (world.member("ines").await, world.member("milo").await);
    let talk = shared_with(&ines, &[(&milo, "COMMENT")]).await;
    let root = say(&ines, &talk, &Value::Null, "Which fern?").await;
    for (name, status) in [("clock", "RUNNING"), ("weather", "PENDING")] {
        let call = json!({ "messageId": root, "toolName": name, "arguments": { "json": {} }, "status": status });
        done(&ines, "recordToolCall", "toolCall { id }", call).await;
    }
    let tall = say(&ines, &talk, &root, "A tall one.").await;
    let small = branch(&milo, &tall, "A small one.").await;
    done(&ines, "editMessage", "message { id }", json!({ "messageId": root, "content": "Which moss?" })).await;
    let input = json!({ "conversationId": talk, "throughMessageId": small, "title": "Mine",
        "clientId": "5d0f7c1e-3a52-4e0b-9f64-0c8f6f0a0001" });
    let made = done(&milo, "forkConversation", COPY, input.clone()).await["conversation"].clone();
    assert_eq!((&made["title"], &made["viewerAccess"]), (&json!("Mine"), &json!("OWNER")));
    assert_eq!((&made["forkedFrom"]["id"], &made["forkedFromMessage"]["id"]), (&json!(talk), &small));
    assert_eq!(made["shares"]["totalCount"], 0);
    let calls =
        json!([{ "toolName": "clock", "status": "CANCELLED" }, { "toolName": "weather", "status": "CANCELLED" }]);
    let nodes = json!([
        { "content": "Which moss?", "depth": 0, "author": null, "toolCalls": { "nodes": calls } },
        { "content": "A small one.", "depth": 1, "author": { "username": "milo" }, "toolCalls": { "nodes": [] } }]);
    assert_eq!(made["messages"]["nodes"], nodes);
    assert_eq!(done(&milo, "forkConversation", COPY, input).await["conversation"], made, "once");
    // The whole tree: read where one reads the original.
    let whole = done(&milo, "forkConversation", COPY, json!({ "conversationId": talk })).await["conversation"].clone();
    assert_eq!((&whole["title"], &whole["messageCount"]), (&json!("Tree"), &json!(3)));
    assert_eq!(whole["forkedFromMessage"], Value::Null);
    let read = reads(&milo, &text(&whole["id"])).await;
    let last = milo.run("query($id: ID!) { message(id: $id) { content } }", json!({ "id": read[1] })).await;
    assert_eq!(last.field("message")["content"], "A small one.");
    invariants::hold(&world, "after copying").await;
    // The original tells nothing of its copies, and a copy nothing of an original that is not shared any more.
    let share = world.number("select count(*) from shares").await;
    assert_eq!(share, 1);
    let document = "query($id: ID!) { conversation(id: $id) { shares { nodes { id } } } }";
    let seen = ines.run(document, json!({ "id": talk })).await;
    let id = seen.field("conversation")["shares"]["nodes"][0]["id"].clone();
    done(&ines, "revokeShare", "revokedId", json!({ "shareId": id })).await;
    let document =
        "query($id: ID!) { conversation(id: $id) { messageCount forkedFrom { id } forkedFromMessage { id } } }";
    let seen = milo.run(document, json!({ "id": made["id"] })).await;
    let alone = json!({ "messageCount": 2, "forkedFrom": null, "forkedFromMessage": null });
    assert_eq!(*seen.field("conversation"), alone);
    // Purging the original leaves the copies.
    done(&ines, "deleteConversation", "conversation { id }", json!({ "conversationId": talk })).await;
    done(&ines, "purgeConversation", "purgedId", json!({ "conversationId": talk })).await;
    let seen = milo.run(document, json!({ "id": made["id"] })).await;
    assert_eq!(*seen.field("conversation"), alone);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_or_elsewhere_is_not_copied() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let (talk, other) = (shared_with(&ines, &[]).await, shared_with(&ines, &[]).await);
    let root = say(&ines, &talk, &Value::Null, "1").await;
    let elsewhere = say(&ines, &other, &Value::Null, "2").await;
    world
        .db_run(
            "select set_config('stoa.filling', conversation_id::text, true) from messages where content = '1';
             insert into messages (id, conversation_id, author_id, position, depth, role, content, created_at, updated_at)
             select gen_random_uuid(), m.conversation_id, m.author_id, n + 1, 0, 'user', '', m.created_at, m.created_at
               from messages m cross join generate_series(1, 5000) n where m.content = '1';
             select conversations_filled(conversation_id, null) from messages where content = '1'",
        )
        .await;
    let fork = mutation("forkConversation", "conversation { id messageCount }");
    let before = world.fingerprint().await;
    for (input, refusal) in [
        (json!({ "conversationId": talk }), "CONFLICT conversationId"),
        (json!({ "conversationId": talk, "throughMessageId": elsewhere }), "NOT_FOUND throughMessageId"),
    ] {
        assert_eq!(ines.run(&fork, json!({ "input": input })).await.refusals("forkConversation"), [refusal]);
    }
    assert_eq!(world.fingerprint().await, before);
    let input = json!({ "conversationId": talk, "throughMessageId": root });
    let made = ines.run(&fork, json!({ "input": input })).await;
    assert_eq!(made.field("forkConversation")["conversation"]["messageCount"], 1);
}
