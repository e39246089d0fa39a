//! Whoever loads a conversation and then listens from its `eventCursor` misses nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use harness::{Person, Socket, World};
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};

use super::{EVENTS, append, conversation, edit, entry, event};

/// The cursor is asked first, last and in between: where it stands makes no difference.
const LOAD: &str = "query($id: ID!, $after: String) {
    first: conversation(id: $id) { eventCursor }
    conversation(id: $id) {
        messages(first: 100, after: $after) { nodes { id content } pageInfo { endCursor hasNextPage } }
        owner { conversations { nodes { eventCursor } } }
        eventCursor
    }
}";

/// What a client shows: the text of each message.
type Screen = BTreeMap<String, String>;

fn put(screen: &mut Screen, message: &Value) {
    screen.insert(message["id"].as_str().unwrap().to_owned(), message["content"].as_str().unwrap().to_owned());
}

/// All messages, page by page, and the cursor of the first page.
async fn load(person: &Person<'_>, talk: &str) -> (Screen, String) {
    let (mut screen, mut cursor, mut after) = (Screen::new(), None, Value::Null);
    loop {
        let answer = person.run(LOAD, json!({ "id": talk, "after": after })).await;
        let found = answer.field("conversation");
        assert_eq!(found["eventCursor"], answer.data()["first"]["eventCursor"]);
        assert_eq!(found["eventCursor"], found["owner"]["conversations"]["nodes"][0]["eventCursor"]);
        cursor.get_or_insert_with(|| found["eventCursor"].as_str().unwrap().to_owned());
        found["messages"]["nodes"].as_array().unwrap().iter().for_each(|message| put(&mut screen, message));
        if found["messages"]["pageInfo"]["hasNextPage"] == false {
            return (screen, cursor.unwrap());
        }
        after = found["messages"]["pageInfo"]["endCursor"].clone();
    }
}

async fn write(person: &Person<'_>, talk: &str, stop: &AtomicBool) {
    let mut own: Vec<String> = Vec::new();
    for turn in 0_usize.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        if turn % 3 == 2 {
            edit(person, &own[turn * 7 % own.len()], &format!("edit {turn}")).await;
        } else {
            own.push(append(person, talk, &format!("text {turn}")).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn loading_and_then_listening_leaves_no_gap() {
    const READERS: usize = 12;
    let one = World::empty().await;
    let other = one.another_process().await;
    let there = other.listen().await;
    let owner = one.member("owner").await;
    let talk = conversation(&owner).await;
    let (same, again) = (other.existing("owner").await, other.existing("owner").await);
    let stop = AtomicBool::new(false);
    let read = async {
        let mut readers = Vec::new();
        for _ in 0..READERS {
            let (screen, cursor) = load(&owner, &talk).await;
            let mut socket = Socket::open(there.address, owner.token.as_deref()).await;
            socket.subscribe("1", EVENTS, json!({ "id": talk, "after": cursor })).await;
            readers.push((screen, socket));
        }
        stop.store(true, Ordering::Relaxed);
        readers
    };
    let (readers, ..) =
        tokio::join!(read, write(&owner, &talk, &stop), write(&same, &talk, &stop), write(&again, &talk, &stop),);
    let last = append(&owner, &talk, "the end").await;
    let (expected, _) = load(&owner, &talk).await;
    for (mut screen, mut socket) in readers {
        loop {
            let heard = socket.hear().await.message();
            let message = &event(&heard)["message"];
            put(&mut screen, message);
            if message["id"] == last {
                break;
            }
        }
        assert_eq!(screen, expected);
    }
    there.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_under_way_while_loading_is_told() {
    let world = World::empty().await;
    let here = world.listen().await;
    let owner = world.member("owner").await;
    let talk = conversation(&owner).await;
    let first = append(&owner, &talk, "first").await;

    // Begun before the load, committed after it; and in between another change is over already.
    let slow = world.db.begin().await.unwrap();
    let late = "insert into events (at, kind, subject_kind, subject_id, conversation_id)
        select at, 'message.edit', subject_kind, subject_id, conversation_id from events where kind = 'message.append'";
    slow.execute_unprepared(late).await.unwrap();
    let second = append(&owner, &talk, "second").await;
    let (screen, cursor) = load(&owner, &talk).await;
    assert!(screen.contains_key(&first) && screen.contains_key(&second));
    slow.commit().await.unwrap();

    let mut socket = Socket::open(here.address, owner.token.as_deref()).await;
    socket.subscribe("1", EVENTS, json!({ "id": talk, "after": cursor })).await;
    // What was over may be told again (other transactions of the cluster decide from where on), in its place and with no
    // harm done. What was under way has to be told.
    let mut told = Vec::new();
    while told.last() != Some(&("MESSAGE_ADDED".to_owned(), second.clone())) {
        told.push(entry(event(&socket.hear().await.message())));
    }
    told.retain(|entry| *entry != ("MESSAGE_ADDED".to_owned(), first.clone()));
    assert_eq!(told, [("MESSAGE_CHANGED".to_owned(), first), ("MESSAGE_ADDED".to_owned(), second)]);
    here.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_a_sign_in_has_no_place_yet() {
    let world = World::demo().await;
    let enter = "mutation { demoSignIn(input: { username: \"ines\" }) {
        user { conversations(first: 1) { nodes { id eventCursor } } } userErrors { code } } }";
    let answer = world.anonymous().run(enter, json!({})).await;
    let node = &answer.field("demoSignIn")["user"]["conversations"]["nodes"][0];
    assert!(node["id"].is_string() && node["eventCursor"].is_null(), "{node}");
}
