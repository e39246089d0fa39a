//! What writers do.

use chrono::TimeDelta;
use harness::World;
use serde_json::{Value, json};
use stoa::domain::stream::watchman;

use super::{WRITING, begin, conversation, finish, kept, seen, write};
use crate::matrix::scene::{done, mutation};

#[tokio::test(flavor = "multi_thread")]
async fn pieces_are_kept_once_and_in_order() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let talk = conversation(&ines, &[]).await;
    let id = begin(&ines, &talk).await;
    assert_eq!(kept(&ines, &id, 1, 1, "Ferns ").await, 2);
    assert_eq!(kept(&ines, &id, 1, 2, "like 🌿 ").await, 3);
    // Sent again, as by a writer that got no answer.
    let before = world.fingerprint().await;
    assert_eq!(kept(&ines, &id, 1, 2, "like 🌿 ").await, 3);
    for (attempt, sequence, said, refusal) in [
        (1, 2, "dislike ", "CONFLICT sequence"),
        (1, 4, "shade", "CONFLICT sequence"),
        (2, 3, "shade", "CONFLICT attempt"),
        (0, 3, "shade", "CONFLICT attempt"),
        (1, 0, "shade", "INVALID sequence"),
        (1, i32::MAX, "shade", "CONFLICT sequence"),
    ] {
        let refused = write(&ines, &id, attempt, sequence, said).await;
        assert_eq!(refused.refusals("appendToMessage"), [refusal]);
        if refusal.starts_with("CONFLICT") {
            let here = json!({ "attempt": 1, "nextSequence": 3 });
            assert_eq!(refused.body["data"]["appendToMessage"]["writing"], here);
        }
    }
    assert_eq!(world.fingerprint().await, before);
    // Everybody sees the text so far, and nobody edits it.
    let now = seen(&ines, &id).await;
    assert_eq!((&now["status"], &now["content"]), (&json!("STREAMING"), &json!("Ferns like 🌿 ")));
    assert_eq!(now["writing"], json!({ "attempt": 1, "nextSequence": 3 }));
    let edit = json!({ "input": { "messageId": id, "content": "No." } });
    let refused = ines.run(&mutation("editMessage", "message { id }"), edit).await;
    assert_eq!(refused.refusals("editMessage"), ["CONFLICT messageId"]);
    assert_eq!(kept(&ines, &id, 1, 3, "").await, 4, "still there");
    assert_eq!(kept(&ines, &id, 1, 4, "shade.").await, 5);
    let whole = json!({ "id": id, "status": "COMPLETE", "content": "Ferns like 🌿 shade.", "finishReason": "STOP", "version": 1 });
    assert_eq!(finish(&ines, &id, 1).await, whole);
    assert_eq!(finish(&ines, &id, 1).await, whole, "said twice");
    let now = seen(&ines, &id).await;
    assert_eq!((&now["writing"], &now["versions"]["totalCount"]), (&Value::Null, &json!(0)));
    assert_eq!(kept(&ines, &id, 1, 4, "shade.").await, 5, "acknowledged again");
    assert_eq!(write(&ines, &id, 1, 5, "More.").await.refusals("appendToMessage"), ["CONFLICT messageId"]);
    // From here on it is a message like others.
    let edit = json!({ "messageId": id, "content": "Ferns like shade." });
    let edited = done(&ines, "editMessage", "message { version versions { nodes { content } } }", edit).await;
    let kept = json!({ "version": 2, "versions": { "nodes": [{ "content": "Ferns like 🌿 shade." }] } });
    assert_eq!(edited["message"], kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_is_not_heard_of_is_interrupted_and_another_goes_on() {
    let world = World::empty().await;
    let (ines, milo) = (world.member("ines").await, world.member("milo").await);
    let talk = conversation(&ines, &[(&milo, "WRITE")]).await;
    let id = begin(&ines, &talk).await;
    kept(&ines, &id, 1, 1, "Ferns ").await;
    let resume = mutation("continueMessage", "message { content status } writing { attempt nextSequence }");
    let input = json!({ "input": { "messageId": id } });
    assert_eq!(milo.run(&resume, input.clone()).await.refusals("continueMessage"), ["CONFLICT messageId"]);
    world.clock.advance(TimeDelta::seconds(59));
    assert_eq!(watchman::look(&world.app).await.unwrap(), 0);
    kept(&ines, &id, 1, 2, "like ").await;
    world.clock.advance(TimeDelta::seconds(61));
    assert_eq!(watchman::look(&world.app).await.unwrap(), 1);
    assert_eq!(watchman::look(&world.app).await.unwrap(), 0, "once");
    let now = seen(&milo, &id).await;
    assert_eq!((&now["status"], &now["content"]), (&json!("INTERRUPTED"), &json!("Ferns like ")));
    assert_eq!(now["writing"]["nextSequence"], 3);
    let marks = "select count(*) from audit_log where action = 'message.interrupt' and actor_id is null and request_id = 'service'";
    assert_eq!(world.number(marks).await, 1);
    assert_eq!(write(&ines, &id, 1, 3, "shade.").await.refusals("appendToMessage"), ["CONFLICT messageId"]);
    let resumed = milo.run(&resume, input).await;
    let here = json!({ "message": { "content": "Ferns like ", "status": "STREAMING" }, "writing": { "attempt": 2, "nextSequence": 3 },
        "userErrors": [] });
    assert_eq!(*resumed.field("continueMessage"), here);
    // The first writer comes back too late.
    assert_eq!(write(&ines, &id, 1, 3, "shade.").await.refusals("appendToMessage"), ["CONFLICT attempt"]);
    kept(&milo, &id, 2, 3, "moss.").await;
    let early = json!({ "input": { "messageId": id, "attempt": 1 } });
    let refused = ines.run(&mutation("finishMessage", "message { id }"), early).await;
    assert_eq!(refused.refusals("finishMessage"), ["CONFLICT attempt"]);
    assert_eq!(finish(&milo, &id, 2).await["content"], "Ferns like moss.");
    // What nobody reads any more is kept for ten minutes.
    world.clock.advance(TimeDelta::minutes(9));
    watchman::look(&world.app).await.unwrap();
    assert_eq!(world.number("select count(*) from message_pieces").await, 3);
    world.clock.advance(TimeDelta::minutes(2));
    watchman::look(&world.app).await.unwrap();
    assert_eq!(world.number("select count(*) from message_streams").await, 0);
    assert_eq!(seen(&milo, &id).await["content"], "Ferns like moss.");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_keeps_its_text() {
    let world = World::empty().await;
    let (ines, milo, tove) = (world.member("ines").await, world.member("milo").await, world.member("tove").await);
    let talk = conversation(&ines, &[(&milo, "WRITE"), (&tove, "COMMENT")]).await;
    let id = begin(&ines, &talk).await;
    kept(&ines, &id, 1, 1, "Ferns ").await;
    let cancel = mutation("cancelMessage", "message { status content finishReason }");
    let input = json!({ "input": { "messageId": id } });
    let before = world.fingerprint().await;
    assert_eq!(tove.run(&cancel, input.clone()).await.code(), "FORBIDDEN");
    assert_eq!(write(&tove, &id, 1, 2, "x").await.code(), "FORBIDDEN");
    let answer = tove.run(&mutation("beginMessage", WRITING), json!({ "input": { "conversationId": talk } })).await;
    assert_eq!(answer.code(), "FORBIDDEN");
    assert_eq!(world.fingerprint().await, before);
    let ended = json!({ "status": "CANCELLED", "content": "Ferns ", "finishReason": "CANCELLED" });
    for _ in 0..2 {
        assert_eq!(milo.run(&cancel, input.clone()).await.field("cancelMessage")["message"], ended);
    }
    assert_eq!(write(&ines, &id, 1, 2, "like").await.refusals("appendToMessage"), ["CONFLICT messageId"]);
    let late = json!({ "input": { "messageId": id, "attempt": 1 } });
    let refused = ines.run(&mutation("finishMessage", "message { id }"), late).await;
    assert_eq!(refused.refusals("finishMessage"), ["CONFLICT messageId"]);
    // What was interrupted can be left at that; what is complete is not cancelled.
    let second = begin(&ines, &talk).await;
    kept(&ines, &second, 1, 1, "Moss ").await;
    world.clock.advance(TimeDelta::seconds(61));
    watchman::look(&world.app).await.unwrap();
    let input = json!({ "input": { "messageId": second } });
    assert_eq!(ines.run(&cancel, input).await.field("cancelMessage")["message"]["content"], "Moss ");
    let third = begin(&ines, &talk).await;
    finish(&ines, &third, 1).await;
    let input = json!({ "input": { "messageId": third } });
    assert_eq!(ines.run(&cancel, input).await.refusals("cancelMessage"), ["CONFLICT messageId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_has_its_length_however_many_pieces() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let talk = conversation(&ines, &[]).await;
    let id = begin(&ines, &talk).await;
    kept(&ines, &id, 1, 1, &"e".repeat(199_990)).await;
    let before = world.fingerprint().await;
    assert_eq!(write(&ines, &id, 1, 2, "0123456789x").await.refusals("appendToMessage"), ["INVALID text"]);
    assert_eq!(world.fingerprint().await, before);
    kept(&ines, &id, 1, 2, "0123456789").await;
    let whole = finish(&ines, &id, 1).await;
    assert_eq!(whole["content"].as_str().unwrap().chars().count(), 200_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_the_text_so_far() {
    let world = World::empty().await;
    let (ines, milo) = (world.member("ines").await, world.member("milo").await);
    let talk = conversation(&ines, &[(&milo, "READ")]).await;
    let id = begin(&ines, &talk).await;
    kept(&ines, &id, 1, 1, "Ferns ").await;
    let selection = "conversation { messages { nodes { content status writing { attempt } } } }";
    let made = done(&milo, "forkConversation", selection, json!({ "conversationId": talk })).await;
    let copy = json!([{ "content": "Ferns ", "status": "CANCELLED", "writing": null }]);
    assert_eq!(made["conversation"]["messages"]["nodes"], copy);
    // Removing it while it is written ends the writing.
    done(&ines, "deleteMessage", "deletedCount", json!({ "messageId": id, "answers": "KEEP" })).await;
    assert_eq!(write(&ines, &id, 1, 2, "like").await.refusals("appendToMessage"), ["NOT_FOUND messageId"]);
}
