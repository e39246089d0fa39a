//! Grants of everything about a resource, and of everything.

use harness::World;
use serde_json::{Value, json};

use super::{ASSIGN, assign, child, permissions, role};

const GRANT: &str = "mutation($input: GrantPermissionInput!) { grantPermission(input: $input) {
    role { permissions grants { pattern permission } } userErrors { code path } } }";
const REVOKE: &str = "mutation($input: RevokePermissionInput!) { revokePermission(input: $input) {
    role { permissions } userErrors { code path } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_wildcard_covers_all_of_its_resource() {
    let world = World::empty().await;
    let (root, omar) = (world.admin("root").await, world.viewer("omar").await);
    let made = child(&root, "people", None, &["STATS_READ"]).await;
    assign(&root, &omar, &made).await;
    let input = json!({ "input": { "roleId": made, "pattern": "users:*" } });
    let granted = root.run(GRANT, input.clone()).await.field("grantPermission")["role"].clone();
    let covered = json!(["USERS_READ", "USERS_WRITE", "USERS_ACT_AS", "STATS_READ"]);
    assert_eq!(granted["permissions"], covered);
    let written = json!([{ "pattern": "stats:read", "permission": "STATS_READ" },
        { "pattern": "users:*", "permission": null }]);
    assert_eq!(granted["grants"], written);
    let held = permissions(&omar).await;
    assert!(["USERS_READ", "USERS_WRITE", "USERS_ACT_AS"].iter().all(|one| held.contains(&(*one).to_owned())));
    // What came with the wildcard goes with it; what is granted besides is taken by itself.
    let one = json!({ "input": { "roleId": made, "permission": "USERS_READ" } });
    assert_eq!(root.run(REVOKE, one.clone()).await.refusals("revokePermission"), ["CONFLICT permission"]);
    root.run(GRANT, one.clone()).await.field("grantPermission");
    let kept = root.run(REVOKE, one).await.field("revokePermission")["role"]["permissions"].clone();
    assert_eq!(kept, covered, "by the wildcard");
    let taken = root.run(REVOKE, input).await.field("revokePermission")["role"].clone();
    assert_eq!(taken["permissions"], json!(["STATS_READ"]));
    // A permission that came with a later version would be covered, too; one that is no more grants nothing.
    let unknown = "insert into permissions values (gen_random_uuid(), 'moon:*', 'moon', '*', 'x', now());
        insert into role_permissions select r.id, p.id, null, now(), null from roles r, permissions p
         where r.name = 'people' and p.name = 'moon:*'";
    world.db_run(unknown).await;
    assert_eq!(permissions(&omar).await, ["CONVERSATIONS_READ", "TOOLS_READ", "ADVISORS_READ", "STATS_READ"]);
    // It may be anything to another version: only those who hold everything hand it on.
    let boss = world.viewer("boss").await;
    let managing = child(&root, "managing", None, &["ROLES_READ", "ROLES_WRITE", "USERS_READ", "STATS_READ"]).await;
    assign(&root, &boss, &managing).await;
    let input = json!({ "input": { "userId": boss.id, "roleId": made } });
    assert_eq!(boss.run(ASSIGN, input).await.code(), "FORBIDDEN");
    assign(&root, &boss, &made).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wildcard_explains_what_somebody_may() {
    let world = World::empty().await;
    let (root, omar) = (world.admin("root").await, world.viewer("omar").await);
    let made = child(&root, "talkers", None, &[]).await;
    let grant =
        |condition: Value| json!({ "input": { "roleId": made, "pattern": "conversations:*", "condition": condition } });
    root.run(GRANT, grant(Value::Null)).await.field("grantPermission");
    world.db_run("delete from user_roles using users u where u.id = user_id and u.username = 'omar'").await;
    assign(&root, &omar, &made).await;
    let talk = crate::live::conversation(&omar).await;
    let can = "query($id: ID!) { viewer { can(action: UPDATE, id: $id) { isAllowed roles { name } } } }";
    let said = omar.run(can, json!({ "id": talk })).await.field("viewer")["can"].clone();
    assert_eq!(said, json!({ "isAllowed": true, "roles": [{ "name": "talkers" }] }));
    // Under the condition that one owns the thing it counts for what has an owner.
    root.run(GRANT, grant(json!({ "owner": true }))).await.field("grantPermission");
    let said = omar.run(can, json!({ "id": talk })).await.field("viewer")["can"].clone();
    assert_eq!(said, json!({ "isAllowed": true, "roles": [{ "name": "talkers" }] }));
    assert_eq!(permissions(&omar).await, ["CONVERSATIONS_READ", "CONVERSATIONS_WRITE"], "not to let oneself in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wildcard_is_granted_by_whoever_holds_it_or_a_wider_one() {
    let world = World::empty().await;
    let (root, boss, omar) = (world.admin("root").await, world.viewer("boss").await, world.viewer("omar").await);
    let managing =
        child(&root, "managing", None, &["ROLES_READ", "ROLES_WRITE", "USERS_READ", "USERS_WRITE", "USERS_ACT_AS"])
            .await;
    assign(&root, &boss, &managing).await;
    let empty = child(&root, "empty", None, &[]).await;
    let people = child(&root, "people", None, &[]).await;
    let grant = |role: &str, pattern: &str| json!({ "input": { "roleId": role, "pattern": pattern } });
    root.run(GRANT, grant(&people, "users:*")).await.field("grantPermission");
    let before = world.fingerprint().await;
    // All that there is about users today is less than the wildcard.
    for pattern in ["users:*", "*:*", "stats:*"] {
        assert_eq!(boss.run(GRANT, grant(&empty, pattern)).await.code(), "FORBIDDEN", "{pattern}");
    }
    assert_eq!(boss.run(REVOKE, grant(&people, "users:*")).await.code(), "FORBIDDEN");
    let input = json!({ "input": { "userId": boss.id, "roleId": people } });
    assert_eq!(boss.run(ASSIGN, input).await.code(), "FORBIDDEN");
    assert_eq!(world.fingerprint().await, before);
    root.run(GRANT, grant(&managing, "users:*")).await.field("grantPermission");
    boss.run(GRANT, grant(&empty, "users:*")).await.field("grantPermission");
    boss.run(GRANT, grant(&empty, "users:read")).await.field("grantPermission");
    assign(&boss, &omar, &people).await;
    assert_eq!(boss.run(GRANT, grant(&empty, "*:*")).await.code(), "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn admin_holds_everything_for_good() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    let admin = role(&root, "admin").await;
    let input = json!({ "input": { "roleId": admin, "pattern": "*:*" } });
    assert_eq!(root.run(REVOKE, input).await.refusals("revokePermission"), ["CONFLICT pattern"]);
    let written = "select count(*) from role_permissions g join roles r on r.id = g.role_id
        join permissions p on p.id = g.permission_id where r.name = 'admin' and p.name = '*:*'";
    assert_eq!(world.number(written).await, 1);
    let wildcards = root.run("{ permissions(first: 100) { nodes { name resource action } } }", json!({})).await;
    let nodes = wildcards.field("permissions")["nodes"].as_array().unwrap().clone();
    assert!(nodes.contains(&json!({ "name": Value::Null, "resource": "*", "action": "*" })));
    assert!(nodes.contains(&json!({ "name": Value::Null, "resource": "conversations", "action": "*" })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_is_one_that_there_is() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    let empty = child(&root, "empty", None, &[]).await;
    let before = world.fingerprint().await;
    for (input, refusal) in [
        (json!({ "roleId": empty }), "INVALID permission"),
        (json!({ "roleId": empty, "pattern": "users:*", "permission": "USERS_READ" }), "INVALID pattern"),
        (json!({ "roleId": empty, "pattern": "" }), "INVALID pattern"),
        (json!({ "roleId": empty, "pattern": "*" }), "INVALID pattern"),
        (json!({ "roleId": empty, "pattern": "*:read" }), "INVALID pattern"),
        (json!({ "roleId": empty, "pattern": "moon:*" }), "INVALID pattern"),
        (json!({ "roleId": empty, "pattern": "users:*\0" }), "INVALID pattern"),
        (json!({ "roleId": empty, "pattern": "users:*", "condition": { "owner": true } }), "INVALID condition"),
    ] {
        let answer = root.run(GRANT, json!({ "input": input })).await;
        assert_eq!(answer.refusals("grantPermission"), [refusal], "{input}");
    }
    assert_eq!(world.fingerprint().await, before);
    let own = json!({ "roleId": empty, "pattern": "conversations:*", "condition": { "owner": true } });
    root.run(GRANT, json!({ "input": own })).await.field("grantPermission");
}
