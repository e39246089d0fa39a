//! Server-sent events: one operation a request.

use axum::body::Body;
use axum::http::{Request, header};
use harness::{Start, World};
use serde_json::{Value, json};

use super::{EVENTS, append, beginning, conversation, edit, event};

#[tokio::test(flavor = "multi_thread")]
async fn events_arrive_and_the_cursor_goes_on() {
    let world = World::empty().await;
    let owner = world.member("owner").await;
    let talk = conversation(&owner).await;
    let message = append(&owner, &talk, "first").await;
    let mut stream = owner.follow(EVENTS, json!({ "id": talk, "after": beginning(&talk) })).await;
    assert_eq!((stream.status, stream.content_type.as_str()), (200, "text/event-stream; charset=utf-8"));
    let first = stream.result().await;
    assert_eq!(event(&first)["message"]["content"], "first");
    edit(&owner, &message, "changed").await;
    let second = stream.result().await;
    assert_eq!(event(&second)["kind"], "MESSAGE_CHANGED");
    drop(stream);
    let third = append(&owner, &talk, "missed").await;
    let mut stream = owner.follow(EVENTS, json!({ "id": talk, "after": event(&second)["cursor"] })).await;
    assert_eq!(event(&stream.result().await)["message"]["id"], third);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_operations_have_one_result() {
    let world = World::empty().await;
    let owner = world.member("owner").await;
    for (query, code) in [
        ("{ viewer { username } }", None),
        ("mutation { createConversation(input: {}) { conversation { id } userErrors { code } } }", None),
        ("{", Some("PARSE_FAILED")),
        ("{ nonsense }", Some("VALIDATION_FAILED")),
        ("query($id: ID!) { node(id: $id) { id } }", Some("VALIDATION_FAILED")),
        ("subscription { conversationEvents(conversationId: \"x\") { cursor } }", Some("INVALID")),
        (
            "subscription { conversationEvents(conversationId: \"conv_01h455vb4pex5vsknk084sn02q\") { cursor } }",
            Some("NOT_FOUND"),
        ),
    ] {
        let mut stream = owner.follow(query, json!({})).await;
        assert_eq!(stream.status, 200, "{query}");
        let result = stream.result().await;
        match code {
            None => assert!(result.get("errors").is_none() && result["data"].is_object(), "{result:#}"),
            Some(code) => {
                assert_eq!(result["errors"][0]["extensions"]["code"], code, "{result:#}");
                assert!(result["errors"][0]["extensions"]["requestId"].is_string(), "{result:#}");
                assert!(result["data"].is_null(), "{result:#}");
            }
        }
        assert_eq!(stream.next().await, Some(("complete".to_owned(), Value::Null)), "{query}");
        assert_eq!(stream.next().await, None, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_keeps_its_status() {
    let world = World::empty().await;
    let owner = world.member("owner").await;
    let ask = |method: &str, target: &str, body: &str| {
        let request = Request::builder().method(method).uri(target).header(header::ACCEPT, "text/event-stream");
        request.body(Body::from(body.to_owned())).unwrap()
    };
    assert_eq!(
        owner.with_token("nonsense").send(ask("POST", "/graphql", r#"{"query":"{ __typename }"}"#)).await.status,
        401
    );
    assert_eq!(owner.send(ask("POST", "/graphql", "{")).await.status, 400);
    assert_eq!(
        owner
            .send(ask("GET", "/graphql?query=mutation%7BsignOut(input:%7B%7D)%7BuserErrors%7Bcode%7D%7D%7D", ""))
            .await
            .status,
        405
    );
    let answer = owner.send(ask("GET", "/graphql?query=%7B__typename%7D", "")).await;
    assert_eq!(answer.status, 200);
    let text = String::from_utf8(answer.bytes).unwrap();
    assert!(
        text.starts_with("event: next\ndata: {\"data\":{\"__typename\":\"Query\"},\"extensions\":{\"cost\":"),
        "{text}"
    );
    assert!(text.ends_with("}}}\n\nevent: complete\ndata:\n\n"), "{text}");
    // Without the media type a subscription has nowhere to go.
    let answer = owner.run("subscription { conversationEvents(conversationId: \"x\") { cursor } }", json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "BAD_REQUEST"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_token() {
    let world = World::with(Start::Empty, |config| config.auth.access_token_lifetime = 1).await;
    let owner = world.member("owner").await;
    let talk = conversation(&owner).await;
    let mut stream = owner.follow(EVENTS, json!({ "id": talk })).await;
    let result = stream.result().await;
    assert_eq!(result["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{result:#}");
    assert_eq!(stream.next().await.unwrap().0, "complete");
    assert_eq!(stream.next().await, None);
}
