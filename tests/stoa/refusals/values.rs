//! Numbers, moments, keys and choices that fit their type and still make no sense.

use harness::World;
use serde_json::json;

use super::{Cast, Inquiry};

#[tokio::test(flavor = "multi_thread")]
async fn numbers_have_their_range() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    for place in ["promptTokens", "completionTokens"] {
        for number in [-1, i32::MIN] {
            let input = cast.with("appendMessage", place, json!(number));
            inquiry.refuses(&cast.ines, "appendMessage", input, &[&format!("INVALID {place}")]).await;
        }
        for number in [0, i32::MAX] {
            let input = json!({ "conversationId": cast.side, "content": "", "role": "ASSISTANT", place: number });
            inquiry.accepts(&cast.ines, "appendMessage", input).await;
        }
    }
    for days in [0, -1, 91, i32::MAX, i32::MIN] {
        let input = cast.with("createInvitation", "lifetimeDays", json!(days));
        inquiry.refuses(&cast.root, "createInvitation", input, &["INVALID lifetimeDays"]).await;
    }
    for days in [1, 90] {
        inquiry.accepts(&cast.root, "createInvitation", json!({ "lifetimeDays": days })).await;
    }
    for level in [-1, 1001, i32::MAX, i32::MIN] {
        for mutation in ["createRole", "updateRole"] {
            let input = cast.with(mutation, "level", json!(level));
            inquiry.refuses(&cast.root, mutation, input, &["INVALID level"]).await;
        }
    }
    // A number that nobody has is a person who is not there.
    for number in [0, -1, 999_999, i32::MAX, i32::MIN] {
        let query = "query($n: Int!) { user(by: { number: $n }) { id } }";
        inquiry.answers(&cast.root, query, json!({ "n": number }), Some(json!({ "user": null }))).await;
        let input = cast.with("share", "grantee.user.number", json!(number));
        inquiry.refuses(&cast.ines, "share", input, &["NOT_FOUND grantee"]).await;
    }
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn moments_are_moments() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let filters = [("createdFrom", 2), ("activeFrom", 2), ("createdBefore", 0), ("activeBefore", 0)];
    let bad = [
        "",
        " ",
        "x",
        "yesterday",
        "2026-06-01",
        "12:00:00Z",
        "2026-06-01T12:00:00",
        "2026-06-01 12:00",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-06-01T25:00:00Z",
        "2026-06-01T12:00:00Zx",
        "2026-06-01T12:00:00\0Z",
        "1780315200",
        "infinity",
        "+12026-06-01T12:00:00Z",
        "2026-06-01T12:00:00+99:00",
    ];
    let long = "x".repeat(100_000);
    for (name, found) in filters {
        let query = format!("query($at: DateTime) {{ conversations(filter: {{ {name}: $at }}) {{ totalCount }} }}");
        let query = query.as_str();
        for at in bad.into_iter().chain([long.as_str()]) {
            inquiry.rejects(&cast.ines, query, json!({ "at": at }), "VALIDATION_FAILED").await;
        }
        for at in ["2026-06-01T12:00:00.000Z", "2026-06-01T14:00:00+02:00", "2026-06-01T12:00:00z"] {
            let data = json!({ "conversations": { "totalCount": found } });
            inquiry.answers(&cast.ines, query, json!({ "at": at }), Some(data)).await;
        }
        // Far away, but moments.
        for at in ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"] {
            inquiry.answers(&cast.ines, query, json!({ "at": at }), None).await;
        }
    }
    let users = "query($at: DateTime) { users(filter: { createdFrom: $at }) { totalCount } }";
    for at in bad {
        inquiry.rejects(&cast.ines, users, json!({ "at": at }), "VALIDATION_FAILED").await;
        let input = cast.with("assignRole", "expiresAt", json!(at));
        let assign = "mutation($input: AssignRoleInput!) { assignRole(input: $input) { userErrors { code } } }";
        inquiry.rejects(&cast.root, assign, json!({ "input": input }), "VALIDATION_FAILED").await;
        if !at.contains('\0') {
            let literal = format!("{{ users(filter: {{ createdFrom: {at:?} }}) {{ totalCount }} }}");
            inquiry.rejects(&cast.ines, &literal, json!({}), "VALIDATION_FAILED").await;
        }
    }
    let users = "query($at: DateTime) { users(filter: { createdFrom: $at, createdBefore: $at }) { totalCount } }";
    let none = json!({ "users": { "totalCount": 0 } });
    inquiry.answers(&cast.ines, users, json!({ "at": "2026-06-01T12:00:00Z" }), Some(none)).await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_ends_in_the_future() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    for at in ["2026-06-01T11:59:59.999Z", "2026-06-01T12:00:00Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"] {
        let input = cast.with("assignRole", "expiresAt", json!(at));
        inquiry.refuses(&cast.root, "assignRole", input, &["INVALID expiresAt"]).await;
    }
    for at in ["2026-06-01T12:00:00.001Z", "9999-12-31T23:59:59.999Z"] {
        inquiry.accepts(&cast.root, "assignRole", cast.with("assignRole", "expiresAt", json!(at))).await;
    }
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_id_is_a_uuid_and_stands_for_one_body() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let creates = [
        ("createConversation", "title", json!("Other")),
        ("appendMessage", "content", json!("Other")),
        ("recordToolCall", "toolName", json!("other")),
        ("createRole", "description", json!("Other")),
    ];
    for (mutation, place, other) in creates {
        let person = cast.caller(mutation);
        for key in [
            "",
            "x",
            "6f1b6a1e-0000-4000-8000",
            "6f1b6a1e-0000-4000-8000-00000000000g",
            "6f1b6a1e-0000-4000-8000-0000000000aa0",
            " 6f1b6a1e-0000-4000-8000-0000000000aa",
            "6f1b6a1e-0000-4000-8000-0000000000a\0",
            cast.talk.as_str(),
        ] {
            inquiry.refuses(person, mutation, cast.with(mutation, "clientId", json!(key)), &["INVALID clientId"]).await;
        }
        let mut input = cast.valid(mutation);
        let first = inquiry.accepts(person, mutation, input.clone()).await;
        let before = world.fingerprint().await;
        let again = inquiry.accepts(person, mutation, input.clone()).await;
        assert_eq!((first, before), (again, world.fingerprint().await), "{mutation} again");
        input[place] = other;
        inquiry.refuses(person, mutation, input, &["CONFLICT clientId"]).await;
    }
    // Nor for another kind of thing.
    let key = cast.valid("createConversation")["clientId"].clone();
    inquiry
        .refuses(&cast.ines, "appendMessage", cast.with("appendMessage", "clientId", key), &["CONFLICT clientId"])
        .await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_versions_come_with_the_present_state() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    for (mutation, object, id) in [
        ("updateConversation", "conversation", &cast.talk),
        ("editMessage", "message", &cast.question),
        ("recordToolResult", "toolCall", &cast.call),
        ("deleteConversation", "conversation", &cast.side),
    ] {
        if mutation == "deleteConversation" {
            inquiry.accepts(&cast.ines, "updateConversation", json!({ "conversationId": id, "title": "Second" })).await;
        } else {
            let mut first = cast.valid(mutation);
            if mutation == "recordToolResult" {
                first["outcome"] = json!({ "started": true });
            }
            inquiry.accepts(&cast.ines, mutation, first).await;
        }
        let place = cast.valid(mutation).as_object().unwrap().keys().find(|key| key.ends_with("Id")).unwrap().clone();
        for version in [1, 0, -1, i32::MIN, 3, 99, i32::MAX] {
            let mut input = cast.with(mutation, "expectedVersion", json!(version));
            input[&place] = json!(id);
            let answer = inquiry.refuses(&cast.ines, mutation, input, &["CONFLICT expectedVersion"]).await;
            let seen = &answer.body["data"][mutation][object];
            if seen["id"] != json!(id) || seen["version"] != 2 {
                inquiry.fault(mutation, &format!("the present object in {}", answer.body));
            }
        }
        let mut input = cast.with(mutation, "expectedVersion", json!(2));
        input[&place] = json!(id);
        inquiry.accepts(&cast.ines, mutation, input).await;
    }
    // A stranger learns nothing from a version.
    for (mutation, place, id) in [
        ("updateConversation", "conversationId", &cast.foreign),
        ("deleteConversation", "conversationId", &cast.foreign),
        ("editMessage", "messageId", &cast.foreign_message),
        ("deleteMessage", "messageId", &cast.foreign_message),
        ("recordToolResult", "toolCallId", &cast.foreign_call),
    ] {
        let mut input = cast.with(mutation, "expectedVersion", json!(99));
        input[place] = json!(id);
        inquiry.refuses(&cast.ines, mutation, input, &[&format!("NOT_FOUND {place}")]).await;
    }
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_parsing_finds_is_said_at_once() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let long = "x".repeat(501);
    for (mutation, input, refusals) in [
        (
            "register",
            json!({ "username": "!", "password": "", "displayName": "", "email": "x" }),
            vec!["INVALID username", "INVALID password", "INVALID displayName", "INVALID email"],
        ),
        (
            "appendMessage",
            json!({ "conversationId": "x", "parentId": cast.talk, "content": "\0", "model": "", "promptTokens": -1, "completionTokens": -1 }),
            vec![
                "INVALID conversationId",
                "INVALID parentId",
                "INVALID content",
                "INVALID model",
                "INVALID promptTokens",
                "INVALID completionTokens",
            ],
        ),
        (
            "updateConversation",
            json!({ "conversationId": "x", "title": "" }),
            vec!["INVALID conversationId", "INVALID title"],
        ),
        ("editMessage", json!({ "messageId": "x", "content": "\0" }), vec!["INVALID messageId", "INVALID content"]),
        (
            "branchMessage",
            json!({ "messageId": "x", "content": "\0", "model": "", "promptTokens": -1, "completionTokens": -1 }),
            vec![
                "INVALID messageId",
                "INVALID content",
                "INVALID model",
                "INVALID promptTokens",
                "INVALID completionTokens",
            ],
        ),
        (
            "forkConversation",
            json!({ "conversationId": "x", "throughMessageId": "y", "title": "" }),
            vec!["INVALID conversationId", "INVALID throughMessageId", "INVALID title"],
        ),
        ("createRole", json!({ "name": "Bad", "description": long }), vec!["INVALID name", "INVALID description"]),
        ("assignRole", json!({ "userId": "x", "roleId": "y" }), vec!["INVALID userId", "INVALID roleId"]),
        (
            "removeRole",
            json!({ "userId": cast.helper, "roleId": cast.omar.id }),
            vec!["INVALID userId", "INVALID roleId"],
        ),
        (
            "share",
            json!({ "thingId": "x", "grantee": { "user": { "id": "y" } }, "level": "READ" }),
            vec!["INVALID thingId", "INVALID grantee"],
        ),
        (
            "recordToolCall",
            json!({ "messageId": "x", "toolName": " ", "callId": "", "arguments": { "json": "\0" } }),
            vec!["INVALID messageId", "INVALID toolName", "INVALID callId", "INVALID arguments.json"],
        ),
        (
            "recordToolResult",
            json!({ "toolCallId": "x", "outcome": { "error": "" } }),
            vec!["INVALID toolCallId", "INVALID outcome.error"],
        ),
        ("createInvitation", json!({ "email": "x", "lifetimeDays": 0 }), vec!["INVALID email", "INVALID lifetimeDays"]),
        // What parsing finds comes before what the rows say.
        ("updateConversation", json!({ "conversationId": cast.foreign, "title": "" }), vec!["INVALID title"]),
        ("createRole", json!({ "name": "admin", "description": long }), vec!["INVALID description"]),
    ] {
        inquiry.refuses(cast.caller(mutation), mutation, input, &refusals).await;
    }
    // Each field of a document is refused for itself.
    let both =
        "mutation { one: createConversation(input: { title: \"\" }) { conversation { id } userErrors { code path } }
        two: createConversation(input: { title: \" \" }) { conversation { id } userErrors { code path } } }";
    let refused = json!({ "conversation": null, "userErrors": [{ "code": "INVALID", "path": ["title"] }] });
    inquiry.answers(&cast.ines, both, json!({}), Some(json!({ "one": refused, "two": refused }))).await;
    inquiry.unchanged("two refusals").await;
    inquiry.close();
}
