//! Whom a thing reaches, told before it is shared and after.

use harness::Person;
use serde_json::{Value, json};

use super::sharing::{access, give, talk_of, world};
use super::teams::join;
use crate::matrix::scene::{done, text};

const ASK: &str = "query($id: ID!, $share: ProposedShareInput) { audience(thingId: $id, share: $share) {
    peopleCount gainingCount losingCount isOpenToEveryone isOpenToEveryoneNow hasLinks
    people { totalCount nodes { level levelNow user { username } reasons { level isOwner share { audience } workspace { name } } } } } }";

async fn ask(person: &Person<'_>, thing: &str, share: Value) -> Value {
    person.run(ASK, json!({ "id": thing, "share": share })).await.field("audience").clone()
}

/// Name, level and level now of each.
fn levels(audience: &Value) -> Vec<String> {
    let nodes = audience["people"]["nodes"].as_array().expect("people");
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    nodes
        .iter()
        .map(|node| format!("{} {} {}", word(&node["user"]["username"]), word(&node["level"]), word(&node["levelNow"])))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_share_would_do_is_what_it_does() {
    let world = world().await;
    let ines = world.member("ines").await;
    for name in ["noor", "omar", "yuki", "zoe"] {
        world.member(name).await;
    }
    let crew = text(&done(&ines, "createTeam", "team { id }", json!({ "name": "Crew" })).await["team"]["id"]);
    join(&world, "Crew", "omar", "member").await;
    join(&world, "Crew", "noor", "viewer").await;
    let loft =
        text(&done(&ines, "createWorkspace", "workspace { id }", json!({ "name": "Loft" })).await["workspace"]["id"]);
    give(&ines, &loft, json!({ "user": { "username": "yuki" } }), "COMMENT").await;
    give(&ines, &loft, json!({ "teamId": crew }), "READ").await;
    let talk = talk_of(&ines, "Plants").await;
    assert_eq!(levels(&ask(&ines, &talk, Value::Null).await), ["ines OWNER OWNER"]);
    let user = |name: &str| json!({ "user": { "username": name } });
    for (grantee, level, then, gaining, losing) in [
        (user("omar"), "COMMENT", &["ines OWNER OWNER", "omar COMMENT -"] as &[&str], 1, 0),
        (json!({ "teamId": crew }), "WRITE", &["ines OWNER OWNER", "noor READ -", "omar WRITE COMMENT"], 2, 0),
        (
            json!({ "workspaceId": loft }),
            "MANAGE",
            &["ines OWNER OWNER", "noor READ READ", "omar WRITE WRITE", "yuki COMMENT -"],
            1,
            0,
        ),
        // In the place of what the team has.
        (
            json!({ "teamId": crew }),
            "READ",
            &["ines OWNER OWNER", "noor READ READ", "omar COMMENT WRITE", "yuki COMMENT COMMENT"],
            0,
            1,
        ),
        (
            json!({ "everyone": true }),
            "READ",
            &["ines OWNER OWNER", "noor READ READ", "omar COMMENT COMMENT", "yuki COMMENT COMMENT"],
            0,
            0,
        ),
    ] {
        let before = world.fingerprint().await;
        let share = json!({ "grantee": grantee, "level": level, "expiresAt": "2026-07-01T00:00:00Z" });
        let asked = ask(&ines, &talk, share).await;
        assert_eq!(world.fingerprint().await, before, "asking changes nothing");
        assert_eq!(levels(&asked), then, "{grantee}");
        assert_eq!((&asked["gainingCount"], &asked["losingCount"]), (&json!(gaining), &json!(losing)), "{grantee}");
        assert_eq!(asked["peopleCount"], then.len(), "{grantee}");
        let opens = grantee.get("everyone").is_some();
        let is_open = (&asked["isOpenToEveryone"], &asked["isOpenToEveryoneNow"]);
        assert_eq!(is_open, (&json!(opens), &json!(false)), "{grantee}");
        give(&ines, &talk, grantee.clone(), level).await;
        let given = ask(&ines, &talk, Value::Null).await;
        let now: Vec<String> = then.iter().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
        let after: Vec<String> =
            levels(&given).iter().map(|line| line.rsplit_once(' ').expect("words").0.to_owned()).collect();
        assert_eq!(after, now, "{grantee}");
        assert_eq!(given["isOpenToEveryoneNow"], opens, "{grantee}");
    }
    let told = ask(&ines, &talk, Value::Null).await;
    let omar = &told["people"]["nodes"][2];
    let by: Vec<&Value> =
        omar["reasons"].as_array().expect("reasons").iter().map(|reason| &reason["share"]["audience"]).collect();
    assert_eq!(by, ["USER", "TEAM", "WORKSPACE"], "the farthest first: {omar}");
    // The workspace that holds it is a reason of its own.
    done(&ines, "moveConversation", "conversation { id }", json!({ "conversationId": talk, "workspaceId": loft }))
        .await;
    let told = ask(&ines, &talk, Value::Null).await;
    let yuki = told["people"]["nodes"].as_array().expect("people").last().expect("yuki").clone();
    assert!(
        yuki["reasons"].as_array().expect("reasons").iter().any(|reason| reason["workspace"]["name"] == "Loft"),
        "{yuki}"
    );
    // Who cannot sign in is not reached.
    world.db_run("update users set state = 'suspended' where username = 'yuki'").await;
    assert_eq!(ask(&ines, &talk, Value::Null).await["peopleCount"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audience_is_told_to_those_who_manage_the_thing() {
    let world = world().await;
    let [ines, omar, noor, zoe] =
        [world.member("ines").await, world.member("omar").await, world.member("noor").await, world.member("zoe").await];
    let talk = talk_of(&ines, "Plants").await;
    let input =
        json!({ "thingId": talk, "grantee": { "user": { "username": "omar" } }, "level": "WRITE", "canReshare": true });
    done(&ines, "share", "share { id }", input).await;
    give(&ines, &talk, json!({ "user": { "username": "noor" } }), "MANAGE").await;
    assert_eq!(access(&omar, &talk).await, "WRITE");
    let asked = |share: Value| json!({ "id": talk, "share": share });
    assert_eq!(omar.run(ASK, asked(Value::Null)).await.code(), "FORBIDDEN");
    assert_eq!(zoe.run(ASK, asked(Value::Null)).await.field("audience"), &Value::Null);
    assert_eq!(levels(&ask(&noor, &talk, Value::Null).await).len(), 3);
    let user = |name: &str| json!({ "user": { "username": name } });
    for (share, code) in [
        (json!({ "grantee": user("nobody"), "level": "READ" }), "NOT_FOUND"),
        (json!({ "grantee": user("ines"), "level": "READ" }), "INVALID"),
        (json!({ "grantee": user("zoe"), "level": "OWNER" }), "INVALID"),
        (json!({ "grantee": { "everyone": true }, "level": "COMMENT" }), "INVALID"),
        (json!({ "grantee": { "everyone": false }, "level": "READ" }), "INVALID"),
        (json!({ "grantee": { "teamId": "team_01h455vb4pex5vsknk084sn02q" }, "level": "READ" }), "NOT_FOUND"),
        (json!({ "grantee": { "teamId": "hush" }, "level": "READ" }), "INVALID"),
        (json!({ "grantee": user("zoe"), "level": "READ", "expiresAt": "2026-06-01T12:00:00Z" }), "INVALID"),
    ] {
        let refused = noor.run(ASK, asked(share.clone())).await;
        assert_eq!(refused.code(), code, "{share}");
        assert!(!refused.body.to_string().contains("hush"), "{share}");
    }
    // Who may not share is told of nobody whom they name.
    let named = json!({ "grantee": user("nobody"), "level": "READ" });
    assert_eq!(omar.run(ASK, asked(named)).await.code(), "FORBIDDEN");
    done(&ines, "deleteConversation", "conversation { id }", json!({ "conversationId": talk })).await;
    assert_eq!(ines.run(ASK, asked(Value::Null)).await.code(), "INVALID", "in the trash");
    let one = ines.run("query { audience(thingId: \"hush\") { peopleCount } }", json!({})).await;
    assert_eq!(one.code(), "INVALID");
}
