//! What `can` says beforehand is what the operations do: every person, thing and action of a world that changes at random,
//! each tried for real.

use serde_json::{Value, json};

use super::scene::{Scene, TALKS, USERS, WORKSPACES};
use crate::matrix::scene::{done, mutation};

/// Whether the operation went through; what it changed about access is undone by the caller.
async fn outcome(scene: &Scene<'_>, user: usize, action: &str, id: &str) -> bool {
    let person = &scene.people[user];
    let is_talk = id.starts_with("conv_");
    let (name, selection, input) = match (action, is_talk) {
        ("READ", true) => {
            let seen = person.run("query($id: ID!) { conversation(id: $id) { id } }", json!({ "id": id })).await;
            return seen.body["data"]["conversation"].is_object();
        }
        ("READ", false) => {
            let seen = person.run("query($id: ID!) { workspace(id: $id) { id } }", json!({ "id": id })).await;
            return seen.body["data"]["workspace"].is_object();
        }
        ("APPEND_MESSAGE", _) => {
            ("appendMessage", "message { id }", json!({ "conversationId": id, "content": "Yes." }))
        }
        ("APPEND_ANSWER", _) => {
            let input = json!({ "conversationId": id, "content": "Yes.", "role": "ASSISTANT" });
            ("appendMessage", "message { id }", input)
        }
        ("DELETE_MESSAGE", _) => {
            // A version that is not there: whoever may is told so, and the message stays for the others.
            let at = scene.talks.iter().position(|talk| talk == id).unwrap();
            let input = json!({ "messageId": scene.messages[at], "answers": "KEEP", "expectedVersion": 99 });
            let answer = person.run(&mutation("deleteMessage", "deletedCount"), json!({ "input": input })).await;
            let is_refused = answer.body.get("errors").is_some();
            return !is_refused && answer.refusals("deleteMessage") == ["CONFLICT expectedVersion"];
        }
        ("RECORD_TOOL_CALL", _) => {
            let at = scene.talks.iter().position(|talk| talk == id).unwrap();
            let input = json!({ "messageId": scene.messages[at], "toolName": "clock", "arguments": { "json": 1 } });
            ("recordToolCall", "toolCall { id }", input)
        }
        ("UPDATE", true) => {
            ("updateConversation", "conversation { id }", json!({ "conversationId": id, "title": "New" }))
        }
        ("UPDATE", false) => ("updateWorkspace", "workspace { id }", json!({ "id": id, "name": "New" })),
        ("SHARE", _) => {
            let input = json!({ "thingId": id, "grantee": { "user": { "username": "bystander" } }, "level": "READ" });
            ("share", "share { id }", input)
        }
        ("DELETE", true) => ("deleteConversation", "conversation { id }", json!({ "conversationId": id })),
        ("DELETE", false) => ("deleteWorkspace", "workspace { id }", json!({ "id": id })),
        ("RESTORE", true) => ("restoreConversation", "conversation { id }", json!({ "conversationId": id })),
        ("RESTORE", false) => ("restoreWorkspace", "workspace { id }", json!({ "id": id })),
        _ => panic!("{action} is not tried"),
    };
    let answer = person.run(&mutation(name, selection), json!({ "input": input })).await;
    answer.body.get("errors").is_none() && answer.refusals(name).is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_beforehand_is_what_happens() {
    let world = super::property::world().await;
    let (root, _) = (world.admin("root").await, world.member("bystander").await);
    let mut scene = Scene::begin(&world, 5).await;
    let (mut tried, mut allowed) = (0, 0);
    let ask = "query($user: UserReference!, $action: ThingAction!, $id: ID!) { user(by: $user) { can(action: $action, id: $id) {
        isAllowed missing level reasons { level isOwner } roles { name } } } }";
    let talk_actions = [
        "READ",
        "APPEND_MESSAGE",
        "APPEND_ANSWER",
        "DELETE_MESSAGE",
        "RECORD_TOOL_CALL",
        "UPDATE",
        "SHARE",
        "DELETE",
        "RESTORE",
    ];
    let workspace_actions = ["READ", "UPDATE", "SHARE", "DELETE", "RESTORE"];
    for round in 0..3 {
        for _ in 0..25 {
            scene.change().await;
        }
        for user in 0..USERS {
            let of_talks = (0..TALKS).flat_map(|at| talk_actions.map(|action| (action, scene.talks[at].clone())));
            let of_workspaces =
                (0..WORKSPACES).flat_map(|at| workspace_actions.map(|action| (action, scene.workspaces[at].clone())));
            for (action, id) in of_talks.chain(of_workspaces) {
                let variables = json!({ "user": { "id": scene.people[user].id }, "action": action, "id": id });
                let own = scene.people[user].run(ask, variables.clone()).await.field("user")["can"].clone();
                let told = root.run(ask, variables).await.field("user")["can"].clone();
                assert_eq!(own["isAllowed"], told["isAllowed"], "an administrator is told the same");
                let happened = outcome(&scene, user, action, &id).await;
                let what = format!("round {round}, user {user}, {action} {id}: {own}");
                assert_eq!(own["isAllowed"], happened, "{what}");
                assert_eq!(own["missing"] == json!([]), happened, "{what}");
                if own["level"].is_null() {
                    assert_eq!(own["reasons"], json!([]), "{what}");
                } else if happened {
                    assert_eq!(own["reasons"][0]["level"].is_string(), own["level"] != Value::Null, "{what}");
                }
                if happened {
                    scene.undo(action, &id).await;
                }
                tried += 1;
                allowed += u32::from(happened);
            }
        }
    }
    assert!(tried > 500 && allowed > tried / 10 && allowed < tried * 9 / 10, "{allowed} of {tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_by_what_and_what_is_missing() {
    let world = super::sharing::world().await;
    let [ines, omar, noor] = [world.member("ines").await, world.member("omar").await, world.member("noor").await];
    let talk = super::sharing::talk_of(&ines, "Plants").await;
    let ask =
        "query($action: ThingAction!, $id: ID!) { viewer { can(action: $action, id: $id) { isAllowed missing level
        needsLevel needsPermission reasons { level isOwner share { audience } workspace { name } } roles { name }
        couldGrant { username } } } }";
    let variables = |action: &str| json!({ "action": action, "id": talk });
    let hidden = noor.run(ask, variables("UPDATE")).await.field("viewer")["can"].clone();
    assert_eq!(
        (&hidden["missing"], &hidden["couldGrant"], &hidden["level"]),
        (&json!(["THING"]), &json!([]), &Value::Null),
        "nothing is told of what does not exist for one"
    );
    let loft =
        done(&ines, "createWorkspace", "workspace { id }", json!({ "name": "Loft" })).await["workspace"]["id"].clone();
    done(&ines, "moveConversation", "conversation { id }", json!({ "conversationId": talk, "workspaceId": loft }))
        .await;
    super::sharing::give(&ines, loft.as_str().unwrap(), json!({ "user": { "username": "omar" } }), "READ").await;
    super::sharing::give(&ines, &talk, json!({ "user": { "username": "omar" } }), "COMMENT").await;
    let seen = omar.run(ask, variables("UPDATE")).await.field("viewer")["can"].clone();
    let expected = json!({
        "isAllowed": false, "missing": ["LEVEL"], "level": "COMMENT", "needsLevel": "WRITE",
        "needsPermission": "CONVERSATIONS_WRITE", "couldGrant": [{ "username": "ines" }],
        "roles": [{ "name": "subscriber" }],
        "reasons": [
            { "level": "COMMENT", "isOwner": false, "share": { "audience": "USER" }, "workspace": null },
            { "level": "READ", "isOwner": false, "share": { "audience": "USER" }, "workspace": { "name": "Loft" } },
        ] });
    assert_eq!(seen, expected);
    let wrong = omar.run(ask, json!({ "action": "PUT_IN", "id": talk })).await;
    assert_eq!(wrong.code(), "INVALID", "nothing is put into a conversation");
    let other =
        "query($user: UserReference!, $id: ID!) { user(by: $user) { can(action: READ, id: $id) { isAllowed } } }";
    let other = omar.run(other, json!({ "user": { "username": "ines" }, "id": talk })).await;
    assert_eq!(other.field("user")["can"], Value::Null, "of others only those with users:read");
}
