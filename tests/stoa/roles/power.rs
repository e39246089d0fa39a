//! No way up: neither through parents, nor through what rests, nor past a rank.

use harness::{Person, Start, World};
use serde_json::{Value, json};
use stoa::config::{Config, Registration};

use super::{ASSIGN, GRANT, REMOVE, UPDATE, assign, child, permissions, role};

const CREATE: &str = "mutation($input: CreateRoleInput!) { createRole(input: $input) { role { id }
    userErrors { code path } } }";
const DELETE: &str = "mutation($input: DeleteRoleInput!) { deleteRole(input: $input) { deletedRoleId
    userErrors { code path } } }";

async fn refused(person: &Person<'_>, document: &str, input: Value) {
    let answer = person.run(document, json!({ "input": input })).await;
    assert_eq!(answer.code(), "FORBIDDEN", "{input} {:#}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gains_or_takes_through_the_hierarchy_what_they_do_not_hold() {
    let world = World::empty().await;
    let (root, boss) = (world.admin("root").await, world.viewer("boss").await);
    let managing = child(&root, "managing", None, &["ROLES_READ", "ROLES_WRITE", "USERS_READ", "USERS_WRITE"]).await;
    assign(&root, &boss, &managing).await;
    let admin = role(&root, "admin").await;
    let mighty = child(&root, "mighty", None, &["USERS_ACT_AS"]).await;
    let heir = child(&root, "heir", Some(&mighty), &[]).await;
    let plain = child(&root, "plain", None, &["ROLES_READ"]).await;
    // At rest it gives nothing; somebody will wake it.
    let asleep = child(&root, "asleep", None, &["USERS_ACT_AS"]).await;
    root.run(UPDATE, json!({ "input": { "roleId": asleep, "isActive": false } })).await.field("updateRole");
    let before = world.fingerprint().await;
    for mighty in [&admin, &mighty, &heir, &asleep] {
        refused(&boss, UPDATE, json!({ "roleId": managing, "parentId": mighty })).await;
        refused(&boss, CREATE, json!({ "name": "mine", "parentId": mighty })).await;
        refused(&boss, ASSIGN, json!({ "userId": boss.id, "roleId": mighty })).await;
        refused(&boss, REMOVE, json!({ "userId": root.id, "roleId": mighty })).await;
        refused(&boss, UPDATE, json!({ "roleId": mighty, "description": "Nothing." })).await;
        refused(&boss, DELETE, json!({ "roleId": mighty })).await;
        let document = "mutation($input: CreateUserInput!) { createUser(input: $input) { user { id } } }";
        refused(&boss, document, json!({ "username": "tool", "roleId": mighty })).await;
        let document = "mutation($input: CreateInvitationInput!) { createInvitation(input: $input) {
            invitationCode } }";
        refused(&boss, document, json!({ "roleId": mighty })).await;
    }
    refused(&boss, UPDATE, json!({ "roleId": asleep, "isActive": true })).await;
    refused(&boss, UPDATE, json!({ "roleId": heir, "parentId": null })).await;
    assert_eq!(world.fingerprint().await, before);
    // What they hold they move about.
    let input = json!({ "input": { "roleId": plain, "parentId": managing } });
    assert_eq!(boss.run(UPDATE, input).await.field("updateRole")["role"]["parent"]["name"], "managing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_may_do_more_by_inheritance_is_not_changed() {
    let world = World::empty().await;
    let (root, boss, omar) = (world.admin("root").await, world.viewer("boss").await, world.viewer("omar").await);
    let managing = child(&root, "managing", None, &["USERS_READ", "USERS_WRITE"]).await;
    assign(&root, &boss, &managing).await;
    let mighty = child(&root, "mighty", None, &["USERS_ACT_AS"]).await;
    let heir = child(&root, "heir", None, &[]).await;
    assign(&root, &omar, &heir).await;
    let document = "mutation($input: UpdateUserInput!) { updateUser(input: $input) { user { displayName }
        userErrors { code path } } }";
    let input = json!({ "id": omar.id, "displayName": "O" });
    boss.run(document, json!({ "input": input })).await.field("updateUser");
    root.run(UPDATE, json!({ "input": { "roleId": heir, "parentId": mighty } })).await.field("updateRole");
    refused(&boss, document, json!({ "id": omar.id, "displayName": "P" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_ends_when_its_role_outgrows_who_invited() {
    let invited = |config: &mut Config| config.auth.registration = Some(Registration::Invite);
    let world = World::with(Start::Empty, invited).await;
    let (root, boss) = (world.admin("root").await, world.viewer("boss").await);
    let managing = child(&root, "managing", None, &["ROLES_READ", "USERS_WRITE"]).await;
    assign(&root, &boss, &managing).await;
    let plain = child(&root, "plain", None, &["ROLES_READ"]).await;
    let invite = "mutation($role: ID!) { createInvitation(input: { roleId: $role }) { invitationCode } }";
    let made = boss.run(invite, json!({ "role": plain })).await;
    let code = made.field("createInvitation")["invitationCode"].clone();
    let mighty = child(&root, "mighty", None, &["USERS_ACT_AS"]).await;
    let register = "mutation($input: RegisterInput!) { register(input: $input) { user { permissions }
        userErrors { code path } } }";
    let input = json!({ "input": { "username": "newcomer", "password": "seven green herons",
        "invitationCode": code } });
    root.run(UPDATE, json!({ "input": { "roleId": plain, "parentId": mighty } })).await.field("updateRole");
    assert_eq!(world.anonymous().run(register, input.clone()).await.refusals("register"), ["INVALID invitationCode"]);
    root.run(UPDATE, json!({ "input": { "roleId": plain, "parentId": null } })).await.field("updateRole");
    let joined = world.anonymous().run(register, input).await;
    assert_eq!(joined.field("register")["user"]["permissions"], json!(["ROLES_READ"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rank_is_handed_on_from_above() {
    let world = World::empty().await;
    let (root, boss, omar) = (world.admin("root").await, world.viewer("boss").await, world.viewer("omar").await);
    let all = ["ROLES_READ", "ROLES_WRITE", "USERS_READ", "USERS_WRITE"];
    let ranked = async |name: &str, level: i32| {
        let input = json!({ "name": name, "permissions": all, "level": level });
        let made = root.run(CREATE, json!({ "input": input })).await;
        made.field("createRole")["role"]["id"].as_str().unwrap().to_owned()
    };
    let (chief, lead, hand) = (ranked("chief", 80).await, ranked("lead", 50).await, ranked("hand", 20).await);
    let unranked = child(&root, "unranked", None, &["ROLES_READ"]).await;
    assign(&root, &boss, &lead).await;
    let before = world.fingerprint().await;
    for equal_or_above in [&chief, &lead] {
        refused(&boss, ASSIGN, json!({ "userId": omar.id, "roleId": equal_or_above })).await;
        refused(&boss, REMOVE, json!({ "userId": boss.id, "roleId": equal_or_above })).await;
        refused(&boss, GRANT, json!({ "roleId": equal_or_above, "permission": "ROLES_READ" })).await;
        refused(&boss, UPDATE, json!({ "roleId": equal_or_above, "level": 1 })).await;
        refused(&boss, UPDATE, json!({ "roleId": unranked, "parentId": equal_or_above })).await;
        refused(&boss, CREATE, json!({ "name": "mine", "parentId": equal_or_above })).await;
        refused(&boss, DELETE, json!({ "roleId": equal_or_above })).await;
    }
    refused(&boss, CREATE, json!({ "name": "mine", "level": 50 })).await;
    refused(&boss, UPDATE, json!({ "roleId": hand, "level": 50 })).await;
    assert_eq!(world.fingerprint().await, before);
    assign(&boss, &omar, &hand).await;
    assign(&boss, &omar, &unranked).await;
    let raised = boss.run(UPDATE, json!({ "input": { "roleId": hand, "level": 49 } })).await;
    assert_eq!(raised.field("updateRole")["role"]["level"], 49);
    // The level of a role that rests, or that has expired, is nobody's.
    root.run(UPDATE, json!({ "input": { "roleId": lead, "isActive": false } })).await.field("updateRole");
    let again = child(&root, "again", None, &all).await;
    assign(&root, &boss, &again).await;
    refused(&boss, REMOVE, json!({ "userId": omar.id, "roleId": hand })).await;
    assert!(permissions(&omar).await.contains(&"ROLES_WRITE".to_owned()));
}
