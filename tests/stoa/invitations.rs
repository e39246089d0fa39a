//! Invitations: listed, taken back, and what the role in them is worth when somebody comes.

use harness::{Person, Start, World};
use serde_json::{Value, json};
use stoa::config::Registration;

use crate::matrix::scene::{done, mutation, text};

async fn closed() -> World {
    World::with(Start::Empty, |config| config.auth.registration = Some(Registration::Invite)).await
}

async fn register(world: &World, username: &str, code: &Value) -> harness::Answer {
    let input = json!({ "username": username, "password": "correct horse", "invitationCode": code });
    let document = mutation("register", "user { roleAssignments { nodes { role { name } assignedBy { id } } } }");
    world.anonymous().run(&document, json!({ "input": input })).await
}

async fn role(person: &Person<'_>, name: &str, permissions: Value) -> Value {
    let input = json!({ "name": name, "permissions": permissions });
    done(person, "createRole", "role { id }", input).await["role"]["id"].clone()
}

async fn invite(person: &Person<'_>, input: Value) -> Value {
    done(person, "createInvitation", "invitationCode invitation { id state role { name } }", input).await
}

async fn listed(person: &Person<'_>, state: Value) -> Vec<String> {
    let document = "query($state: InvitationState) { invitations(filter: { state: $state }) { totalCount nodes {
        state usedBy { username } revokedAt usedAt } } }";
    let answer = person.run(document, json!({ "state": state })).await;
    let nodes = answer.field("invitations")["nodes"].as_array().unwrap().clone();
    assert_eq!(answer.field("invitations")["totalCount"], nodes.len());
    nodes.iter().map(|node| text(&node["state"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_listed_by_what_became_of_them() {
    let world = closed().await;
    let root = world.admin("root").await;
    let open = invite(&root, json!({ "lifetimeDays": 30 })).await;
    let used = invite(&root, json!({})).await;
    let revoked = invite(&root, json!({})).await;
    invite(&root, json!({ "lifetimeDays": 1 })).await;
    register(&world, "ines", &used["invitationCode"]).await.field("register");
    world.clock.advance(chrono::TimeDelta::minutes(1));
    for _ in 0..2 {
        let seen = done(
            &root,
            "revokeInvitation",
            "invitation { state revokedAt }",
            json!({ "id": revoked["invitation"]["id"] }),
        )
        .await;
        assert_eq!(seen["invitation"], json!({ "state": "REVOKED", "revokedAt": "2026-06-01T12:01:00.000Z" }));
    }
    let audit = "select count(*) from audit_log where action = 'invitation.revoke'";
    assert_eq!(world.number(audit).await, 1);
    let taken = root
        .run(&mutation("revokeInvitation", "invitation { id }"), json!({ "input": { "id": used["invitation"]["id"] } }))
        .await;
    assert_eq!(taken.refusals("revokeInvitation"), ["CONFLICT id"]);
    for code in [&used["invitationCode"], &revoked["invitationCode"]] {
        assert_eq!(register(&world, "omar", code).await.refusals("register"), ["INVALID invitationCode"]);
    }
    world.clock.advance(chrono::TimeDelta::days(1));
    let root = world.existing("root").await;
    assert_eq!(listed(&root, Value::Null).await, ["EXPIRED", "REVOKED", "USED", "OPEN"]);
    for state in ["EXPIRED", "REVOKED", "USED", "OPEN"] {
        assert_eq!(listed(&root, json!(state)).await, [state]);
    }
    let node = "query($id: ID!) { node(id: $id) { ... on Invitation { state invitedBy { username } } } }";
    let seen = root.run(node, json!({ "id": open["invitation"]["id"] })).await;
    assert_eq!(seen.field("node"), &json!({ "state": "OPEN", "invitedBy": { "username": "root" } }));
    let codes =
        world.number("select count(*) from invitations where encode(code_hash, 'escape') like 'stoa_inv%'").await;
    assert_eq!(codes, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_is_worth_what_its_giver_still_holds() {
    let world = closed().await;
    let (root, boss) = (world.admin("root").await, world.member("boss").await);
    let host = role(&root, "host", json!(["USERS_WRITE", "ROLES_READ"])).await;
    let (boss_id, root_id) = (json!(boss.id), json!(root.id));
    done(&root, "assignRole", "assignment { expiresAt }", json!({ "userId": boss_id, "roleId": host })).await;
    let made = [
        invite(&boss, json!({ "roleId": host })).await,
        invite(&boss, json!({ "roleId": host })).await,
        invite(&boss, json!({ "roleId": host })).await,
        invite(&boss, json!({})).await,
    ];
    assert_eq!(made[0]["invitation"]["role"]["name"], "host");
    let code = |at: usize| &made[at]["invitationCode"];
    let first = register(&world, "first", code(0)).await;
    let roles = json!([{ "role": { "name": "host" }, "assignedBy": null }]);
    assert_eq!(first.field("register")["user"]["roleAssignments"]["nodes"], roles, "the giver is not seen");
    // The role has grown beyond its giver.
    done(&root, "grantPermission", "role { name }", json!({ "roleId": host, "permission": "USERS_READ" })).await;
    done(&root, "removeRole", "user { id }", json!({ "userId": boss_id, "roleId": host })).await;
    assert_eq!(register(&world, "second", code(1)).await.refusals("register"), ["INVALID invitationCode"]);
    // Nor does a code give anything, not even the default role, whose giver makes no accounts any more.
    assert_eq!(register(&world, "third", code(3)).await.refusals("register"), ["INVALID invitationCode"]);
    done(&root, "assignRole", "assignment { expiresAt }", json!({ "userId": boss_id, "roleId": host })).await;
    // Whoever is shut out invites nobody.
    let suspend = json!({ "id": boss_id, "reason": "x", "until": "2026-06-01T12:05:00Z" });
    done(&root, "suspendUser", "user { id }", suspend).await;
    assert_eq!(register(&world, "third", code(3)).await.refusals("register"), ["INVALID invitationCode"]);
    world.clock.advance(chrono::TimeDelta::minutes(5));
    register(&world, "third", code(3)).await.field("register");
    register(&world, "fourth", code(2)).await.field("register");
    // Nobody hands on what they do not hold, the default role included.
    let guide = world.viewer("guide").await;
    done(&root, "assignRole", "assignment { expiresAt }", json!({ "userId": guide.id, "roleId": host })).await;
    let refused = guide.run(&mutation("createInvitation", "invitationCode"), json!({ "input": {} })).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    let own =
        world.number("select count(*) from user_roles ur join roles r on r.id = ur.role_id where r.name = 'host'");
    assert_eq!(own.await, 4);
    assert_ne!(boss_id, root_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_anybody_may_come_a_good_code_still_gives_its_role() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    let auditor = role(&root, "auditor", json!(["ROLES_READ"])).await;
    let made = invite(&root, json!({ "roleId": auditor })).await;
    for (username, code, name) in [
        ("ines", &made["invitationCode"], "auditor"),
        ("omar", &made["invitationCode"], "subscriber"),
        ("zoe", &json!("none"), "subscriber"),
    ] {
        let answer = register(&world, username, code).await;
        let role = &answer.field("register")["user"]["roleAssignments"]["nodes"][0]["role"]["name"];
        assert_eq!(role, name, "{username}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_code_makes_one_account_or_is_taken_back() {
    let world = closed().await;
    let root = world.admin("root").await;
    for round in 0..5 {
        let made = invite(&root, json!({})).await;
        let take_back = json!({ "input": { "id": made["invitation"]["id"] } });
        let (one, two) = (format!("one-{round}"), format!("two-{round}"));
        let (a, b, _) = tokio::join!(
            register(&world, &one, &made["invitationCode"]),
            register(&world, &two, &made["invitationCode"]),
            root.run(
                "mutation($input: RevokeInvitationInput!) { revokeInvitation(input: $input) { __typename } }",
                take_back
            ),
        );
        let registered = [a, b].iter().filter(|answer| answer.refusals("register").is_empty()).count() as i64;
        let used = format!("select count(*) from users where username in ('{one}', '{two}')");
        assert_eq!(world.number(&used).await, registered);
        assert!(registered <= 1);
    }
}
