//! Messages that are removed, with what is below them or without.

use harness::World;
use serde_json::{Value, json};

use super::{branch, invariants, reads, say, shared_with};
use crate::matrix::scene::{done, mutation, text};

const REMOVED: &str =
    "deletedCount message { id content deletedAt version model } conversation { messageCount lastMessage { id } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_message_goes_with_everything_below_it() {
    let world = World::empty().await;
    let (ines, milo) = (world.member("ines").await, world.member("milo").await);
    let talk = shared_with(&ines, &[(&milo, "WRITE")]).await;
    let root = say(&ines, &talk, &Value::Null, "1").await;
    let kept = say(&ines, &talk, &root, "2").await;
    let gone = branch(&ines, &kept, "3").await;
    let below = say(&milo, &talk, &gone, "4").await;
    assert_eq!(reads(&milo, &talk).await, [root.clone(), gone.clone(), below.clone()]);
    let input = json!({ "messageId": gone, "answers": "DELETE" });
    let done_so = done(&ines, "deleteMessage", REMOVED, input).await;
    assert_eq!((&done_so["deletedCount"], &done_so["message"]), (&json!(2), &Value::Null));
    assert_eq!(done_so["conversation"], json!({ "messageCount": 2, "lastMessage": { "id": kept } }));
    // Whoever read it reads what is left.
    for person in [&ines, &milo] {
        assert_eq!(reads(person, &talk).await, [root.clone(), kept.clone()]);
    }
    for id in [&gone, &below] {
        let seen = ines.run("query($id: ID!) { message(id: $id) { id } }", json!({ "id": id })).await;
        assert_eq!(seen.data()["message"], Value::Null);
    }
    // Its position is not given again.
    let input = json!({ "conversationId": talk, "content": "5" });
    let next = done(&ines, "appendMessage", "message { position parent { id } }", input).await;
    assert_eq!(next["message"], json!({ "position": 5, "parent": { "id": kept } }));
    // Everything may go.
    let input = json!({ "messageId": root, "answers": "DELETE" });
    let done_so = done(&ines, "deleteMessage", REMOVED, input).await;
    assert_eq!(done_so["conversation"], json!({ "messageCount": 0, "lastMessage": null }));
    assert!(reads(&ines, &talk).await.is_empty());
    invariants::hold(&world, "empty").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_goes_and_what_is_below_it_stays() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let talk = shared_with(&ines, &[]).await;
    let root = say(&ines, &talk, &Value::Null, "My card number is …").await;
    done(&ines, "editMessage", "message { id }", json!({ "messageId": root, "content": "Never mind." })).await;
    let call = json!({ "messageId": root, "toolName": "clock", "arguments": { "json": {} } });
    done(&ines, "recordToolCall", "toolCall { id }", call).await;
    let answer = say(&ines, &talk, &root, "Noted.").await;
    let input = json!({ "messageId": root, "answers": "KEEP" });
    let done_so = done(&ines, "deleteMessage", REMOVED, input.clone()).await;
    assert_eq!(done_so["deletedCount"], 0);
    assert_eq!(done_so["conversation"]["messageCount"], 2);
    assert_eq!((&done_so["message"]["content"], &done_so["message"]["version"]), (&json!(""), &json!(3)));
    assert!(done_so["message"]["deletedAt"].is_string());
    assert_eq!(reads(&ines, &talk).await, [root.clone(), answer.clone()]);
    // Nothing of it is left anywhere.
    assert_eq!(world.number("select count(*) from message_versions").await, 0);
    assert_eq!(world.number("select count(*) from tool_calls").await, 0);
    assert_eq!(world.number("select count(*) from messages where content like '%card%'").await, 0);
    // It says nothing any more, and can be answered still.
    for (name, input) in [("editMessage", json!({ "messageId": root, "content": "Back." })), ("deleteMessage", input)] {
        let selection = if name == "editMessage" { "message { id }" } else { "deletedCount" };
        let refused = ines.run(&mutation(name, selection), json!({ "input": input })).await;
        assert_eq!(refused.refusals(name), ["CONFLICT messageId"]);
    }
    branch(&ines, &answer, "Really?").await;
    let both =
        ines.run("query($id: ID!) { message(id: $id) { children { totalCount } } }", json!({ "id": root })).await;
    assert_eq!(both.field("message")["children"]["totalCount"], 2);
    invariants::hold(&world, "an empty place").await;
    // The place goes with the last thing below it.
    for (id, gone) in [(&answer, 1), (&reads(&ines, &talk).await[1], 2)] {
        let input = json!({ "messageId": id, "answers": "KEEP" });
        assert_eq!(done(&ines, "deleteMessage", REMOVED, input).await["deletedCount"], gone);
    }
    assert_eq!(world.number("select count(*) from messages").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_removes_ones_own_and_nobody_elses() {
    let world = World::empty().await;
    let (ines, milo) = (world.member("ines").await, world.member("milo").await);
    let (tove, yuki) = (world.member("tove").await, world.member("yuki").await);
    let talk = shared_with(&ines, &[(&milo, "WRITE"), (&tove, "COMMENT"), (&yuki, "READ")]).await;
    let root = say(&ines, &talk, &Value::Null, "1").await;
    let own = say(&tove, &talk, &root, "2").await;
    let below = say(&ines, &talk, &own, "3").await;
    let remove = mutation("deleteMessage", "deletedCount");
    let before = world.fingerprint().await;
    for (person, id, answers) in [
        (&yuki, &own, "KEEP"),
        (&tove, &root, "KEEP"),
        (&tove, &below, "DELETE"),
        // With what somebody else wrote below it.
        (&tove, &own, "DELETE"),
    ] {
        let input = json!({ "input": { "messageId": id, "answers": answers } });
        assert_eq!(person.run(&remove, input).await.code(), "FORBIDDEN");
    }
    let stale = json!({ "input": { "messageId": own, "answers": "DELETE", "expectedVersion": 7 } });
    let refused = ines.run(&mutation("deleteMessage", REMOVED), stale).await;
    assert_eq!(refused.refusals("deleteMessage"), ["CONFLICT expectedVersion"]);
    assert_eq!(refused.body["data"]["deleteMessage"]["message"]["content"], "2");
    assert_eq!(world.fingerprint().await, before);
    done(&tove, "deleteMessage", "deletedCount", json!({ "messageId": own, "answers": "KEEP" })).await;
    let all = json!({ "messageId": own, "answers": "DELETE" });
    assert_eq!(done(&milo, "deleteMessage", "deletedCount", all).await["deletedCount"], 2);
    invariants::hold(&world, "at the end").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_listen_hear_of_it() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let talk = shared_with(&ines, &[]).await;
    let root = say(&ines, &talk, &Value::Null, "1").await;
    let seen = ines.run("query($id: ID!) { conversation(id: $id) { eventCursor } }", json!({ "id": talk })).await;
    let after = seen.field("conversation")["eventCursor"].clone();
    let other = branch(&ines, &root, "2").await;
    let third = say(&ines, &talk, &root, "3").await;
    done(&ines, "deleteMessage", "deletedCount", json!({ "messageId": root, "answers": "KEEP" })).await;
    done(&ines, "deleteMessage", "deletedCount", json!({ "messageId": other, "answers": "DELETE" })).await;
    let document = "subscription($id: ID!, $after: String) { conversationEvents(conversationId: $id, after: $after) {
        kind subjectId message { id } } }";
    let mut stream = ines.follow(document, json!({ "id": talk, "after": after })).await;
    let mut heard = Vec::new();
    while heard.last().is_none_or(|(kind, _, _)| kind != "MESSAGE_DELETED") {
        let event = stream.result().await["data"]["conversationEvents"].clone();
        heard.push((text(&event["kind"]), event["subjectId"].clone(), event["message"].is_object()));
    }
    // A cursor may tell again of what was there.
    heard.retain(|(kind, id, _)| *id != root || kind != "MESSAGE_ADDED");
    let added = || "MESSAGE_ADDED".to_owned();
    let expected = [
        (added(), other.clone(), false),
        (added(), third, true),
        ("MESSAGE_CHANGED".to_owned(), root, true),
        ("MESSAGE_DELETED".to_owned(), other, false),
    ];
    assert_eq!(heard, expected);
}
