//! Messages that are written piece by piece, and those who read along.

mod property;
mod reading;
mod writing;

use harness::{Answer, Person};
use serde_json::{Value, json};

use crate::matrix::scene::{done, mutation, text};

const WRITING: &str = "writing { attempt nextSequence }";

async fn conversation(owner: &Person<'_>, others: &[(&Person<'_>, &str)]) -> String {
    let made = done(owner, "createConversation", "conversation { id }", json!({ "title": "Stream" })).await;
    let talk = text(&made["conversation"]["id"]);
    for (person, level) in others {
        let input = json!({ "thingId": talk, "grantee": { "user": { "id": person.id } }, "level": level });
        done(owner, "share", "share { id }", input).await;
    }
    talk
}

async fn begin(person: &Person<'_>, talk: &str) -> String {
    let made = done(
        person,
        "beginMessage",
        "message { id status } writing { attempt nextSequence }",
        json!({ "conversationId": talk }),
    );
    let made = made.await;
    assert_eq!(made["message"]["status"], "STREAMING");
    assert_eq!(made["writing"], json!({ "attempt": 1, "nextSequence": 1 }));
    text(&made["message"]["id"])
}

async fn write(person: &Person<'_>, message: &str, attempt: i32, sequence: i32, said: &str) -> Answer {
    let input = json!({ "messageId": message, "attempt": attempt, "sequence": sequence, "text": said });
    person.run(&mutation("appendToMessage", WRITING), json!({ "input": input })).await
}

/// The next sequence after a piece that is kept.
async fn kept(person: &Person<'_>, message: &str, attempt: i32, sequence: i32, said: &str) -> i64 {
    let answer = write(person, message, attempt, sequence, said).await;
    answer.field("appendToMessage")["writing"]["nextSequence"].as_i64().unwrap()
}

async fn finish(person: &Person<'_>, message: &str, attempt: i32) -> Value {
    let input = json!({ "messageId": message, "attempt": attempt });
    done(person, "finishMessage", "message { id status content finishReason version }", input).await["message"].clone()
}

async fn seen(person: &Person<'_>, message: &str) -> Value {
    let document =
        "query($id: ID!) { message(id: $id) { status content finishReason version writing { attempt nextSequence }
        versions { totalCount } } }";
    person.run(document, json!({ "id": message })).await.data()["message"].clone()
}
