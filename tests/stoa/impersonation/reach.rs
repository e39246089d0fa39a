//! How far it reaches: what it listens to, and what is the owner's alone.

use harness::{Heard, Person, Socket, Start, World};
use serde_json::{Value, json};

use super::{begin, end, talk};
use crate::live;
use crate::matrix::scene::{append, done, text};

/// Code and close of a subscription's end.
async fn last(socket: &mut Socket) -> String {
    loop {
        match socket.hear().await {
            Heard::Closed(code) => return code.to_string(),
            Heard::Message(message) if message["payload"].is_array() => {
                return text(&message["payload"][0]["extensions"]["code"]);
            }
            // What was under way.
            Heard::Message(message) => assert!(!message.to_string().contains("may no more"), "{message:#}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_listens_to_ends_with_it_in_every_process() {
    // Somebody who is remembered for a second would hear of things for a second.
    let world = World::with(Start::Empty, |config| config.auth.credential_cache = 0).await;
    let other = world.another_process().await;
    let there = other.listen().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    world.admin("another").await;
    let talk = talk(&ines).await;
    let listening = async |acting: &Person<'_>| {
        let mut socket = Socket::open(there.address, acting.token.as_deref()).await;
        live::follow(&mut socket, &talk).await;
        append(&ines, &talk, "hello").await;
        live::event(&socket.hear().await.message());
        socket
    };
    let (acting, session) = begin(&world, &root, &ines.id, false).await;
    let mut socket = listening(&acting).await;
    end(&ines, Some(&session)).await.field("endImpersonation");
    assert_eq!(last(&mut socket).await, "4401", "by the owner");
    let (acting, _) = begin(&world, &root, &ines.id, false).await;
    let mut socket = listening(&acting).await;
    end(&acting, None).await.field("endImpersonation");
    assert_eq!(last(&mut socket).await, "4401", "by itself");
    let (acting, _) = begin(&world, &root, &ines.id, false).await;
    let mut socket = listening(&acting).await;
    world.db_run("delete from user_roles where user_id = (select id from users where username = 'root')").await;
    // Behind the service's back: asked at the next event.
    append(&ines, &talk, "not for whoever may no more").await;
    assert_eq!(last(&mut socket).await, "4401", "with the permission of whoever works");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_the_owners_alone_is_nobodys_by_its_id() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    let key =
        done(&ines, "createApiKey", "apiKey { id }", json!({ "name": "K", "scopes": ["CONVERSATIONS_READ"] })).await;
    let talk = talk(&ines).await;
    let (acting, session) = begin(&world, &root, &ines.id, true).await;
    let factor = format!(
        "insert into second_factors (user_id, secret, confirmed_at, last_step) values ('{}', '', now(), 1)",
        ines.user.unwrap().0
    );
    world.db_run(&factor).await;
    let mine = "{ viewer { sessions { nodes { id } } devices { nodes { id } } securityEvents { nodes { id } } } }";
    let mine = ines.run(mine, json!({})).await.field("viewer").clone();
    let mut ids = vec![text(&key["apiKey"]["id"])];
    for list in ["sessions", "devices", "securityEvents"] {
        let nodes = mine[list]["nodes"].as_array().unwrap();
        ids.extend(nodes.iter().map(|node| text(&node["id"])).filter(|id| !id.is_empty()));
    }
    ids.sort();
    ids.dedup();
    // Of the sessions that one alone is theirs in which they work.
    ids.retain(|id| *id != session);
    let own = acting.run("query($id: ID!) { node(id: $id) { id } }", json!({ "id": session })).await;
    assert_eq!(own.field("node")["id"], session);
    assert!(ids.len() > 3, "{ids:?}");
    let document = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    let found = ines.run(document, json!({ "ids": ids })).await.field("nodes").clone();
    assert!(found.as_array().unwrap().iter().all(|node| !node.is_null()), "the owner finds each: {found}");
    let found = acting.run(document, json!({ "ids": ids })).await.field("nodes").clone();
    assert!(found.as_array().unwrap().iter().all(Value::is_null), "{found}");
    // And no private field of the account that needs a session.
    let account =
        "query($id: ID!, $talk: ID!) { node(id: $id) { ... on User { sessions { totalCount } devices { totalCount }
        apiKeys { totalCount } identities { totalCount } securityEvents { totalCount } secondFactor { since recoveryCodesLeft } } }
        talk: node(id: $talk) { ... on Conversation { title } } }";
    let answer = acting.run(account, json!({ "id": ines.id, "talk": talk })).await;
    let mut node = answer.data()["node"].clone();
    let factor = node.as_object_mut().unwrap().remove("secondFactor").unwrap();
    assert!(factor.as_object().is_none_or(|factor| factor.values().all(Value::is_null)), "{factor}");
    assert!(node.as_object().unwrap().values().all(Value::is_null), "{:#}", answer.body);
    assert_eq!(answer.data()["talk"]["title"], "Plants", "what is meant by it");
}
