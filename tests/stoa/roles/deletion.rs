//! A role goes when nobody needs it, and not by accident.

use harness::World;
use serde_json::json;

use super::{ASSIGN, REMOVE, UPDATE, assign, child, role};

const DELETE: &str = "mutation($input: DeleteRoleInput!) { deleteRole(input: $input) { deletedRoleId
    userErrors { code path } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_somebody_needs_stays() {
    let world = World::empty().await;
    let (root, omar) = (world.admin("root").await, world.viewer("omar").await);
    let (top, leaf) = (child(&root, "top", None, &["STATS_READ"]).await, "leaf");
    let leaf = child(&root, leaf, Some(&top), &[]).await;
    let delete = async |id: &str| root.run(DELETE, json!({ "input": { "roleId": id } })).await;
    for name in ["admin", "subscriber", "viewer"] {
        assert_eq!(delete(&role(&root, name).await).await.refusals("deleteRole"), ["CONFLICT roleId"], "{name}");
    }
    assert_eq!(delete(&top).await.refusals("deleteRole"), ["CONFLICT roleId"], "it has a child");
    assign(&root, &omar, &leaf).await;
    assert_eq!(delete(&leaf).await.refusals("deleteRole"), ["CONFLICT roleId"], "it is held");
    root.run(REMOVE, json!({ "input": { "userId": omar.id, "roleId": leaf } })).await.field("removeRole");
    let invite = "mutation($role: ID!) { createInvitation(input: { roleId: $role }) { invitation { id } } }";
    let made = root.run(invite, json!({ "role": leaf })).await;
    assert_eq!(delete(&leaf).await.refusals("deleteRole"), ["CONFLICT roleId"], "somebody is invited to it");
    let back = "mutation($id: ID!) { revokeInvitation(input: { id: $id }) { userErrors { code } } }";
    root.run(back, json!({ "id": made.field("createInvitation")["invitation"]["id"] })).await.field("revokeInvitation");
    let stale = json!({ "input": { "roleId": leaf, "expectedVersion": 7 } });
    assert_eq!(root.run(DELETE, stale).await.refusals("deleteRole"), ["CONFLICT expectedVersion"]);
    assert_eq!(delete(&leaf).await.field("deleteRole")["deletedRoleId"], leaf.as_str());
    assert_eq!(delete(&leaf).await.refusals("deleteRole"), ["NOT_FOUND roleId"]);
    delete(&top).await.field("deleteRole");
    assert_eq!(world.number("select count(*) from roles").await, 3);
    assert_eq!(world.number("select count(*) from invitations").await, 1, "who was invited is still known");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_expired_goes_with_the_role() {
    let world = World::with(harness::Start::Empty, |config| config.auth.access_token_lifetime = 86_400).await;
    let (root, omar) = (world.admin("root").await, world.viewer("omar").await);
    let leaf = child(&root, "leaf", None, &["STATS_READ", "JOBS_WRITE"]).await;
    let input = json!({ "userId": omar.id, "roleId": leaf, "expiresAt": "2026-06-01T13:00:00Z" });
    root.run(ASSIGN, json!({ "input": input })).await.field("assignRole");
    let delete = json!({ "input": { "roleId": leaf } });
    assert_eq!(root.run(DELETE, delete.clone()).await.refusals("deleteRole"), ["CONFLICT roleId"]);
    world.clock.advance(chrono::TimeDelta::hours(1));
    root.run(DELETE, delete).await.field("deleteRole");
    let recorded =
        "select count(*) from audit_log where action = 'role.delete' and before -> 'expiredAssignments' = '1'
        and before -> 'role' ->> 'name' = 'leaf' and before -> 'permissions' = '[\"stats:read\", \"jobs:write\"]'";
    assert_eq!(world.number(recorded).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn default_roles_keep_their_names_and_admin_its_place() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    let (admin, viewer) = (role(&root, "admin").await, role(&root, "viewer").await);
    let top = child(&root, "top", None, &[]).await;
    let before = world.fingerprint().await;
    for (input, refusal) in [
        (json!({ "roleId": admin, "name": "boss" }), "CONFLICT name"),
        (json!({ "roleId": viewer, "name": "reader" }), "CONFLICT name"),
        (json!({ "roleId": top, "name": "viewer" }), "CONFLICT name"),
        (json!({ "roleId": admin, "parentId": top }), "CONFLICT parentId"),
        (json!({ "roleId": admin, "isActive": false }), "CONFLICT isActive"),
        (json!({ "roleId": admin, "level": 0 }), "CONFLICT level"),
    ] {
        let answer = root.run(UPDATE, json!({ "input": input })).await;
        assert_eq!(answer.refusals("updateRole"), [refusal], "{input}");
    }
    assert_eq!(world.fingerprint().await, before);
    let input = json!({ "roleId": viewer, "name": "viewer", "parentId": top, "description": "Looks." });
    let changed = root.run(UPDATE, json!({ "input": input })).await;
    assert_eq!(changed.field("updateRole")["role"]["parent"]["name"], "top");
}
