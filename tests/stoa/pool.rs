//! Four connections and many who want them: nobody waits for ever, and who leaves gives back what they had.

use std::time::Duration;

use futures_util::future::join_all;
use harness::{PATIENCE, Person, Start, World};
use serde_json::{Value, json};

/// Its second level makes several statements at once.
const WIDE: &str = "{ viewer { permissions roleAssignments { nodes { role { name } } } }
    conversations { nodes { viewerAccess owner { id } shares { nodes { grantee { ... on User { id } } } }
        participants { nodes { user { id } } } messages { nodes { author { id } toolCalls { nodes { id } } } } } } }";
const APPEND: &str = "mutation($id: ID!) { appendMessage(input: { conversationId: $id, content: \"hi\" }) {
    message { id conversation { lastMessage { author { id } } } } userErrors { code } } }";

/// Somewhere where all this can be paid.
async fn rich() -> World {
    World::with(Start::Empty, |config| config.budgets.cost_budget = 100_000_000).await
}

async fn begin(person: &Person<'_>) -> Value {
    let create = "mutation { createConversation(input: { title: \"T\" }) { conversation { id } } }";
    person.run(create, json!({})).await.field("createConversation")["conversation"]["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_reads_and_changes_passes() {
    let world = rich().await;
    let ada = world.member("ada").await;
    let talks = join_all((0..3).map(|_| begin(&ada))).await;
    let storm = join_all((0..120).map(|number| {
        let (ada, id) = (&ada, &talks[number % talks.len()]);
        async move {
            match number % 2 {
                0 => ada.run(WIDE, json!({})).await,
                _ => ada.run(APPEND, json!({ "id": id })).await,
            }
        }
    }));
    let answers = tokio::time::timeout(PATIENCE, storm).await.expect("somebody waits for ever");
    for answer in answers {
        assert!(answer.body.get("errors").is_none(), "{:#}", answer.body);
    }
    assert_eq!(world.number("select count(*) from messages").await, 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_gives_the_connection_back() {
    let world = rich().await;
    let ada = world.member("ada").await;
    let id = begin(&ada).await;
    for round in 0..40_u64 {
        // Broken off at ever later moments, in the middle of whatever runs then.
        let cut = Duration::from_micros(200 * round);
        let leaving = join_all((0..6).map(|number| match number % 2 {
            0 => ada.run(WIDE, json!({})),
            _ => ada.run(APPEND, json!({ "id": id })),
        }));
        let _ = tokio::time::timeout(cut, leaving).await;
    }
    let after = join_all((0..8).map(|_| ada.run(WIDE, json!({}))));
    for answer in tokio::time::timeout(PATIENCE, after).await.expect("connections are lost") {
        assert!(answer.body.get("errors").is_none(), "{:#}", answer.body);
    }
    // Rolled back by itself: those who look come over other connections.
    let other = world.another_process().await;
    let open = "select count(*) from pg_stat_activity
                 where datname = current_database() and state like 'idle in transaction%'";
    let closed = async {
        while other.number(open).await > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.expect("a transaction stays open");
}
