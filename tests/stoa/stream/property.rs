//! Writers and readers that are killed at random: what was acknowledged is the text, byte by byte, for everybody.
//! `STOA_TEST_LONG` makes it a thousand messages; `STOA_STREAM_SEED` chooses others.

use chrono::TimeDelta;
use harness::{Dice, Person, World};
use serde_json::{Value, json};
use stoa::domain::stream::watchman;

use super::{begin, conversation, finish, seen, write};
use crate::matrix::scene::done;

const BITS: [&str; 8] = ["", "a", "Ferns ", "é", "🌿🌿", "\n\n", "\"quoted\\\" ", "{\"json\": [1, 2]}"];

/// Somebody who reads along and is cut off now and then; what they have read so far.
struct Reader {
    text: String,
    known: Option<i64>,
    status: String,
}

impl Reader {
    /// Reads one event on a connection of its own, as if it had been cut off before.
    async fn read(&mut self, person: &Person<'_>, message: &str) {
        let document = "subscription($id: ID!, $after: Int) { messageStream(messageId: $id, after: $after) {
            text isSnapshot sequence status } }";
        let mut stream = person.follow(document, json!({ "id": message, "after": self.known })).await;
        let event = stream.result().await["data"]["messageStream"].clone();
        self.take(&event);
    }

    fn take(&mut self, event: &Value) {
        if event["isSnapshot"] == true {
            self.text.clear();
        }
        self.text.push_str(event["text"].as_str().unwrap());
        self.known = event["sequence"].as_i64();
        event["status"].as_str().unwrap().clone_into(&mut self.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_is_what_was_acknowledged() {
    let world = World::empty().await;
    let seed = std::env::var("STOA_STREAM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(3);
    let mut dice = Dice::new(seed);
    let (mut ines, mut yuki) = (world.member("ines").await, world.member("yuki").await);
    let talk = conversation(&ines, &[(&yuki, "READ")]).await;
    let rounds = if std::env::var_os("STOA_TEST_LONG").is_some() { 1_000 } else { 12 };
    for round in 0..rounds {
        // Time passes with each death.
        (ines, yuki) = (world.existing("ines").await, world.existing("yuki").await);
        let id = begin(&ines, &talk).await;
        let (mut attempt, mut sequence, mut acknowledged) = (1, 1, String::new());
        let mut readers = [0, 1, 2].map(|_| Reader { text: String::new(), known: None, status: String::new() });
        for _ in 0..(5 + dice.below(40)) {
            let said = BITS[dice.below(BITS.len())].repeat(1 + dice.below(3));
            match dice.below(10) {
                // The writer dies: before the piece arrives, or after it was kept and before it knew.
                0 => {
                    let was_kept = dice.below(2) == 0;
                    if was_kept {
                        write(&ines, &id, attempt, sequence, &said).await.field("appendToMessage");
                        acknowledged.push_str(&said);
                    }
                    world.clock.advance(TimeDelta::seconds(61));
                    assert_eq!(watchman::look(&world.app).await.unwrap(), 1);
                    let selection = "message { content } writing { attempt nextSequence }";
                    let resumed = done(&ines, "continueMessage", selection, json!({ "messageId": id })).await;
                    assert_eq!(resumed["message"]["content"], json!(acknowledged), "seed {seed}, round {round}");
                    // What the dead one has sent arrives late.
                    let late = write(&ines, &id, attempt, sequence + i32::from(was_kept), "late").await;
                    assert_eq!(late.refusals("appendToMessage"), ["CONFLICT attempt"]);
                    attempt = i32::try_from(resumed["writing"]["attempt"].as_i64().unwrap()).unwrap();
                    sequence = i32::try_from(resumed["writing"]["nextSequence"].as_i64().unwrap()).unwrap();
                }
                // A piece is sent twice, the second time while the first is under way.
                1 => {
                    let both = tokio::join!(
                        write(&ines, &id, attempt, sequence, &said),
                        write(&ines, &id, attempt, sequence, &said)
                    );
                    for answer in [both.0, both.1] {
                        let next = &answer.field("appendToMessage")["writing"]["nextSequence"];
                        assert_eq!(*next, json!(sequence + 1));
                    }
                    acknowledged.push_str(&said);
                    sequence += 1;
                }
                _ => {
                    write(&ines, &id, attempt, sequence, &said).await.field("appendToMessage");
                    acknowledged.push_str(&said);
                    sequence += 1;
                }
            }
            let reader = &mut readers[dice.below(3)];
            // One that has read everything would wait for more.
            if reader.known != Some(i64::from(sequence) - 1) && dice.below(3) == 0 {
                reader.read(&yuki, &id).await;
                assert!(acknowledged.starts_with(&reader.text), "seed {seed}, round {round}");
            }
        }
        finish(&ines, &id, attempt).await;
        assert_eq!(seen(&yuki, &id).await["content"], json!(acknowledged), "seed {seed}, round {round}");
        for reader in &mut readers {
            reader.read(&yuki, &id).await;
            assert_eq!(
                (&reader.text, reader.status.as_str()),
                (&acknowledged, "COMPLETE"),
                "seed {seed}, round {round}"
            );
        }
    }
}
