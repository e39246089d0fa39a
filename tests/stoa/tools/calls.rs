//! Calls: what they are held against, who says yes, and which way they go.

use harness::{Person, World};
use serde_json::{Value, json};

use super::{give, refused, seats};
use crate::matrix::scene::{append, done, mutation, text};

const CALL: &str = "toolCall { id status toolName tool { id } startedAt finishedAt durationMs version
    approval { decision reason decidedAt decidedBy { username } } }";

/// A conversation of somebody with a message.
async fn talk(person: &Person<'_>) -> (String, String) {
    let made = done(person, "createConversation", "conversation { id }", json!({ "title": "Trains" })).await;
    let talk = text(&made["conversation"]["id"]);
    let message = append(person, &talk, "I am asking for the seat.").await;
    (talk, message)
}

fn call(message: &str, tool: &str) -> Value {
    json!({ "messageId": message, "toolId": tool, "arguments": { "json": { "connection": "c-1" } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_fit_the_definition_or_are_refused_with_their_place() {
    let world = World::empty().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let ((_, message), tool) = (talk(&ines).await, seats(&ines, false).await);
    let made = done(&ines, "recordToolCall", CALL, call(&message, &tool)).await["toolCall"].clone();
    assert_eq!((&made["toolName"], &made["tool"]["id"]), (&json!("reserve_seat"), &json!(tool)));
    assert_eq!((&made["status"], &made["approval"]), (&json!("PENDING"), &Value::Null));
    let with = |field: &str, value: Value| {
        let mut input = call(&message, &tool);
        input[field] = value;
        input
    };
    let theirs = seats(&omar, false).await;
    for (input, places) in [
        (with("arguments", json!({ "json": {} })), vec!["INVALID arguments.json"]),
        (with("arguments", json!({ "json": { "connection": 7 } })), vec!["INVALID arguments.json.connection"]),
        (
            with("arguments", json!({ "json": { "connection": 7, "wish": "hush", "hush": 1 } })),
            vec!["INVALID arguments.json", "INVALID arguments.json.connection", "INVALID arguments.json.wish"],
        ),
        (with("arguments", json!({ "raw": "{" })), vec!["INVALID arguments.raw"]),
        (with("toolName", json!("other")), vec!["INVALID toolName"]),
        (with("toolId", json!(theirs)), vec!["NOT_FOUND toolId"]),
        (json!({ "messageId": message, "arguments": { "json": 1 } }), vec!["INVALID toolName"]),
    ] {
        let mut found = refused(&ines, "recordToolCall", CALL, input.clone()).await;
        found.sort();
        assert_eq!(found, places, "{input}");
    }
    let hushed = with("arguments", json!({ "json": { "connection": "c", "wish": "hush-hush" } }));
    let answer = ines.run(&mutation("recordToolCall", CALL), json!({ "input": hushed })).await;
    assert!(!answer.body.to_string().contains("hush-hush"), "{:#}", answer.body);
    done(&ines, "updateTool", "tool { id }", json!({ "toolId": tool, "isActive": false })).await;
    assert_eq!(refused(&ines, "recordToolCall", CALL, call(&message, &tool)).await, ["CONFLICT toolId"]);
    done(&ines, "deleteTool", "tool { id }", json!({ "toolId": tool })).await;
    assert_eq!(refused(&ines, "recordToolCall", CALL, call(&message, &tool)).await, ["CONFLICT toolId"]);
    // What is no JSON is kept as it came where nothing says what it should be.
    let raw = json!({ "messageId": message, "toolName": "other", "arguments": { "raw": "{" } });
    done(&ines, "recordToolCall", CALL, raw).await;
    done(&ines, "purgeTool", "purgedId", json!({ "toolId": tool })).await;
    assert_eq!(world.number("select count(*) from tool_calls where tool_id is null").await, 2, "calls stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_has_to_be_approved_waits_for_somebody_who_may() {
    let world = World::empty().await;
    let (ines, omar, zoe) = (world.member("ines").await, world.member("omar").await, world.member("zoe").await);
    let ((talk, message), tool) = (talk(&ines).await, seats(&ines, true).await);
    give(&ines, &talk, "omar", "COMMENT").await;
    let running = {
        let mut input = call(&message, &tool);
        input["status"] = json!("RUNNING");
        input
    };
    assert_eq!(refused(&ines, "recordToolCall", CALL, running).await, ["CONFLICT status"]);
    let made = done(&ines, "recordToolCall", CALL, call(&message, &tool)).await["toolCall"].clone();
    assert_eq!((&made["status"], &made["approval"]["decision"]), (&json!("AWAITING_APPROVAL"), &Value::Null));
    let id = json!({ "toolCallId": made["id"] });
    let outcome = json!({ "toolCallId": made["id"], "outcome": { "result": 1 } });
    for (name, input) in [("startToolCall", &id), ("recordToolResult", &outcome)] {
        assert_eq!(refused(&ines, name, CALL, input.clone()).await, ["CONFLICT toolCallId"], "{name}");
    }
    for (person, code) in [(&omar, "FORBIDDEN"), (&zoe, "")] {
        let answer = person.run(&mutation("approveToolCall", CALL), json!({ "input": id })).await;
        match code {
            "" => assert_eq!(answer.refusals("approveToolCall").len(), 1, "{:#}", answer.body),
            code => assert_eq!(answer.code(), code),
        }
    }
    // A key that records calls does not approve its own.
    let scopes = json!(["CONVERSATIONS_READ", "MESSAGES_WRITE", "TOOLS_READ"]);
    let made_key = done(&ines, "createApiKey", "secret", json!({ "name": "Bot", "scopes": scopes })).await;
    let key = ines.with_token(&text(&made_key["secret"]));
    assert_eq!(key.run(&mutation("approveToolCall", CALL), json!({ "input": id })).await.code(), "FORBIDDEN");

    give(&ines, &talk, "omar", "WRITE").await;
    let waiting = "query($filter: WaitingToolCallFilter) { toolCallsAwaitingApproval(filter: $filter) { totalCount nodes { id } } }";
    let count = async |person: &Person<'_>, filter: Value| {
        person.run(waiting, json!({ "filter": filter })).await.field("toolCallsAwaitingApproval")["totalCount"].clone()
    };
    assert_eq!((count(&ines, json!({})).await, count(&omar, json!({})).await), (json!(1), json!(1)));
    assert_eq!(count(&omar, json!({ "conversationId": talk })).await, 1);
    assert_eq!(count(&ines, json!({ "toolId": tool })).await, 1);
    assert_eq!(
        (count(&zoe, json!({})).await, count(&zoe, json!({ "conversationId": talk })).await),
        (json!(0), json!(0))
    );
    let approved = done(&omar, "approveToolCall", CALL, id.clone()).await["toolCall"].clone();
    assert_eq!(approved["status"], "PENDING");
    assert_eq!(approved["approval"]["decidedBy"]["username"], "omar");
    assert_eq!(approved["approval"]["decision"], "APPROVED");
    assert_eq!(done(&omar, "approveToolCall", CALL, id.clone()).await["toolCall"], approved, "again is no error");
    let no = json!({ "toolCallId": made["id"], "reason": "Too late." });
    assert_eq!(refused(&ines, "rejectToolCall", CALL, no).await, ["CONFLICT toolCallId"]);
    assert_eq!(count(&ines, json!({})).await, 0);
    let begun = done(&ines, "startToolCall", CALL, id.clone()).await["toolCall"].clone();
    assert_eq!((&begun["status"], begun["startedAt"].is_string()), (&json!("RUNNING"), true));
    let over = done(&ines, "recordToolResult", CALL, outcome.clone()).await["toolCall"].clone();
    assert_eq!((&over["status"], over["durationMs"].is_i64()), (&json!("SUCCEEDED"), true));
    assert_eq!(done(&ines, "recordToolResult", CALL, outcome).await["toolCall"], over, "again is no error");
    assert_eq!(refused(&ines, "cancelToolCall", CALL, id).await, ["CONFLICT toolCallId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_rejected_is_over_and_says_why() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let ((talk, message), tool) = (talk(&ines).await, seats(&ines, true).await);
    let one = text(&done(&ines, "recordToolCall", CALL, call(&message, &tool)).await["toolCall"]["id"]);
    let two = text(&done(&ines, "recordToolCall", CALL, call(&message, &tool)).await["toolCall"]["id"]);
    let no = json!({ "toolCallId": one, "reason": "Only one seat is needed." });
    let rejected = done(&ines, "rejectToolCall", CALL, no.clone()).await["toolCall"].clone();
    assert_eq!((&rejected["status"], rejected["finishedAt"].is_string()), (&json!("CANCELLED"), true));
    assert_eq!(rejected["approval"]["reason"], "Only one seat is needed.");
    assert_eq!(done(&ines, "rejectToolCall", CALL, no).await["toolCall"], rejected, "again is no error");
    let other = json!({ "toolCallId": one, "reason": "Another." });
    assert_eq!(refused(&ines, "rejectToolCall", CALL, other).await, ["CONFLICT toolCallId"]);
    assert_eq!(refused(&ines, "approveToolCall", CALL, json!({ "toolCallId": one })).await, ["CONFLICT toolCallId"]);
    let stale = json!({ "toolCallId": two, "expectedVersion": 7 });
    assert_eq!(refused(&ines, "approveToolCall", CALL, stale).await, ["CONFLICT expectedVersion"]);
    let cancelled = done(&ines, "cancelToolCall", CALL, json!({ "toolCallId": two })).await["toolCall"].clone();
    assert_eq!((&cancelled["status"], &cancelled["approval"]["decision"]), (&json!("CANCELLED"), &Value::Null));
    // The audit log does not keep the reason.
    let told = "select count(*) from audit_log where concat(before, after) like '%seat%'";
    assert_eq!(world.number(told).await, 0);
    done(&ines, "deleteConversation", "conversation { id }", json!({ "conversationId": talk })).await;
    assert_eq!(refused(&ines, "cancelToolCall", CALL, json!({ "toolCallId": two })).await, ["CONFLICT toolCallId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_decide_at_once_one_word_stands() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let ((_, message), tool) = (talk(&ines).await, seats(&ines, true).await);
    for _ in 0..5 {
        let id = done(&ines, "recordToolCall", CALL, call(&message, &tool)).await["toolCall"]["id"].clone();
        let (yes, no) = (mutation("approveToolCall", CALL), mutation("rejectToolCall", CALL));
        let (yes, no) = tokio::join!(
            ines.run(&yes, json!({ "input": { "toolCallId": id } })),
            ines.run(&no, json!({ "input": { "toolCallId": id, "reason": "No." } })),
        );
        let refusals = yes.refusals("approveToolCall").len() + no.refusals("rejectToolCall").len();
        assert_eq!(refusals, 1, "{:#} {:#}", yes.body, no.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_knows_the_ways_that_a_call_goes() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let (_, message) = talk(&ines).await;
    let all = ["pending", "awaiting_approval", "running", "succeeded", "failed", "cancelled"];
    let legal = |from: &str, to: &str| match from {
        "pending" => to != "awaiting_approval",
        "awaiting_approval" => matches!(to, "awaiting_approval" | "cancelled"),
        "running" => !matches!(to, "pending" | "awaiting_approval"),
        _ => from == to,
    };
    let of = |status: &str| {
        let over = ["succeeded", "failed", "cancelled"].contains(&status);
        let (error, at) = (status == "failed", if over { "'2026-01-01'" } else { "null" });
        format!("status = '{status}', error = {}, finished_at = {at}", if error { "'x'" } else { "null" })
    };
    for from in all {
        for to in all {
            let input = json!({ "messageId": message, "toolName": "clock", "arguments": { "json": 1 },
                "status": if from == "awaiting_approval" { "AWAITING_APPROVAL" } else { "PENDING" } });
            done(&ines, "recordToolCall", CALL, input).await;
            let at = "where id = (select id from tool_calls order by id desc limit 1)";
            world.db_run(&format!("update tool_calls set {} {at}", of(from))).await;
            let sql = format!("update tool_calls set {} {at}", of(to));
            let changed = sea_orm::ConnectionTrait::execute_unprepared(&world.db, &sql).await;
            assert_eq!(changed.is_ok(), legal(from, to), "{from} to {to}");
        }
    }
    // Approved, it goes on; nothing else makes it.
    let input =
        json!({ "messageId": message, "toolName": "clock", "arguments": { "json": 1 }, "status": "AWAITING_APPROVAL" });
    done(&ines, "recordToolCall", CALL, input).await;
    let at = "where id = (select id from tool_calls order by id desc limit 1)";
    for (change, allowed) in [
        ("needs_approval = false, status = 'pending'", false),
        ("arguments = '2'", false),
        ("decision = 'approved'", false),
        ("decision = 'rejected', decided_at = now(), status = 'pending'", false),
        ("decision = 'approved', decided_at = now(), status = 'pending'", true),
        ("decision = 'rejected'", false),
        ("decision = null, decided_at = null", false),
        ("status = 'running'", true),
    ] {
        let sql = format!("update tool_calls set {change} {at}");
        let changed = sea_orm::ConnectionTrait::execute_unprepared(&world.db, &sql).await;
        assert_eq!(changed.is_ok(), allowed, "{change}: {changed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_watch_hear_of_calls() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let ((talk, message), tool) = (talk(&ines).await, seats(&ines, true).await);
    let cursor = "query($id: ID!) { conversation(id: $id) { eventCursor } }";
    let cursor = ines.run(cursor, json!({ "id": talk })).await.field("conversation")["eventCursor"].clone();
    let id = done(&ines, "recordToolCall", CALL, call(&message, &tool)).await["toolCall"]["id"].clone();
    done(&ines, "approveToolCall", CALL, json!({ "toolCallId": id })).await;
    done(&ines, "startToolCall", CALL, json!({ "toolCallId": id })).await;
    done(&ines, "recordToolResult", CALL, json!({ "toolCallId": id, "outcome": { "result": 1 } })).await;
    let events = "subscription($id: ID!, $after: String) { conversationEvents(conversationId: $id, after: $after) {
        kind toolCall { id } message { id } } }";
    let mut heard = ines.follow(events, json!({ "id": talk, "after": cursor })).await;
    for kind in ["TOOL_CALL_ADDED", "TOOL_CALL_CHANGED", "TOOL_CALL_CHANGED", "TOOL_CALL_CHANGED"] {
        let mut event = heard.result().await["data"]["conversationEvents"].clone();
        // The cursor was made before the message was seen.
        while event["kind"] == "MESSAGE_ADDED" {
            assert_eq!(event["toolCall"], Value::Null);
            event = heard.result().await["data"]["conversationEvents"].clone();
        }
        assert_eq!(event, json!({ "kind": kind, "toolCall": { "id": id }, "message": { "id": message } }));
    }
}
