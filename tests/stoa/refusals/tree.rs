//! What the rows refuse: parents elsewhere, shares that make no sense, tool calls that are over, and the trash.

use harness::World;
use serde_json::json;

use super::{Cast, Inquiry, cast::make};

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_is_in_the_same_conversation() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let mut answers = Vec::new();
    for parent in [&cast.aside, &cast.foreign_message] {
        let input = cast.with("appendMessage", "parentId", json!(parent));
        answers.push(inquiry.refuses(&cast.ines, "appendMessage", input, &["NOT_FOUND parentId"]).await.alike());
    }
    if answers[0] != answers[1] {
        inquiry.fault("appendMessage", "a parent elsewhere and a hidden one are told apart");
    }
    let input = json!({ "conversationId": cast.foreign, "parentId": cast.foreign_message, "content": "x" });
    inquiry.refuses(&cast.ines, "appendMessage", input, &["NOT_FOUND conversationId"]).await;
    inquiry.accepts(&cast.ines, "appendMessage", cast.with("appendMessage", "parentId", json!(cast.answer))).await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn sharing_wants_another_active_person() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let gone = [
        ("suspended", world.member("sol").await),
        ("deactivated", world.member("dora").await),
        ("deleted", world.member("dell").await),
    ];
    for (state, person) in &gone {
        let name = if *state == "suspended" {
            "sol"
        } else if *state == "deleted" {
            "dell"
        } else {
            "dora"
        };
        world.db_run(&format!("update users set state = '{state}' where username = '{name}'")).await;
        assert!(!person.id.is_empty());
    }
    let mut inquiry = Inquiry::begin(&world).await;
    let share = |way: &str, who: serde_json::Value| json!({ "thingId": cast.talk, "grantee": { "user": { way: who } }, "level": "WRITE" });
    let me = cast.ines.run("{ viewer { number handle } }", json!({})).await.field("viewer").clone();
    for (way, who) in [
        ("id", json!(cast.ines.id)),
        ("username", json!("ines")),
        ("username", json!("INES")),
        ("handle", me["handle"].clone()),
        ("number", me["number"].clone()),
    ] {
        inquiry.refuses(&cast.ines, "share", share(way, who), &["INVALID grantee"]).await;
    }
    for way in ["username", "handle"] {
        let long = "x".repeat(64);
        for who in ["nobody", "sol", "dora", "dell", long.as_str(), "ines'", "%", "_nes"] {
            inquiry.refuses(&cast.ines, "share", share(way, json!(who)), &["NOT_FOUND grantee"]).await;
        }
    }
    for (state, person) in &gone {
        let answer = inquiry.refuses(&cast.ines, "share", share("id", json!(person.id)), &["NOT_FOUND grantee"]).await;
        if String::from_utf8_lossy(&answer.bytes).contains(state) {
            inquiry.fault(state, "its state is told");
        }
    }
    // Of a grantee who is not the owner, not even with the owner.
    inquiry.accepts(&cast.ines, "share", share("username", json!("omar"))).await;
    for who in ["ines", "root"] {
        let input = json!({ "input": share("username", json!(who)) });
        inquiry.fails(&cast.omar, &super::document("share"), input, "FORBIDDEN", "share").await;
    }
    // Handles are exact, names are not.
    inquiry.accepts(&cast.ines, "share", share("username", json!("ROOT"))).await;
    inquiry.accepts(&cast.ines, "share", share("handle", json!("root"))).await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_is_taken_back_once() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    inquiry.refuses(&cast.zoe, "revokeShare", json!({ "shareId": cast.share }), &["NOT_FOUND shareId"]).await;
    inquiry.refuses(&cast.root, "revokeShare", json!({ "shareId": cast.share }), &["NOT_FOUND shareId"]).await;
    inquiry.accepts(&cast.ines, "revokeShare", json!({ "shareId": cast.share })).await;
    inquiry.refuses(&cast.ines, "revokeShare", json!({ "shareId": cast.share }), &["NOT_FOUND shareId"]).await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn tool_calls_end_once() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let news = |outcome: serde_json::Value| json!({ "toolCallId": cast.done, "outcome": outcome });
    for outcome in
        [json!({ "result": 3 }), json!({ "error": "late" }), json!({ "cancelled": true }), json!({ "started": true })]
    {
        inquiry.refuses(&cast.ines, "recordToolResult", news(outcome), &["CONFLICT toolCallId"]).await;
    }
    for way in ["cancelled", "started"] {
        let input = json!({ "toolCallId": cast.call, "outcome": { way: false } });
        inquiry.refuses(&cast.ines, "recordToolResult", input, &[&format!("INVALID outcome.{way}")]).await;
    }
    inquiry.accepts(&cast.ines, "recordToolResult", news(json!({ "result": 2 }))).await;
    let call = json!({ "messageId": cast.answer, "toolName": "t", "callId": "one", "arguments": { "json": 1 } });
    inquiry.accepts(&cast.ines, "recordToolCall", call.clone()).await;
    inquiry.refuses(&cast.ines, "recordToolCall", call.clone(), &["CONFLICT callId"]).await;
    let elsewhere = json!({ "messageId": cast.question, "toolName": "t", "callId": "one", "arguments": { "json": 1 } });
    inquiry.accepts(&cast.ines, "recordToolCall", elsewhere).await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_trash_is_restored_and_purged() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let hidden = make(&cast.zoe, "createConversation", json!({ "title": "Hush, away" })).await["id"].clone();
    make(&cast.zoe, "deleteConversation", json!({ "conversationId": hidden })).await;
    let mut inquiry = Inquiry::begin(&world).await;
    inquiry
        .refuses(&cast.ines, "purgeConversation", json!({ "conversationId": cast.talk }), &["CONFLICT conversationId"])
        .await;
    for mutation in ["restoreConversation", "purgeConversation"] {
        let input = json!({ "conversationId": cast.talk });
        inquiry.fails(&cast.omar, &super::document(mutation), json!({ "input": input }), "FORBIDDEN", mutation).await;
        for (person, id) in [(&cast.ines, &hidden), (&cast.root, &hidden), (&cast.omar, &json!(cast.trashed))] {
            inquiry.refuses(person, mutation, json!({ "conversationId": id }), &["NOT_FOUND conversationId"]).await;
        }
    }
    let shared = json!({ "thingId": cast.trashed, "grantee": { "user": { "username": "omar" } }, "level": "READ" });
    inquiry.refuses(&cast.ines, "share", shared, &["CONFLICT thingId"]).await;
    // What is not in the trash is restored already.
    let before = world.fingerprint().await;
    inquiry.accepts(&cast.ines, "restoreConversation", json!({ "conversationId": cast.talk })).await;
    assert_eq!(world.fingerprint().await, before);
    inquiry.accepts(&cast.ines, "restoreConversation", json!({ "conversationId": cast.trashed })).await;

    inquiry.accepts(&cast.ines, "deleteConversation", json!({ "conversationId": cast.trashed })).await;
    inquiry.accepts(&cast.ines, "purgeConversation", json!({ "conversationId": cast.trashed })).await;
    for mutation in ["restoreConversation", "purgeConversation", "deleteConversation"] {
        inquiry
            .refuses(&cast.ines, mutation, json!({ "conversationId": cast.trashed }), &["NOT_FOUND conversationId"])
            .await;
    }
    inquiry.close();
}
