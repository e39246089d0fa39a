//! Workspaces: what they hold, who reaches it, and that they keep an owner.

use harness::Person;
use serde_json::{Value, json};

use super::sharing::{access, give, talk_of, world};
use crate::matrix::scene::{done, mutation, text};

async fn workspace_of(person: &Person<'_>, name: &str) -> String {
    text(&done(person, "createWorkspace", "workspace { id }", json!({ "name": name })).await["workspace"]["id"])
}

fn user(name: &str) -> Value {
    json!({ "user": { "username": name } })
}

#[tokio::test(flavor = "multi_thread")]
async fn members_reach_what_it_holds_for_as_long_as_it_does() {
    let world = world().await;
    let [ines, omar, noor] = [world.member("ines").await, world.member("omar").await, world.member("noor").await];
    let loft = workspace_of(&ines, "Loft").await;
    give(&ines, &loft, user("omar"), "WRITE").await;
    give(&ines, &loft, user("noor"), "READ").await;
    let talk = talk_of(&omar, "Plants").await;
    assert_eq!(access(&ines, &talk).await, Value::Null);
    let place = |to: Value| json!({ "input": { "conversationId": talk, "workspaceId": to } });
    let document = mutation("moveConversation", "conversation { workspace { name } }");
    assert_eq!(
        ines.run(&document, place(json!(loft))).await.refusals("moveConversation"),
        ["NOT_FOUND conversationId"]
    );
    let moved = omar.run(&document, place(json!(loft))).await;
    assert_eq!(moved.field("moveConversation")["conversation"]["workspace"]["name"], "Loft");
    assert_eq!(access(&ines, &talk).await, "MANAGE", "an owner of the workspace does not own what it holds");
    assert_eq!(access(&noor, &talk).await, "READ");
    let lists = "query($id: ID!) { workspace(id: $id) { conversations { totalCount nodes { id } } } conversations { nodes { id } } }";
    let seen = noor.run(lists, json!({ "id": loft })).await;
    assert_eq!(seen.data()["workspace"]["conversations"], json!({ "totalCount": 1, "nodes": [{ "id": talk }] }));
    assert_eq!(seen.data()["conversations"]["nodes"], json!([{ "id": talk }]));
    assert_eq!(noor.run(&document, place(Value::Null)).await.code(), "FORBIDDEN");
    done(&ines, "deleteWorkspace", "workspace { id }", json!({ "id": loft })).await;
    assert_eq!(access(&noor, &talk).await, Value::Null);
    assert_eq!(access(&omar, &talk).await, "OWNER");
    done(&ines, "restoreWorkspace", "workspace { id }", json!({ "id": loft })).await;
    let out = ines.run(&document, place(Value::Null)).await;
    assert_eq!(out.field("moveConversation")["conversation"], Value::Null, "out of her sight, too");
    assert_eq!(access(&noor, &talk).await, Value::Null);
    assert_eq!(access(&omar, &talk).await, "OWNER");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_to_a_workspace_its_members_have_as_far_as_they_go_there() {
    let world = world().await;
    let [ines, omar, noor] = [world.member("ines").await, world.member("omar").await, world.member("noor").await];
    let loft = workspace_of(&ines, "Loft").await;
    give(&ines, &loft, user("omar"), "COMMENT").await;
    let talk = talk_of(&ines, "Plants").await;
    give(&ines, &talk, json!({ "workspaceId": loft }), "WRITE").await;
    assert_eq!(access(&omar, &talk).await, "COMMENT");
    assert_eq!(access(&noor, &talk).await, Value::Null);
    let nested = json!({ "input": { "thingId": loft, "grantee": { "workspaceId": loft }, "level": "READ" } });
    assert_eq!(ines.run(&mutation("share", "share { id }"), nested).await.refusals("share"), ["INVALID grantee"]);
    let open = json!({ "input": { "thingId": loft, "grantee": { "everyone": true }, "level": "READ" } });
    assert_eq!(ines.run(&mutation("share", "share { id }"), open).await.refusals("share"), ["INVALID grantee"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_keeps_an_owner() {
    let world = world().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let loft = workspace_of(&ines, "Loft").await;
    give(&ines, &loft, user("omar"), "MANAGE").await;
    let members = "query($id: ID!) { workspace(id: $id) { members { nodes { id level } } } }";
    let seen = omar.run(members, json!({ "id": loft })).await;
    let nodes = seen.field("workspace")["members"]["nodes"].clone();
    assert_eq!(nodes.as_array().unwrap().len(), 2, "members see each other");
    let own = nodes.as_array().unwrap().iter().find(|share| share["level"] == "OWNER").unwrap()["id"].clone();
    let back = json!({ "input": { "shareId": own } });
    let revoke = mutation("revokeShare", "revokedId");
    assert_eq!(ines.run(&revoke, back.clone()).await.refusals("revokeShare"), ["CONFLICT shareId"]);
    assert_eq!(omar.run(&revoke, back.clone()).await.code(), "FORBIDDEN", "above his own");
    let less = json!({ "input": { "thingId": loft, "grantee": user("ines"), "level": "READ" } });
    assert_eq!(ines.run(&mutation("share", "share { id }"), less).await.refusals("share"), ["CONFLICT grantee"]);
    give(&ines, &loft, user("omar"), "OWNER").await;
    ines.run(&revoke, back).await.field("revokeShare");
    let seen = ines.run("query($id: ID!) { workspace(id: $id) { id } }", json!({ "id": loft })).await;
    assert_eq!(seen.data()["workspace"], Value::Null);
}
