//! Siblings, and who reads which branch.

use harness::World;
use serde_json::{Value, json};

use super::{branch, reads, say, shared_with};
use crate::matrix::scene::{done, mutation, text};

#[tokio::test(flavor = "multi_thread")]
async fn any_message_can_be_put_differently_also_the_first() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let talk = shared_with(&ines, &[]).await;
    let root = say(&ines, &talk, &Value::Null, "Which fern?").await;
    let answer = say(&ines, &talk, &root, "A tall one.").await;
    let second = branch(&ines, &answer, "A small one.").await;
    let third = branch(&ines, &second, "Any.").await;
    let other_root = branch(&ines, &root, "Which moss?").await;
    let document = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Message { depth role parent { id } siblingPosition siblingCount
        siblings(first: 2) { totalCount pageInfo { hasNextPage } nodes { id } } path { totalCount nodes { id } } } } }";
    let seen = ines.run(document, json!({ "ids": [root, answer, second, third, other_root] })).await;
    let page = |more: bool, total: i32, ids: [&Value; 2]| {
        let nodes = ids.map(|id| json!({ "id": id }));
        json!({ "totalCount": total, "pageInfo": { "hasNextPage": more }, "nodes": nodes })
    };
    for (at, position, total, siblings) in [
        (0, 1, 2, page(false, 2, [&root, &other_root])),
        (1, 1, 3, page(true, 3, [&answer, &second])),
        (2, 2, 3, page(true, 3, [&answer, &second])),
        (3, 3, 3, page(true, 3, [&answer, &second])),
        (4, 2, 2, page(false, 2, [&root, &other_root])),
    ] {
        let node = &seen.data()["nodes"][at];
        assert_eq!(node["siblingPosition"], json!(position));
        assert_eq!(node["siblingCount"], json!(total));
        assert_eq!(node["siblings"], siblings);
        assert_eq!(node["role"], "USER");
    }
    let way = json!({ "totalCount": 2, "nodes": [{ "id": root }, { "id": third }] });
    assert_eq!(seen.data()["nodes"][3]["path"], way);
    assert_eq!(seen.data()["nodes"][3]["parent"]["id"], root);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sibling_has_the_role_of_the_other() {
    let world = World::empty().await;
    let (ines, milo) = (world.member("ines").await, world.member("milo").await);
    let talk = shared_with(&ines, &[(&milo, "COMMENT")]).await;
    let root = say(&ines, &talk, &Value::Null, "Which fern?").await;
    let input = json!({ "conversationId": talk, "parentId": root, "role": "ASSISTANT", "content": "Tall." });
    let answer = done(&ines, "appendMessage", "message { id }", input).await["message"]["id"].clone();
    let again = json!({ "messageId": answer, "content": "Small.", "model": "vendor/small-1", "finishReason": "STOP",
        "clientId": "5d0f7c1e-3a52-4e0b-9f64-0c8f6f0a0001" });
    let selection = "message { id role model finishReason author { id } }";
    let made = done(&ines, "branchMessage", selection, again.clone()).await["message"].clone();
    assert_eq!((&made["role"], &made["model"]), (&json!("ASSISTANT"), &json!("vendor/small-1")));
    // The same call again makes nothing.
    assert_eq!(done(&ines, "branchMessage", selection, again.clone()).await["message"], made);
    let mut other = again;
    other["content"] = json!("Else.");
    let answer_of = |input: Value| json!({ "input": input });
    let refused = ines.run(&mutation("branchMessage", selection), answer_of(other)).await;
    assert_eq!(refused.refusals("branchMessage"), ["CONFLICT clientId"]);
    // At COMMENT one speaks as oneself only.
    branch(&milo, &root, "Which moss?").await;
    let before = world.fingerprint().await;
    let input = json!({ "messageId": answer, "content": "I am the model." });
    assert_eq!(milo.run(&mutation("branchMessage", selection), answer_of(input)).await.code(), "FORBIDDEN");
    assert_eq!(world.fingerprint().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reads_a_branch_of_their_own_and_finds_it_again() {
    let world = World::empty().await;
    let (ines, milo, tove) = (world.member("ines").await, world.member("milo").await, world.member("tove").await);
    let talk = shared_with(&ines, &[(&milo, "WRITE"), (&tove, "READ")]).await;
    let root = say(&ines, &talk, &Value::Null, "Which fern?").await;
    let tall = say(&ines, &talk, &root, "A tall one.").await;
    // Whoever has chosen nothing reads what the owner reads.
    for person in [&ines, &milo, &tove] {
        assert_eq!(reads(person, &talk).await, [root.clone(), tall.clone()]);
    }
    let small = branch(&milo, &tall, "A small one.").await;
    assert_eq!(reads(&milo, &talk).await, [root.clone(), small.clone()]);
    assert_eq!(reads(&ines, &talk).await, [root.clone(), tall.clone()]);
    assert_eq!(reads(&tove, &talk).await, [root.clone(), tall.clone()]);
    // A reader chooses, too.
    done(&tove, "selectBranch", "conversation { id }", json!({ "messageId": small })).await;
    assert_eq!(reads(&tove, &talk).await, [root.clone(), small.clone()]);
    // Without a parent one goes on where one reads, and those who read the same go along.
    let input = json!({ "conversationId": talk, "content": "And moss?" });
    let more = done(&milo, "appendMessage", "message { id parent { id } }", input.clone()).await["message"].clone();
    assert_eq!(more["parent"]["id"], small);
    assert_eq!(reads(&tove, &talk).await, [root.clone(), small.clone(), more["id"].clone()]);
    let own = done(&ines, "appendMessage", "message { id parent { id } }", input).await["message"].clone();
    assert_eq!(own["parent"]["id"], tall);
    // Choosing a message above a branching leads to where the conversation was last.
    done(&tove, "selectBranch", "conversation { id }", json!({ "messageId": root })).await;
    assert_eq!(reads(&tove, &talk).await, [root.clone(), tall.clone(), own["id"].clone()]);
    done(&tove, "selectBranch", "conversation { id }", json!({ "messageId": small })).await;
    assert_eq!(reads(&tove, &talk).await, [root, small, more["id"].clone()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_nothing_chooses_nothing() {
    let world = World::empty().await;
    let (ines, milo) = (world.member("ines").await, world.member("milo").await);
    let talk = shared_with(&ines, &[(&milo, "READ")]).await;
    let root = say(&ines, &talk, &Value::Null, "Which fern?").await;
    let select = mutation("selectBranch", "conversation { id }");
    let input = json!({ "input": { "messageId": root } });
    done(&ines, "deleteConversation", "conversation { id }", json!({ "conversationId": talk })).await;
    let before = world.fingerprint().await;
    assert_eq!(milo.run(&select, input.clone()).await.refusals("selectBranch"), ["NOT_FOUND messageId"]);
    assert_eq!(ines.run(&select, input).await.refusals("selectBranch"), ["CONFLICT messageId"]);
    assert_eq!(world.fingerprint().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_at_the_end_of_a_long_branch_costs_what_one_of_a_short_costs() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let talk = shared_with(&ines, &[]).await;
    let mut last = Value::Null;
    for n in 0..70 {
        last = say(&ines, &talk, &last, &format!("{n}")).await;
    }
    let document =
        "query($id: ID!) { message(id: $id) { path(last: 3) { totalCount pageInfo { hasPreviousPage startCursor }
        nodes { depth content } } } }";
    let before = world.statements();
    let seen = ines.run(document, json!({ "id": last })).await;
    assert_eq!(world.statements() - before, 4, "who asks, the message, the way, what is on it");
    let page = &seen.field("message")["path"];
    assert_eq!(page["totalCount"], 70);
    let depths: Vec<i64> =
        page["nodes"].as_array().unwrap().iter().map(|node| node["depth"].as_i64().unwrap()).collect();
    assert_eq!(depths, [67, 68, 69]);
    let document = "query($id: ID!, $before: String) { message(id: $id) { path(last: 100, before: $before) {
        pageInfo { hasNextPage hasPreviousPage } nodes { content } } } }";
    let rest = ines.run(document, json!({ "id": last, "before": page["pageInfo"]["startCursor"] })).await;
    let rest = &rest.field("message")["path"];
    assert_eq!(rest["nodes"].as_array().unwrap().len(), 67);
    assert_eq!(rest["pageInfo"], json!({ "hasNextPage": true, "hasPreviousPage": false }));
    assert_eq!(text(&rest["nodes"][66]["content"]), "66");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_an_edit_is_for_those_who_may_edit() {
    let world = World::empty().await;
    let (ines, milo) = (world.member("ines").await, world.member("milo").await);
    let (tove, yuki) = (world.member("tove").await, world.member("yuki").await);
    let talk = shared_with(&ines, &[(&milo, "WRITE"), (&tove, "COMMENT"), (&yuki, "READ")]).await;
    let id = say(&tove, &talk, &Value::Null, "One").await;
    for (person, content) in [(&tove, "Two"), (&milo, "Three")] {
        done(person, "editMessage", "message { id }", json!({ "messageId": id, "content": content })).await;
    }
    let document = "query($id: ID!) { message(id: $id) { version editedBy { username } versions { totalCount nodes {
        version content author { username } } } } }";
    let kept = json!({ "totalCount": 2, "nodes": [
        { "version": 2, "content": "Two", "author": { "username": "tove" } },
        { "version": 1, "content": "One", "author": { "username": "tove" } }] });
    for person in [&ines, &milo, &tove] {
        let seen = person.run(document, json!({ "id": id })).await;
        assert_eq!(seen.field("message")["versions"], kept);
        assert_eq!(seen.field("message")["editedBy"]["username"], "milo");
    }
    let seen = yuki.run(document, json!({ "id": id })).await;
    assert_eq!(seen.field("message")["versions"], json!({ "totalCount": 0, "nodes": [] }));
    // The author with READ alone is shown none either.
    let document = "mutation($input: ShareInput!) { share(input: $input) { share { level } userErrors { code } } }";
    let lower = json!({ "thingId": talk, "grantee": { "user": { "id": tove.id } }, "level": "READ" });
    ines.run(document, json!({ "input": lower })).await.field("share");
    let document = "query($id: ID!) { message(id: $id) { versions { totalCount nodes { content } } } }";
    let seen = tove.run(document, json!({ "id": id })).await;
    assert_eq!(seen.field("message")["versions"], json!({ "totalCount": 0, "nodes": [] }));
}
