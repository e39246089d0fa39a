//! Letting oneself in: for a reason, for a short time, with one audit row, and the owner told.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::sharing::{access, talk_of, world};
use crate::matrix::scene::mutation;

#[tokio::test(flavor = "multi_thread")]
async fn an_elevation_is_told_ends_and_leaves_one_row() {
    let world = world().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    let talk = talk_of(&ines, "Plants").await;
    assert_eq!(access(&root, &talk).await, Value::Null, "no role reads what is somebody else's");
    let document = mutation("elevateAccess", "share { id audience level expiresAt reason }");
    let input = |reason: &str, minutes: i32| json!({ "input": { "conversationId": talk, "reason": reason, "minutes": minutes } });
    let before = world.number("select count(*) from audit_log").await;
    assert_eq!(root.run(&document, input("why", 5)).await.refusals("elevateAccess"), ["INVALID reason"]);
    assert_eq!(
        root.run(&document, input("Report 12 of a member", 61)).await.refusals("elevateAccess"),
        ["INVALID minutes"]
    );
    assert_eq!(ines.run(&document, input("Because I can do it", 5)).await.code(), "FORBIDDEN");
    assert_eq!(world.number("select count(*) from audit_log").await, before);
    let made = root.run(&document, input("Report 12 of a member", 20)).await.field("elevateAccess")["share"].clone();
    assert_eq!((&made["audience"], &made["level"]), (&json!("ELEVATION"), &json!("READ")));
    assert_eq!(world.number("select count(*) from audit_log").await, before + 1);
    assert_eq!(access(&root, &talk).await, "READ");
    let say = json!({ "input": { "conversationId": talk, "content": "I am here." } });
    assert_eq!(root.run(&mutation("appendMessage", "message { id }"), say).await.code(), "FORBIDDEN");
    let told = "query($id: ID!) { viewer { securityEvents(first: 1) { nodes { kind } } } conversation(id: $id) {
        shares { nodes { id audience reason } } participants { totalCount } } }";
    let told = ines.run(told, json!({ "id": talk })).await;
    assert_eq!(told.data()["viewer"]["securityEvents"]["nodes"], json!([{ "kind": "CONVERSATION_ELEVATED" }]));
    let share = &told.data()["conversation"]["shares"]["nodes"][0];
    assert_eq!((&share["audience"], &share["reason"]), (&json!("ELEVATION"), &json!("Report 12 of a member")));
    assert_eq!(told.data()["conversation"]["participants"]["totalCount"], 1, "who looks takes no part");
    let back = json!({ "input": { "shareId": share["id"] } });
    assert_eq!(ines.run(&mutation("revokeShare", "revokedId"), back).await.code(), "FORBIDDEN");
    assert_eq!(
        root.run(&document, input("Once more, please", 5)).await.refusals("elevateAccess"),
        ["CONFLICT conversationId"]
    );
    world.clock.advance(TimeDelta::minutes(20));
    assert_eq!(access(&root, &talk).await, Value::Null);
    root.run(&document, input("Report 13 of a member", 5)).await.field("elevateAccess");
    assert_eq!(access(&root, &talk).await, "READ", "and again, with another reason");
    let trash = json!({ "input": { "conversationId": talk } });
    ines.run(&mutation("deleteConversation", "conversation { id }"), trash).await.field("deleteConversation");
    assert_eq!(access(&root, &talk).await, Value::Null, "the trash is the owner's");
}

/// Whoever asks twice at the same moment is let in once, and told so.
#[tokio::test(flavor = "multi_thread")]
async fn two_elevations_at_once_are_one() {
    let world = world().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    let document = mutation("elevateAccess", "share { id }");
    for round in 0..5 {
        let talk = talk_of(&ines, "Plants").await;
        let input = json!({ "input": { "conversationId": talk, "reason": format!("Report {round} of a member"), "minutes": 5 } });
        let both = tokio::join!(root.run(&document, input.clone()), root.run(&document, input));
        let mut refused: Vec<_> = [both.0, both.1].iter().map(|answer| answer.refusals("elevateAccess")).collect();
        refused.sort();
        assert_eq!(refused, [vec![], vec!["CONFLICT conversationId".to_owned()]]);
    }
    assert_eq!(world.number("select count(*) from shares where audience = 'elevation'").await, 5);
}
