//! Text with NUL, too much of it, too little of it, and text that only looks strange.

use harness::World;
use serde_json::{Value, json};

use super::{Cast, Inquiry, cast::make};

#[tokio::test(flavor = "multi_thread")]
async fn no_text_holds_nul() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    for (mutation, place, refusal) in [
        ("appendMessage", "content", "INVALID content"),
        ("appendMessage", "model", "INVALID model"),
        ("appendToMessage", "text", "INVALID text"),
        ("beginMessage", "model", "INVALID model"),
        ("finishMessage", "model", "INVALID model"),
        ("branchMessage", "content", "INVALID content"),
        ("branchMessage", "model", "INVALID model"),
        ("forkConversation", "title", "INVALID title"),
        ("beginImpersonation", "reason", "INVALID reason"),
        ("createConversation", "title", "INVALID title"),
        ("createInvitation", "email", "INVALID email"),
        ("createRole", "name", "INVALID name"),
        ("createRole", "description", "INVALID description"),
        ("updateRole", "name", "INVALID name"),
        ("updateRole", "description", "INVALID description"),
        ("editMessage", "content", "INVALID content"),
        ("recordToolCall", "toolName", "INVALID toolName"),
        ("recordToolCall", "callId", "INVALID callId"),
        ("recordToolCall", "arguments.raw", "INVALID arguments.raw"),
        ("recordToolCall", "arguments.json", "INVALID arguments.json"),
        ("recordToolResult", "outcome.error", "INVALID outcome.error"),
        ("recordToolResult", "outcome.result", "INVALID outcome.result"),
        ("refreshSession", "refreshToken", "WRONG_CREDENTIALS refreshToken"),
        ("register", "username", "INVALID username"),
        ("register", "displayName", "INVALID displayName"),
        ("register", "email", "INVALID email"),
        ("register", "password", "INVALID password"),
        ("share", "grantee.user.username", "INVALID grantee"),
        ("share", "grantee.user.handle", "INVALID grantee"),
        ("updateConversation", "title", "INVALID title"),
    ] {
        for text in ["\0", "\0x", "x\0x", "new@people.test\0"] {
            inquiry.refuses(cast.caller(mutation), mutation, cast.with(mutation, place, json!(text)), &[refusal]).await;
        }
    }
    for value in [json!({ "a": "\0" }), json!({ "\0": 1 }), json!([[{ "a": [1, "b\0"] }]])] {
        for (mutation, place) in [("recordToolCall", "arguments.json"), ("recordToolResult", "outcome.result")] {
            inquiry
                .refuses(
                    &cast.ines,
                    mutation,
                    cast.with(mutation, place, value.clone()),
                    &[&format!("INVALID {place}")],
                )
                .await;
        }
    }
    for by in ["username", "handle"] {
        let query = format!("query($name: String!) {{ user(by: {{ {by}: $name }}) {{ username }} }}");
        inquiry.spoils(&cast.ines, &query, json!({ "name": "in\0es" }), "user by").await;
    }
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_have_their_lengths() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    for (mutation, place, least, most) in [
        ("beginImpersonation", "reason", 1, 500),
        ("createConversation", "title", 1, 200),
        ("updateConversation", "title", 1, 200),
        ("appendMessage", "content", 0, 200_000),
        ("appendMessage", "model", 1, 200),
        ("appendToMessage", "text", 0, 200_000),
        ("beginMessage", "model", 1, 200),
        ("branchMessage", "content", 0, 200_000),
        ("forkConversation", "title", 1, 200),
        ("editMessage", "content", 0, 200_000),
        ("recordToolCall", "toolName", 1, 200),
        ("recordToolCall", "callId", 1, 200),
        ("createTool", "description", 0, 4000),
        ("createAdvisor", "name", 1, 100),
        ("createAdvisor", "description", 0, 4000),
        ("createAdvisor", "model", 1, 200),
        ("rejectToolCall", "reason", 1, 1000),
        ("recordToolCall", "arguments.raw", 0, 100_000),
        ("createRole", "name", 1, 63),
        ("createRole", "description", 0, 500),
        ("register", "username", 1, 64),
        ("register", "displayName", 1, 100),
        ("register", "password", 8, 72),
        ("recordToolResult", "outcome.error", 1, 100_000),
    ] {
        let (person, refusal) = (cast.caller(mutation), format!("INVALID {place}"));
        let mut bad = vec!["x".repeat(most + 1)];
        if least > 0 {
            bad.push("x".repeat(least - 1));
        }
        // Why a tool failed is kept as it is.
        if least == 1 && place != "outcome.error" {
            bad.extend([" ", "   ", "\t", "\u{3000}"].map(str::to_owned));
        }
        for text in bad {
            inquiry.refuses(person, mutation, cast.with(mutation, place, json!(text)), &[&refusal]).await;
        }
    }
    // At the border.
    for (mutation, place, text) in [
        ("createConversation", "title", "x".repeat(200)),
        ("createConversation", "title", "🌿".repeat(200)),
        ("updateConversation", "title", "é".repeat(200)),
        ("appendMessage", "content", "x".repeat(200_000)),
        ("appendMessage", "content", String::new()),
        ("appendMessage", "model", "m".repeat(200)),
        ("editMessage", "content", "x".repeat(200_000)),
        ("editMessage", "content", String::new()),
        ("recordToolCall", "toolName", "🔧".repeat(200)),
        ("recordToolCall", "arguments.raw", "x".repeat(100_000)),
        ("createRole", "name", "r".repeat(63)),
        ("createRole", "description", "d".repeat(500)),
        ("register", "username", "u".repeat(64)),
        ("register", "displayName", "🌿".repeat(100)),
        ("register", "password", "8 herons".into()),
        ("register", "password", format!("seven green herons and {}", "p".repeat(49))),
        ("register", "password", format!("seven green herons{}", "é".repeat(27))),
        ("recordToolResult", "outcome.error", "x".repeat(100_000)),
    ] {
        let mut input = cast.with(mutation, place, json!(text));
        for unique in ["clientId", "expectedVersion", "callId", "email"] {
            input.as_object_mut().unwrap().remove(unique);
        }
        if mutation == "register" && place != "username" {
            input["username"] = json!(format!("new{}-{}", text.len(), text.chars().count()));
        }
        if mutation == "createRole" && place != "name" {
            input["name"] = json!("new");
        }
        let answer = inquiry.accepts(cast.caller(mutation), mutation, input).await;
        let kept = answer.to_string().contains(&json!(text).to_string());
        if !kept && !matches!(place, "password" | "displayName") {
            inquiry.fault(mutation, &format!("{place} did not come back"));
        }
    }
    let input = cast.with("register", "password", json!("é".repeat(37)));
    inquiry.refuses(&cast.nobody, "register", input, &["INVALID password"]).await;
    let large = json!({ "input": cast.with("appendMessage", "content", json!("x".repeat(300_000))) });
    inquiry.rejects(&cast.ines, &super::document("appendMessage"), large, "TOO_LARGE").await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_are_trimmed_and_hold_no_control_characters() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    for title in ["a\nb", "a\rb", "a\tb", "bell\u{7}", "\u{1b}[31mred", "delete\u{7f}", "next\u{85}line"] {
        for mutation in ["createConversation", "updateConversation"] {
            inquiry.refuses(&cast.ines, mutation, cast.with(mutation, "title", json!(title)), &["INVALID title"]).await;
        }
    }
    let long = format!("  {}\n", "x".repeat(200));
    for (given, kept) in [
        ("  Ferns  ", "Ferns"),
        ("\u{3000}Ferns\u{a0}", "Ferns"),
        ("Ferns  and   moss", "Ferns  and   moss"),
        // Composed, so that what looks the same is the same.
        ("Cafe\u{301}", "Caf\u{e9}"),
        ("👩‍👩‍👧‍👦 𝔉𝔢𝔯𝔫 𠜎 שלום", "👩‍👩‍👧‍👦 𝔉𝔢𝔯𝔫 𠜎 שלום"),
        ("'); drop table users; --", "'); drop table users; --"),
        ("<script>alert(1)</script> \\0 %s {}", "<script>alert(1)</script> \\0 %s {}"),
        (long.as_str(), long.trim()),
    ] {
        let made = inquiry.accepts(&cast.ines, "createConversation", json!({ "title": given })).await;
        let changed = inquiry
            .accepts(&cast.ines, "updateConversation", json!({ "conversationId": cast.talk, "title": given }))
            .await;
        for title in [&made["conversation"]["title"], &changed["conversation"]["title"]] {
            if title != kept {
                inquiry.fault("title", &format!("{title} instead of {kept:?}"));
            }
        }
    }
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_stay_as_they_are() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    for content in ["  x\n\n", "\u{1}\u{7f}\u{1b}[0m", "👩‍👩‍👧‍👦 𠜎 \u{10ffff} \u{feff} \u{202e}", "\r\n\t", "e\u{301}"]
    {
        let made = make(&cast.ines, "appendMessage", json!({ "conversationId": cast.talk, "content": content })).await;
        assert_eq!(made["content"], content);
        let edited = make(&cast.ines, "editMessage", json!({ "messageId": cast.answer, "content": content })).await;
        assert_eq!(edited["content"], content);
        let raw = json!({ "messageId": cast.answer, "toolName": "t", "arguments": { "raw": content } });
        assert_eq!(make(&cast.ines, "recordToolCall", raw).await["rawArguments"], content);
        let value: Value = json!({ content: [content, null, 1.5, -9_007_199_254_740_991_i64, { "": "" }] });
        let call = json!({ "messageId": cast.answer, "toolName": "t", "arguments": { "json": value } });
        assert_eq!(make(&cast.ines, "recordToolCall", call).await["arguments"], value);
    }
    inquiry.answers(&cast.ines, "{ viewer { username } }", json!({}), None).await;
    inquiry.close();
}
