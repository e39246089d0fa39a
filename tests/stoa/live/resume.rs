//! A reader that is cut off again and again has in the end what the database has.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use harness::{Heard, Person, Socket, World};
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::json;

use super::{BARE, EVENTS, append, beginning, conversation, database_log, edit, entry, event, follow};

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Writes as quickly as it can, until told to stop: appends, and now and then edits what it has appended.
async fn write(person: &Person<'_>, talk: &str, stop: &AtomicBool, seed: u64) {
    let mut dice = Dice(seed);
    let mut own: Vec<String> = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        if !own.is_empty() && dice.roll(3) == 0 {
            let at = dice.roll(own.len() as u64) as usize;
            edit(person, &own[at], &format!("edit {}", dice.roll(1_000_000_000))).await;
        } else {
            own.push(append(person, talk, "more").await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_cut_off_misses_nothing() {
    let cuts = if std::env::var_os("STOA_TEST_LONG").is_some() { 1_000 } else { 100 };
    let one = World::empty().await;
    let other = one.another_process().await;
    let (here, there) = (one.listen().await, other.listen().await);
    let owner = one.member("owner").await;
    let talk = conversation(&owner).await;
    let (same, again) = (other.existing("owner").await, other.existing("owner").await);
    let stop = AtomicBool::new(false);
    let mut log = Vec::new();
    let read = async {
        let mut dice = Dice(7);
        let mut after = beginning(&talk);
        for cut in 0..cuts {
            let address = if dice.roll(2) == 0 { here.address } else { there.address };
            let mut socket = Socket::open(address, owner.token.as_deref()).await;
            socket.subscribe("1", BARE, json!({ "id": talk, "after": after })).await;
            for _ in 0..dice.roll(7) {
                let message = socket.hear().await.message();
                let event = event(&message);
                after = event["cursor"].as_str().unwrap().to_owned();
                log.push(entry(event));
            }
            if dice.roll(4) == 0 {
                socket.say(json!({ "id": "1", "type": "complete" })).await;
            }
            // Otherwise the connection breaks in the middle of whatever it was at.
            tokio::time::sleep(Duration::from_millis(dice.roll(20))).await;
            drop(socket);
            if cut == cuts - 1 {
                stop.store(true, Ordering::Relaxed);
            }
        }
        after
    };
    let (after, ..) = tokio::join!(
        read,
        write(&owner, &talk, &stop, 1),
        write(&owner, &talk, &stop, 2),
        write(&same, &talk, &stop, 3),
        write(&again, &talk, &stop, 4),
    );
    let expected = database_log(&one, &talk).await;
    assert_eq!(log, expected[..log.len()], "a gap, or a repeat");
    let mut socket = Socket::open(there.address, owner.token.as_deref()).await;
    socket.subscribe("rest", BARE, json!({ "id": talk, "after": after })).await;
    while log.len() < expected.len() {
        let heard = socket.hear_within(harness::PATIENCE).await;
        let heard = heard.unwrap_or_else(|| panic!("{} of {} events, then nothing", log.len(), expected.len()));
        log.push(entry(event(&heard.message())));
    }
    assert_eq!(log, expected);
    assert_eq!(socket.hear_within(Duration::from_millis(100)).await, None, "there was more");
    eprintln!("{cuts} cuts, {} events", log.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_process_hears_at_once() {
    let one = World::empty().await;
    let other = one.another_process().await;
    let there = other.listen().await;
    let owner = one.member("owner").await;
    let talk = conversation(&owner).await;
    let mut socket = Socket::open(there.address, owner.token.as_deref()).await;
    follow(&mut socket, &talk).await;
    append(&owner, &talk, "the listener is up when this is heard").await;
    socket.hear().await.message();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let message = append(&owner, &talk, "news").await;
        let began = Instant::now();
        let heard = socket.hear().await.message();
        slowest = slowest.max(began.elapsed());
        let event = event(&heard);
        assert_eq!(event["message"]["id"], message);
        assert_eq!(event["message"]["content"], "news");
        assert_eq!(event["actor"]["username"], "owner");
        assert_eq!(event["conversation"]["id"], talk);
    }
    eprintln!("slowest: {slowest:?}");
    assert!(slowest < Duration::from_secs(1), "{slowest:?}: that is the slow look, not the bell");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deaf_process_misses_nothing() {
    let one = World::empty().await;
    let other = one.another_process().await;
    let there = other.listen().await;
    let owner = one.member("owner").await;
    let talk = conversation(&owner).await;
    let mut socket = Socket::open(there.address, owner.token.as_deref()).await;
    follow(&mut socket, &talk).await;
    let listeners = "from pg_stat_activity where datname = current_database() and query ilike 'listen %'";
    let mut since = 0;
    for round in 0..5 {
        // The one that was ended is seen for a while.
        let new = format!("select count(*) {listeners} and extract(epoch from backend_start) * 1000000 > {since}");
        let listens = async {
            while one.number(&new).await == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(harness::PATIENCE, listens).await.expect("somebody listens");
        since = one.number("select (extract(epoch from clock_timestamp()) * 1000000)::bigint").await;
        let ended = one.number(&format!("select count(pg_terminate_backend(pid)) {listeners}")).await;
        assert!(ended > 0, "nobody listened in round {round}");
        let message = append(&owner, &talk, "while nobody listens").await;
        assert_eq!(event(&socket.hear().await.message())["message"]["id"], message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_commits_late_does_not_come_too_late() {
    let world = World::empty().await;
    let here = world.listen().await;
    let owner = world.member("owner").await;
    let talk = conversation(&owner).await;
    let first = append(&owner, &talk, "first").await;
    let mut socket = Socket::open(here.address, owner.token.as_deref()).await;
    follow(&mut socket, &talk).await;
    assert_eq!(event(&socket.hear().await.message())["message"]["id"], first);

    // An edit that takes its time: its number is older than that of what comes after it, its commit is younger.
    let slow = world.db.begin().await.unwrap();
    let late = "insert into events (at, kind, subject_kind, subject_id, conversation_id)
        select at, 'message.edit', subject_kind, subject_id, conversation_id from events where kind = 'message.append'";
    slow.execute_unprepared(late).await.unwrap();
    let second = append(&owner, &talk, "second").await;
    assert_eq!(socket.hear_within(Duration::from_millis(500)).await, None, "the second came before the edit");
    slow.commit().await.unwrap();
    let kinds = [socket.hear().await.message(), socket.hear().await.message()].map(|heard| entry(event(&heard)));
    assert_eq!(kinds, [("MESSAGE_CHANGED".to_owned(), first), ("MESSAGE_ADDED".to_owned(), second)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_are_numbers_and_not_texts() {
    let world = World::empty().await;
    let here = world.listen().await;
    let owner = world.member("owner").await;
    let talk = conversation(&owner).await;
    let message = append(&owner, &talk, "first").await;
    // As when the number of the cluster's transactions gets another digit; each more often than a page has rows.
    for transaction in [100, 8, 99, 10, 9] {
        let insert = format!(
            "insert into events (transaction_id, at, kind, subject_kind, subject_id, conversation_id)
             select '{transaction}', at, case when n % 2 = 0 then 'message.edit' else 'message.append' end,
                    subject_kind, subject_id, conversation_id
               from events, generate_series(1, 70) n where kind = 'message.append' and transaction_id > '100'::xid8"
        );
        world.db_run(&insert).await;
    }
    let expected = database_log(&world, &talk).await;
    assert_eq!(expected.len(), 351);
    let mut socket = Socket::open(here.address, owner.token.as_deref()).await;
    socket.subscribe("1", BARE, json!({ "id": talk, "after": beginning(&talk) })).await;
    let mut places = Vec::new();
    for expected in expected {
        let heard = socket.hear().await.message();
        let event = event(&heard);
        assert_eq!(entry(event), expected);
        assert_eq!(event["message"]["id"], message);
        places.push(place(event["cursor"].as_str().unwrap()));
    }
    assert!(places.is_sorted(), "{places:?}");
}

/// Transaction and number in a cursor.
fn place(cursor: &str) -> (u64, i64) {
    let json = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, cursor).unwrap();
    let (_, _, transaction, id): (String, String, u64, i64) = serde_json::from_slice(&json).unwrap();
    (transaction, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cursor_it_begins_now() {
    let world = World::empty().await;
    let here = world.listen().await;
    let owner = world.member("owner").await;
    let talk = conversation(&owner).await;
    // An older transaction keeps the horizon low, so that "now" is not just a number.
    let slow = world.db.begin().await.unwrap();
    slow.execute_unprepared("insert into settings (key, value) values ('slow', 'true')").await.unwrap();
    append(&owner, &talk, "before").await;
    let mut socket = Socket::open(here.address, owner.token.as_deref()).await;
    socket.subscribe("1", EVENTS, json!({ "id": talk })).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let after = append(&owner, &talk, "after").await;
    slow.rollback().await.unwrap();
    assert_eq!(event(&socket.hear().await.message())["message"]["id"], after);
    // What the subscription does not tell of moves the cursor on, and nothing else.
    let rename = "mutation($id: ID!) { updateConversation(input: { conversationId: $id, title: \"New\" }) { userErrors { code } } }";
    owner.run(rename, json!({ "id": talk })).await.field("updateConversation");
    let last = append(&owner, &talk, "last").await;
    assert_eq!(event(&socket.hear().await.message())["message"]["id"], last);
    assert_eq!(socket.hear_within(Duration::from_millis(100)).await, None::<Heard>);
}
