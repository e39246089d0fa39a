//! What readers are shown.

use chrono::TimeDelta;
use harness::{EventStream, Person, World};
use serde_json::{Value, json};
use stoa::domain::stream::watchman;

use super::{begin, conversation, finish, kept};
use crate::matrix::scene::done;

const STREAM: &str = "subscription($id: ID!, $after: Int) { messageStream(messageId: $id, after: $after) {
    text isSnapshot sequence status } }";

async fn read(person: &Person<'_>, message: &str, after: Option<i32>) -> EventStream {
    person.follow(STREAM, json!({ "id": message, "after": after })).await
}

async fn next(stream: &mut EventStream) -> Value {
    stream.result().await["data"]["messageStream"].clone()
}

fn event(text: &str, is_snapshot: bool, sequence: i32, status: &str) -> Value {
    json!({ "text": text, "isSnapshot": is_snapshot, "sequence": sequence, "status": status })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_reader_gets_what_was_written_and_then_what_comes() {
    let world = World::empty().await;
    let other = world.another_process().await;
    let (ines, yuki) = (world.member("ines").await, world.member("yuki").await);
    let talk = conversation(&ines, &[(&yuki, "READ")]).await;
    let id = begin(&ines, &talk).await;
    let mut early = read(&yuki, &id, None).await;
    assert_eq!(next(&mut early).await, event("", true, 0, "STREAMING"));
    kept(&ines, &id, 1, 1, "Ferns ").await;
    assert_eq!(next(&mut early).await, event("Ferns ", false, 1, "STREAMING"));
    kept(&ines, &id, 1, 2, "like ").await;
    assert_eq!(next(&mut early).await, event("like ", false, 2, "STREAMING"));
    // One that comes late, one that comes back, one at another process.
    let there = yuki.at(&other);
    let mut late = read(&there, &id, None).await;
    assert_eq!(next(&mut late).await, event("Ferns like ", true, 2, "STREAMING"));
    let mut back = read(&yuki, &id, Some(1)).await;
    assert_eq!(next(&mut back).await, event("like ", false, 2, "STREAMING"));
    // What nobody has written yet is not known: everything is told again.
    let mut wrong = read(&yuki, &id, Some(9)).await;
    assert_eq!(next(&mut wrong).await, event("Ferns like ", true, 2, "STREAMING"));
    world.clock.advance(TimeDelta::seconds(61));
    watchman::look(&world.app).await.unwrap();
    for stream in [&mut early, &mut late, &mut back, &mut wrong] {
        assert_eq!(next(stream).await, event("", false, 2, "INTERRUPTED"));
    }
    done(&ines, "continueMessage", "message { id }", json!({ "messageId": id })).await;
    for stream in [&mut early, &mut late, &mut back, &mut wrong] {
        assert_eq!(next(stream).await, event("", false, 2, "STREAMING"));
    }
    kept(&ines, &id, 2, 3, "shade.").await;
    for stream in [&mut early, &mut late, &mut back, &mut wrong] {
        assert_eq!(next(stream).await, event("shade.", false, 3, "STREAMING"));
    }
    finish(&ines, &id, 2).await;
    for mut stream in [early, late, back, wrong] {
        assert_eq!(next(&mut stream).await, event("", false, 3, "COMPLETE"));
        assert_eq!(stream.next().await.map(|(kind, _)| kind).as_deref(), Some("complete"));
    }
    // Afterwards there is one event: what was missed, or all of it.
    let mut after = read(&yuki, &id, Some(2)).await;
    assert_eq!(next(&mut after).await, event("shade.", false, 3, "COMPLETE"));
    world.clock.advance(TimeDelta::minutes(11));
    watchman::look(&world.app).await.unwrap();
    for known in [None, Some(2)] {
        let mut after = read(&yuki, &id, known).await;
        assert_eq!(next(&mut after).await, event("Ferns like shade.", true, 0, "COMPLETE"));
        assert_eq!(after.next().await.map(|(kind, _)| kind).as_deref(), Some("complete"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_any_more_reads_no_further() {
    let world = World::empty().await;
    let (ines, yuki) = (world.member("ines").await, world.member("yuki").await);
    let talk = conversation(&ines, &[(&yuki, "READ")]).await;
    let id = begin(&ines, &talk).await;
    let mut stream = read(&yuki, &id, None).await;
    assert_eq!(next(&mut stream).await, event("", true, 0, "STREAMING"));
    let document = "query($id: ID!) { conversation(id: $id) { shares { nodes { id } } } }";
    let seen = ines.run(document, json!({ "id": talk })).await;
    let share = seen.field("conversation")["shares"]["nodes"][0]["id"].clone();
    done(&ines, "revokeShare", "revokedId", json!({ "shareId": share })).await;
    let end = stream.result().await;
    assert_eq!(end["errors"][0]["extensions"]["code"], "NOT_FOUND");
    kept(&ines, &id, 1, 1, "secret").await;
    assert_eq!(stream.next().await.map(|(kind, _)| kind).as_deref(), Some("complete"));
    // A message elsewhere and none at all look alike.
    for (id, after) in [(id.as_str(), None), ("msg_01kshr8spge24rw1bay0y980yz", None)] {
        let end = read(&yuki, id, after).await.result().await;
        assert_eq!(end["errors"][0]["extensions"]["code"], "NOT_FOUND");
    }
    let end = read(&ines, &id, Some(-1)).await.result().await;
    assert_eq!(end["errors"][0]["extensions"]["code"], "INVALID");
}
