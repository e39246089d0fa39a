//! Sharing through the service: with people, teams, workspaces and everybody; for a time; on to others; and back.

use chrono::TimeDelta;
use harness::{Person, Start, World};
use serde_json::{Value, json};

use crate::matrix::scene::{append, done, mutation, text};

/// A world in which nobody's token runs out while the hours pass.
pub async fn world() -> World {
    World::with(Start::Empty, |config| config.auth.access_token_lifetime = 3_600).await
}

pub async fn talk_of(person: &Person<'_>, title: &str) -> String {
    let made = done(person, "createConversation", "conversation { id }", json!({ "title": title })).await;
    let talk = text(&made["conversation"]["id"]);
    append(person, &talk, title).await;
    talk
}

pub async fn give(person: &Person<'_>, thing: &str, grantee: Value, level: &str) -> String {
    let input = json!({ "thingId": thing, "grantee": grantee, "level": level });
    text(&done(person, "share", "share { id }", input).await["share"]["id"])
}

/// What the person may do there, by every way that names a single conversation; they have to agree.
pub async fn access(person: &Person<'_>, talk: &str) -> Value {
    let document = "query($id: ID!) { conversation(id: $id) { viewerAccess } node(id: $id) {
        ... on Conversation { viewerAccess } } }";
    let answer = person.run(document, json!({ "id": talk })).await;
    assert_eq!(answer.data()["conversation"], answer.data()["node"]);
    answer.data()["conversation"]["viewerAccess"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_ends_by_itself() {
    let world = world().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let talk = talk_of(&ines, "Plants").await;
    let input = |end: &str| {
        json!({ "input": { "thingId": talk, "grantee": { "user": { "username": "omar" } }, "level": "WRITE",
            "expiresAt": end } })
    };
    let document = mutation("share", "share { id expiresAt }");
    let late = ines.run(&document, input("2026-06-01T12:00:00Z")).await;
    assert_eq!(late.refusals("share"), ["INVALID expiresAt"]);
    let given = ines.run(&document, input("2026-06-01T12:20:00Z")).await;
    assert_eq!(given.field("share")["share"]["expiresAt"], "2026-06-01T12:20:00.000Z");
    assert_eq!(access(&omar, &talk).await, "WRITE");
    world.clock.advance(TimeDelta::minutes(20));
    assert_eq!(access(&omar, &talk).await, Value::Null);
    let say = json!({ "input": { "conversationId": talk, "content": "Still here?" } });
    assert_eq!(
        omar.run(&mutation("appendMessage", "message { id }"), say).await.refusals("appendMessage"),
        ["NOT_FOUND conversationId"]
    );
    let lists = "{ conversations { totalCount } sharedWithMe { totalCount } }";
    let lists = omar.run(lists, json!({})).await;
    assert_eq!(
        (&lists.data()["conversations"]["totalCount"], &lists.data()["sharedWithMe"]["totalCount"]),
        (&json!(0), &json!(0))
    );
    let seen = "query($id: ID!) { conversation(id: $id) { shares { totalCount } participants { totalCount } } }";
    let seen = ines.run(seen, json!({ "id": talk })).await;
    assert_eq!(seen.field("conversation")["shares"]["totalCount"], 0, "what is over is no share");
    assert_eq!(seen.field("conversation")["participants"]["totalCount"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_passes_it_on_and_no_further() {
    let world = world().await;
    let [ines, omar, noor, zoe] =
        [world.member("ines").await, world.member("omar").await, world.member("noor").await, world.member("zoe").await];
    let talk = talk_of(&ines, "Plants").await;
    let to = |name: &str, level: &str, on: bool| json!({ "input": { "thingId": talk, "grantee": { "user": { "username": name } }, "level": level, "canReshare": on } });
    let document = mutation("share", "share { id level }");
    ines.run(&document, to("omar", "COMMENT", true)).await.field("share");
    assert_eq!(omar.run(&document, to("noor", "WRITE", false)).await.code(), "FORBIDDEN", "more than one has");
    omar.run(&document, to("noor", "COMMENT", true)).await.field("share");
    noor.run(&document, to("zoe", "READ", false)).await.field("share");
    assert_eq!(
        zoe.run(&document, to("omar", "READ", false)).await.code(),
        "FORBIDDEN",
        "one's own is not for passing on"
    );
    assert_eq!(
        noor.run(&document, to("omar", "READ", false)).await.code(),
        "FORBIDDEN",
        "it is somebody else's to change"
    );
    let lists = "{ sharedByMe { nodes { grantee { ... on User { username } } } } }";
    assert_eq!(omar.run(lists, json!({})).await.field("sharedByMe")["nodes"][0]["grantee"]["username"], "noor");
    let shares = "query($id: ID!) { conversation(id: $id) { shares { nodes { id grantee { ... on User { username } }
        grantedBy { username } } } } }";
    let seen = noor.run(shares, json!({ "id": talk })).await;
    assert_eq!(
        seen.field("conversation")["shares"]["nodes"].as_array().unwrap().len(),
        2,
        "one's own and what one gave"
    );
    let all = ines.run(shares, json!({ "id": talk })).await.field("conversation")["shares"]["nodes"].clone();
    let first = all.as_array().unwrap().iter().find(|share| share["grantee"]["username"] == "omar").unwrap();
    let back = json!({ "input": { "shareId": first["id"], "withPassedOn": true } });
    let taken = ines.run(&mutation("revokeShare", "revokedId revokedCount"), back).await;
    assert_eq!(taken.field("revokeShare")["revokedCount"], 3);
    for person in [&omar, &noor, &zoe] {
        assert_eq!(access(person, &talk).await, Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_manage_share_up_to_their_level() {
    let world = world().await;
    let [ines, omar, noor] = [world.member("ines").await, world.member("omar").await, world.member("noor").await];
    let talk = talk_of(&ines, "Plants").await;
    let user = |name: &str| json!({ "user": { "username": name } });
    give(&ines, &talk, user("omar"), "MANAGE").await;
    let share = give(&omar, &talk, user("noor"), "MANAGE").await;
    assert_eq!(access(&noor, &talk).await, "MANAGE");
    let owner = json!({ "input": { "thingId": talk, "grantee": user("noor"), "level": "OWNER" } });
    assert_eq!(omar.run(&mutation("share", "share { id }"), owner).await.refusals("share"), ["INVALID level"]);
    let trash = json!({ "input": { "conversationId": talk } });
    let refused = omar.run(&mutation("deleteConversation", "conversation { id }"), trash).await;
    assert_eq!(refused.code(), "FORBIDDEN", "only the owner deletes");
    done(&noor, "revokeShare", "revokedId", json!({ "shareId": share })).await;
    assert_eq!(access(&noor, &talk).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_reads_what_is_open_and_finds_it_by_its_id_alone() {
    let world = world().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let talk = talk_of(&ines, "Plants").await;
    let write = json!({ "input": { "thingId": talk, "grantee": { "everyone": true }, "level": "WRITE" } });
    let document = mutation("share", "share { id audience grantee { __typename } }");
    assert_eq!(ines.run(&document, write).await.refusals("share"), ["INVALID level"]);
    let share = give(&ines, &talk, json!({ "everyone": true }), "READ").await;
    assert_eq!(access(&omar, &talk).await, "READ");
    let lists = omar.run("{ conversations { totalCount } users { totalCount } }", json!({})).await;
    assert_eq!(lists.data()["conversations"]["totalCount"], 0);
    assert_eq!(lists.data()["users"]["totalCount"], 1, "what is open makes nobody acquainted");
    assert_eq!(
        world.anonymous().run("query($id: ID!) { conversation(id: $id) { id } }", json!({ "id": talk })).await.code(),
        "UNAUTHENTICATED"
    );
    done(&ines, "revokeShare", "revokedId", json!({ "shareId": share })).await;
    assert_eq!(access(&omar, &talk).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_to_a_thing_learn_nothing_by_sharing_it() {
    let world = world().await;
    let (ines, omar) = (world.member("ines").await, world.member("omar").await);
    let talk = talk_of(&ines, "Plants").await;
    let crew = done(&omar, "createTeam", "team { id }", json!({ "name": "Crew" })).await["team"]["id"].clone();
    let document = mutation("share", "share { id }");
    let hidden =
        json!({ "input": { "thingId": talk, "grantee": { "user": { "username": "nobody" } }, "level": "READ" } });
    assert_eq!(omar.run(&document, hidden).await.refusals("share"), ["NOT_FOUND thingId"]);
    let foreign = json!({ "input": { "thingId": talk, "grantee": { "teamId": crew }, "level": "READ" } });
    assert_eq!(ines.run(&document, foreign).await.refusals("share"), ["NOT_FOUND grantee"], "not her team");
    give(&ines, &talk, json!({ "user": { "username": "omar" } }), "WRITE").await;
    let probe =
        json!({ "input": { "thingId": talk, "grantee": { "user": { "username": "nobody" } }, "level": "READ" } });
    assert_eq!(omar.run(&document, probe).await.code(), "FORBIDDEN", "who may not share does not learn who exists");
}
