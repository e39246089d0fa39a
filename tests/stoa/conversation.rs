//! Conversations, messages, tool calls and shares as their users live with them.

use harness::{Person, World};
use serde_json::{Value, json};

async fn start(person: &Person<'_>, title: &str) -> String {
    let document = "mutation($input: CreateConversationInput!) { createConversation(input: $input) {
        conversation { id title version status messageCount viewerAccess owner { id } } userErrors { code path } } }";
    let answer = person.run(document, json!({ "input": { "title": title } })).await;
    let made = &answer.field("createConversation")["conversation"];
    assert_eq!(made["owner"]["id"], json!(person.id));
    assert_eq!(made["viewerAccess"], "OWNER");
    made["id"].as_str().unwrap().to_owned()
}

const APPEND: &str = "mutation($input: AppendMessageInput!) { appendMessage(input: $input) {
    message { id position depth role content parent { id } author { id } } userErrors { code message path } } }";

async fn append(person: &Person<'_>, conversation: &str, more: Value) -> Value {
    let mut input = json!({ "conversationId": conversation, "content": "hello" });
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    person.run(APPEND, json!({ "input": input })).await.field("appendMessage")["message"].clone()
}

async fn share(owner: &Person<'_>, conversation: &str, with: &str, level: &str) -> String {
    let document = "mutation($input: ShareInput!) { share(input: $input) {
        share { id level grantee { ... on User { username } } } userErrors { code message path } } }";
    let input = json!({ "thingId": conversation, "grantee": { "user": { "username": with } }, "level": level });
    let answer = owner.run(document, json!({ "input": input })).await;
    answer.field("share")["share"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_grows_branches() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let talk = start(&ines, "Plants").await;
    let root = append(&ines, &talk, json!({ "content": "Which fern?" })).await;
    let reply = append(
        &ines,
        &talk,
        json!({ "content": "A tall one.", "role": "ASSISTANT", "model": "vendor/small-1",
        "finishReason": "STOP", "promptTokens": 4, "completionTokens": 9 }),
    )
    .await;
    let other = append(&ines, &talk, json!({ "parentId": root["id"], "role": "ASSISTANT", "content": "Any." })).await;
    let second_root = append(&ines, &talk, json!({ "parentId": null, "content": "Again" })).await;
    assert_eq!((&root["position"], &root["depth"], &root["parent"]), (&json!(1), &json!(0), &Value::Null));
    assert_eq!((&reply["position"], &reply["depth"], &reply["parent"]["id"]), (&json!(2), &json!(1), &root["id"]));
    assert_eq!((&other["position"], &other["depth"], &other["parent"]["id"]), (&json!(3), &json!(1), &root["id"]));
    assert_eq!((&second_root["position"], &second_root["depth"]), (&json!(4), &json!(0)));
    let document = "query($id: ID!) { conversation(id: $id) { messageCount lastMessage { id }
        messages(first: 2) { totalCount pageInfo { hasNextPage endCursor } nodes { id children { totalCount nodes { id } } } }
        answers: messages(filter: { roles: [ASSISTANT] }, orderBy: { field: POSITION, direction: DESC }) {
            totalCount nodes { id model finishReason promptTokens completionTokens } } } }";
    let answer = ines.run(document, json!({ "id": talk })).await;
    let seen = answer.field("conversation");
    assert_eq!((&seen["messageCount"], &seen["lastMessage"]["id"]), (&json!(4), &second_root["id"]));
    assert_eq!(
        (&seen["messages"]["totalCount"], &seen["messages"]["pageInfo"]["hasNextPage"]),
        (&json!(4), &json!(true))
    );
    let children = json!({ "totalCount": 2, "nodes": [{ "id": reply["id"] }, { "id": other["id"] }] });
    assert_eq!(seen["messages"]["nodes"][0], json!({ "id": root["id"], "children": children }));
    assert_eq!(seen["messages"]["nodes"][1]["children"], json!({ "totalCount": 0, "nodes": [] }));
    assert_eq!(seen["answers"]["totalCount"], 2);
    assert_eq!(seen["answers"]["nodes"][1]["completionTokens"], 9);
    assert_eq!(seen["answers"]["nodes"][0]["id"], other["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_one_conversation_take_turns() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let talk = start(&ines, "Busy").await;
    let appends = (0..20).map(|n| append(&ines, &talk, json!({ "content": format!("{n}"), "parentId": null })));
    let made = futures_util::future::join_all(appends).await;
    let mut positions: Vec<i64> = made.iter().map(|message| message["position"].as_i64().unwrap()).collect();
    positions.sort_unstable();
    assert_eq!(positions, (1..=20).collect::<Vec<_>>());
    assert_eq!(world.number("select message_count from conversations").await, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_id_makes_one_thing() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let key = "6f1b6a1e-0000-4000-8000-000000000001";
    let document = "mutation($input: CreateConversationInput!) { createConversation(input: $input) {
        conversation { id } userErrors { code path } } }";
    let input = |title: &str| json!({ "input": { "title": title, "clientId": key } });
    let calls = futures_util::future::join_all((0..10).map(|_| ines.run(document, input("Same")))).await;
    let ids: std::collections::HashSet<String> =
        calls.iter().map(|answer| answer.field("createConversation")["conversation"]["id"].to_string()).collect();
    assert_eq!((ids.len(), world.number("select count(*) from conversations").await), (1, 1));
    let before = world.fingerprint().await;
    let other = ines.run(document, input("Other")).await;
    assert_eq!(other.refusals("createConversation"), ["CONFLICT clientId"]);
    assert_eq!(world.fingerprint().await, before);
    // Another person's same key is another key.
    let omar = world.member("omar").await;
    omar.run(document, input("Mine")).await.field("createConversation");
    assert_eq!(world.number("select count(*) from conversations").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn levels_allow_what_they_say() {
    let world = World::empty().await;
    let (owner, guest) = (world.member("owner").await, world.member("guest").await);
    let talk = start(&owner, "Shared").await;
    let root = append(&owner, &talk, json!({})).await;
    let append_as = async |role: &str| {
        let input = json!({ "conversationId": talk, "content": "mine", "role": role });
        guest.run(APPEND, json!({ "input": input })).await
    };
    let edit = "mutation($input: EditMessageInput!) { editMessage(input: $input) {
        message { content version editedAt } userErrors { code path } } }";
    let edit_as = async |id: &Value| guest.run(edit, json!({ "input": { "messageId": id, "content": "new" } })).await;
    let retitle = "mutation($input: UpdateConversationInput!) { updateConversation(input: $input) {
        conversation { title version } userErrors { code path } } }";
    let retitle_as = async || guest.run(retitle, json!({ "input": { "conversationId": talk, "title": "T" } })).await;
    let call = "mutation($input: RecordToolCallInput!) { recordToolCall(input: $input) {
        toolCall { id position status } userErrors { code path } } }";
    let call_as = async || {
        let input = json!({ "messageId": root["id"], "toolName": "t", "arguments": { "json": {} } });
        guest.run(call, json!({ "input": input })).await
    };
    let remove = "mutation($input: DeleteConversationInput!) { deleteConversation(input: $input) {
        conversation { deletedAt } userErrors { code path } } }";
    let remove_as = async || guest.run(remove, json!({ "input": { "conversationId": talk } })).await;

    assert_eq!(append_as("USER").await.refusals("appendMessage"), ["NOT_FOUND conversationId"], "a stranger");
    assert_eq!(edit_as(&root["id"]).await.refusals("editMessage"), ["NOT_FOUND messageId"]);
    assert_eq!(retitle_as().await.refusals("updateConversation"), ["NOT_FOUND conversationId"]);

    share(&owner, &talk, "guest", "READ").await;
    for answer in [append_as("USER").await, edit_as(&root["id"]).await, retitle_as().await, call_as().await] {
        assert_eq!(answer.code(), "FORBIDDEN", "at READ");
    }
    share(&owner, &talk, "guest", "COMMENT").await;
    let own = append_as("USER").await.field("appendMessage")["message"]["id"].clone();
    assert_eq!(edit_as(&own).await.field("editMessage")["message"]["version"], 2);
    for answer in [append_as("ASSISTANT").await, edit_as(&root["id"]).await, retitle_as().await, call_as().await] {
        assert_eq!(answer.code(), "FORBIDDEN", "at COMMENT");
    }
    share(&owner, &talk, "guest", "WRITE").await;
    append_as("ASSISTANT").await.field("appendMessage");
    edit_as(&root["id"]).await.field("editMessage");
    retitle_as().await.field("updateConversation");
    call_as().await.field("recordToolCall");
    assert_eq!(remove_as().await.code(), "FORBIDDEN", "at WRITE");
    let given = "{ conversations { nodes { viewerAccess shares { totalCount nodes { level } } } } }";
    let seen = guest.run(given, json!({})).await;
    assert_eq!(
        seen.field("conversations")["nodes"],
        json!([{ "viewerAccess": "WRITE",
        "shares": { "totalCount": 1, "nodes": [{ "level": "WRITE" }] } }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_taken_back_ends_access_on_every_path() {
    let world = World::empty().await;
    let (owner, guest) = (world.member("owner").await, world.member("guest").await);
    let talk = start(&owner, "Shared").await;
    let message = append(&owner, &talk, json!({})).await;
    let share_id = share(&owner, &talk, "guest", "READ").await;
    let paths = "query($c: ID!, $m: ID!, $o: ID!, $s: ID!) { conversation(id: $c) { title } message(id: $m) { content }
        conversations { totalCount nodes { id } } node(id: $c) { id } nodes(ids: [$m, $s]) { id }
        user(by: { id: $o }) { id conversations { totalCount } } users { totalCount } }";
    let ids = json!({ "c": talk, "m": message["id"], "o": owner.id, "s": share_id });
    let seen = guest.run(paths, ids.clone()).await;
    assert_eq!(seen.data()["nodes"], json!([{ "id": message["id"] }, { "id": share_id }]));
    assert_eq!(seen.data()["user"]["conversations"]["totalCount"], 1);
    assert_eq!(seen.data()["users"]["totalCount"], 2);
    let revoke = "mutation($input: RevokeShareInput!) { revokeShare(input: $input) { revokedId userErrors { code } } }";
    owner.run(revoke, json!({ "input": { "shareId": share_id } })).await.field("revokeShare");
    let nothing = json!({ "conversation": null, "message": null, "conversations": { "totalCount": 0, "nodes": [] },
        "node": null, "nodes": [null, null], "user": null, "users": { "totalCount": 1 } });
    assert_eq!(guest.run(paths, ids).await.data(), &nothing);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trash_is_the_owners_own() {
    let world = World::empty().await;
    let (owner, guest) = (world.member("owner").await, world.member("guest").await);
    let talk = start(&owner, "Old").await;
    append(&owner, &talk, json!({})).await;
    share(&owner, &talk, "guest", "WRITE").await;
    let act = async |name: &str, fields: &str| {
        let upper = name[..1].to_uppercase() + &name[1..];
        let document = format!(
            "mutation($input: {upper}Input!) {{ {name}(input: $input) {{ {fields} userErrors {{ code path }} }} }}"
        );
        owner.run(&document, json!({ "input": { "conversationId": talk } })).await
    };
    assert_eq!(act("purgeConversation", "purgedId").await.refusals("purgeConversation"), ["CONFLICT conversationId"]);
    act("deleteConversation", "conversation { deletedAt }").await.field("deleteConversation");
    let lists = "{ conversations { nodes { id } } trash: conversations(filter: { inTrash: true }) { nodes { id } } }";
    let trash = json!({ "conversations": { "nodes": [] }, "trash": { "nodes": [{ "id": talk }] } });
    assert_eq!(owner.run(lists, json!({})).await.data(), &trash);
    let empty = json!({ "conversations": { "nodes": [] }, "trash": { "nodes": [] } });
    assert_eq!(guest.run(lists, json!({})).await.data(), &empty);
    act("restoreConversation", "conversation { deletedAt }").await.field("restoreConversation");
    assert_eq!(guest.run(lists, json!({})).await.data()["conversations"]["nodes"], json!([{ "id": talk }]));
    act("deleteConversation", "conversation { deletedAt }").await.field("deleteConversation");
    act("purgeConversation", "purgedId").await.field("purgeConversation");
    for table in ["conversations", "messages", "shares", "participants"] {
        assert_eq!(world.number(&format!("select count(*) from {table}")).await, 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_mind_the_version_and_tell_absent_from_null() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let talk = start(&ines, "First").await;
    let document = "mutation($input: UpdateConversationInput!) { updateConversation(input: $input) {
        conversation { title status archivedAt version } userErrors { code path } } }";
    let update = async |change: Value| {
        let mut input = json!({ "conversationId": talk });
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        ines.run(document, json!({ "input": input })).await
    };
    let archived = update(json!({ "status": "ARCHIVED", "expectedVersion": 1 })).await;
    let seen =
        json!({ "title": "First", "status": "ARCHIVED", "archivedAt": "2026-06-01T12:00:00.000Z", "version": 2 });
    assert_eq!(archived.field("updateConversation")["conversation"], seen);
    let before = world.fingerprint().await;
    let stale = update(json!({ "title": "Late", "expectedVersion": 1 })).await;
    assert_eq!(stale.refusals("updateConversation"), ["CONFLICT expectedVersion"]);
    assert_eq!(stale.data()["updateConversation"]["conversation"], seen, "the present state is in the answer");
    assert_eq!(world.fingerprint().await, before);
    let untitled = update(json!({ "title": null, "status": "ACTIVE" })).await;
    let seen = json!({ "title": null, "status": "ACTIVE", "archivedAt": null, "version": 3 });
    assert_eq!(untitled.field("updateConversation")["conversation"], seen);
    update(json!({ "title": null })).await.field("updateConversation");
    assert_eq!(world.number("select version from conversations").await, 3, "nothing changed, so no new version");
}

#[tokio::test(flavor = "multi_thread")]
async fn tool_calls_run_to_an_end() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let talk = start(&ines, "Tools").await;
    let message = append(&ines, &talk, json!({ "role": "ASSISTANT", "content": "" })).await;
    let record = "mutation($input: RecordToolCallInput!) { recordToolCall(input: $input) {
        toolCall { id position status arguments rawArguments startedAt } userErrors { code path } } }";
    let call = async |more: Value| {
        let mut input = json!({ "messageId": message["id"], "toolName": "get_weather" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ines.run(record, json!({ "input": input })).await
    };
    let one = call(json!({ "arguments": { "json": { "b": 1, "a": [null] } }, "callId": "call_1" })).await;
    let one = one.field("recordToolCall")["toolCall"].clone();
    assert_eq!(
        (&one["position"], &one["status"], &one["arguments"]["a"]),
        (&json!(1), &json!("PENDING"), &json!([null]))
    );
    let two = call(json!({ "arguments": { "raw": "{oops" }, "status": "RUNNING" })).await;
    let two = two.field("recordToolCall")["toolCall"].clone();
    assert_eq!((&two["position"], &two["rawArguments"]), (&json!(2), &json!("{oops")));
    assert_eq!(two["startedAt"], "2026-06-01T12:00:00.000Z");
    let twin = call(json!({ "arguments": { "json": 1 }, "callId": "call_1" })).await;
    assert_eq!(twin.refusals("recordToolCall"), ["CONFLICT callId"]);
    let finish = "mutation($input: RecordToolResultInput!) { recordToolResult(input: $input) {
        toolCall { status result error finishedAt version } userErrors { code path } } }";
    let end = async |id: &Value, outcome: Value| {
        ines.run(finish, json!({ "input": { "toolCallId": id, "outcome": outcome } })).await
    };
    let done = end(&one["id"], json!({ "result": { "celsius": -3 } })).await;
    let done = &done.field("recordToolResult")["toolCall"];
    assert_eq!(
        (&done["status"], &done["result"]["celsius"], &done["version"]),
        (&json!("SUCCEEDED"), &json!(-3), &json!(2))
    );
    let failed = end(&two["id"], json!({ "error": "no network" })).await;
    assert_eq!(failed.field("recordToolResult")["toolCall"]["error"], "no network");
    let again = end(&one["id"], json!({ "error": "too late" })).await;
    assert_eq!(again.refusals("recordToolResult"), ["CONFLICT toolCallId"]);
    let same = end(&one["id"], json!({ "result": { "celsius": -3 } })).await;
    assert_eq!(same.field("recordToolResult")["toolCall"]["version"], 2, "the same news again is no news");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_leaves_an_audit_row_and_an_event() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let talk = start(&ines, "Kept").await;
    append(&ines, &talk, json!({ "content": "a secret thought" })).await;
    assert_eq!(world.number("select count(*) from audit_log").await, 2);
    assert_eq!(world.number("select count(*) from events where conversation_id is not null").await, 2);
    let rows = "select count(*) from audit_log where actor_id is not null and session_id is not null
                   and request_id like 'req\\_%' and action in ('conversation.create', 'message.append')";
    assert_eq!(world.number(rows).await, 2);
    let leaks = "select count(*) from audit_log where after::text like '%secret%'";
    assert_eq!(world.number(leaks).await, 0, "the log says that something was written, not what");
}
