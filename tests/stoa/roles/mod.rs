//! Roles and permissions: who may hand on what, and that somebody always holds the keys.

mod conditions;
mod deletion;
mod hierarchy;
mod power;
mod usage;
mod wildcards;

use harness::{Person, World};
use serde_json::{Value, json};

const GRANT: &str = "mutation($input: GrantPermissionInput!) { grantPermission(input: $input) {
    role { name permissions version } userErrors { code path } } }";
const REVOKE: &str = "mutation($input: RevokePermissionInput!) { revokePermission(input: $input) {
    role { name permissions version } userErrors { code path } } }";
const ASSIGN: &str = "mutation($input: AssignRoleInput!) { assignRole(input: $input) {
    assignment { role { name } user { username } expiresAt assignedBy { username } } userErrors { code path } } }";
const REMOVE: &str = "mutation($input: RemoveRoleInput!) { removeRole(input: $input) {
    user { username roleAssignments { nodes { role { name } } } } userErrors { code path } } }";

const UPDATE: &str = "mutation($input: UpdateRoleInput!) { updateRole(input: $input) {
    role { name description parent { name } isActive level version effectivePermissions }
    userErrors { code path } } }";

/// A role that inherits; its id.
async fn child(person: &Person<'_>, name: &str, parent: Option<&str>, permissions: &[&str]) -> String {
    let document = "mutation($input: CreateRoleInput!) { createRole(input: $input) {
        role { id } userErrors { code path } } }";
    let input = json!({ "name": name, "parentId": parent, "permissions": permissions });
    let made = person.run(document, json!({ "input": input })).await;
    made.field("createRole")["role"]["id"].as_str().unwrap().to_owned()
}

async fn assign(by: &Person<'_>, to: &Person<'_>, role: &str) {
    by.run(ASSIGN, json!({ "input": { "userId": to.id, "roleId": role } })).await.field("assignRole");
}

async fn role(person: &Person<'_>, name: &str) -> String {
    let answer = person.run("{ roles { nodes { id name } } }", json!({})).await;
    let roles = answer.field("roles")["nodes"].as_array().unwrap();
    roles.iter().find(|role| role["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
}

async fn create(person: &Person<'_>, name: &str, permissions: &[&str]) -> Value {
    let document = "mutation($input: CreateRoleInput!) { createRole(input: $input) {
        role { id name isDefault permissions } userErrors { code path } } }";
    let input = json!({ "name": name, "description": "for a test", "permissions": permissions });
    person.run(document, json!({ "input": input })).await.field("createRole")["role"].clone()
}

async fn permissions(person: &Person<'_>) -> Vec<String> {
    let answer = person.run("{ viewer { permissions } }", json!({})).await;
    serde_json::from_value(answer.field("viewer")["permissions"].clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_gives_its_permissions_at_once_and_until_it_expires() {
    let world = World::empty().await;
    let (root, omar) = (world.admin("root").await, world.viewer("omar").await);
    let made = create(&root, "auditor", &["USERS_READ", "ROLES_READ"]).await;
    assert_eq!(made["isDefault"], false);
    assert_eq!(omar.run("{ roles { totalCount } }", json!({})).await.code(), "FORBIDDEN");
    let input = json!({ "userId": omar.id, "roleId": made["id"], "expiresAt": "2026-06-01T13:00:00+00:00" });
    let given = root.run(ASSIGN, json!({ "input": input })).await;
    let seen = &given.field("assignRole")["assignment"];
    assert_eq!(
        (&seen["expiresAt"], &seen["assignedBy"]["username"]),
        (&json!("2026-06-01T13:00:00.000Z"), &json!("root"))
    );
    assert_eq!(
        permissions(&omar).await,
        ["USERS_READ", "ROLES_READ", "CONVERSATIONS_READ", "TOOLS_READ", "ADVISORS_READ", "STATS_READ"]
    );
    assert_eq!(omar.run("{ roles { totalCount } }", json!({})).await.field("roles")["totalCount"], 4);
    world.clock.advance(chrono::TimeDelta::hours(1));
    assert_eq!(
        omar.run("{ viewer { permissions roleAssignments { totalCount } } }", json!({})).await.code(),
        "UNAUTHENTICATED"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_assignment_grants_nothing() {
    let world = World::with(harness::Start::Empty, |config| config.auth.access_token_lifetime = 86_400).await;
    let (root, omar) = (world.admin("root").await, world.viewer("omar").await);
    let made = create(&root, "auditor", &["ROLES_READ"]).await;
    let input = json!({ "userId": omar.id, "roleId": made["id"], "expiresAt": "2026-06-01T13:00:00Z" });
    root.run(ASSIGN, json!({ "input": input })).await.field("assignRole");
    world.clock.advance(chrono::TimeDelta::hours(1));
    assert_eq!(permissions(&omar).await, ["CONVERSATIONS_READ", "TOOLS_READ", "ADVISORS_READ", "STATS_READ"]);
    let answer = omar.run("{ viewer { roleAssignments { totalCount nodes { role { name } } } } }", json!({})).await;
    let seen = json!({ "totalCount": 1, "nodes": [{ "role": { "name": "viewer" } }] });
    assert_eq!(answer.field("viewer")["roleAssignments"], seen);
}

#[tokio::test(flavor = "multi_thread")]
async fn granting_and_revoking_is_idempotent_and_versioned() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    let made = create(&root, "helper", &[]).await;
    let input = json!({ "input": { "roleId": made["id"], "permission": "STATS_READ" } });
    for _ in 0..2 {
        let answer = root.run(GRANT, input.clone()).await;
        let seen = json!({ "name": "helper", "permissions": ["STATS_READ"], "version": 2 });
        assert_eq!(answer.field("grantPermission")["role"], seen);
    }
    for _ in 0..2 {
        let answer = root.run(REVOKE, input.clone()).await;
        let seen = json!({ "name": "helper", "permissions": [], "version": 3 });
        assert_eq!(answer.field("revokePermission")["role"], seen);
    }
    assert_eq!(world.number("select count(*) from audit_log where action in ('role.grant', 'role.revoke')").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hands_on_what_they_do_not_hold() {
    let world = World::empty().await;
    let (root, boss) = (world.admin("root").await, world.viewer("boss").await);
    let manager = create(&root, "manager", &["ROLES_READ", "ROLES_WRITE", "USERS_READ"]).await;
    let input = json!({ "userId": boss.id, "roleId": manager["id"] });
    root.run(ASSIGN, json!({ "input": input })).await.field("assignRole");
    let (admin, viewer) = (role(&root, "admin").await, role(&root, "viewer").await);
    let before = world.fingerprint().await;
    let itself = boss.run(ASSIGN, json!({ "input": { "userId": boss.id, "roleId": admin } })).await;
    assert_eq!(itself.code(), "FORBIDDEN");
    let grant = boss.run(GRANT, json!({ "input": { "roleId": manager["id"], "permission": "USERS_WRITE" } })).await;
    assert_eq!(grant.code(), "FORBIDDEN");
    let document =
        "mutation($input: CreateRoleInput!) { createRole(input: $input) { role { id } userErrors { code } } }";
    let made = boss.run(document, json!({ "input": { "name": "x", "permissions": ["USERS_WRITE"] } })).await;
    assert_eq!(made.code(), "FORBIDDEN");
    let take = boss.run(REMOVE, json!({ "input": { "userId": root.id, "roleId": admin } })).await;
    assert_eq!(take.code(), "FORBIDDEN");
    assert_eq!(world.fingerprint().await, before);
    // What they do hold, they hand on.
    boss.run(ASSIGN, json!({ "input": { "userId": root.id, "roleId": viewer } })).await.field("assignRole");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    let admin = role(&root, "admin").await;
    let own = json!({ "input": { "userId": root.id, "roleId": admin } });
    let before = world.fingerprint().await;
    assert_eq!(root.run(REMOVE, own.clone()).await.refusals("removeRole"), ["CONFLICT userId"]);
    let ends = json!({ "input": { "userId": root.id, "roleId": admin, "expiresAt": "2026-07-01T00:00:00Z" } });
    assert_eq!(root.run(ASSIGN, ends).await.refusals("assignRole"), ["CONFLICT userId"]);
    let keep = json!({ "input": { "roleId": admin, "permission": "ROLES_WRITE" } });
    assert_eq!(root.run(REVOKE, keep).await.refusals("revokePermission"), ["CONFLICT permission"]);
    assert_eq!(world.fingerprint().await, before);
    // A second one who cannot sign in, or only for a while, does not count.
    let second = world.admin("second").await;
    world.db_run("update users set state = 'suspended' where username = 'second'").await;
    assert_eq!(root.run(REMOVE, own.clone()).await.refusals("removeRole"), ["CONFLICT userId"]);
    world.db_run("update users set state = 'active' where username = 'second'").await;
    // Of two who leave at once, one stays.
    let other = json!({ "input": { "userId": second.id, "roleId": admin } });
    let (one, two) = tokio::join!(root.run(REMOVE, other), second.run(REMOVE, own));
    let left = "select count(*) from user_roles ur join roles r on r.id = ur.role_id where r.name = 'admin'";
    assert_eq!(world.number(left).await, 1, "{:?} {:?}", one.body, two.body);
}
