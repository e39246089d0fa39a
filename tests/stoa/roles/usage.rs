//! Which permissions the holders of a role use, which assignments end, and who changed a role.

use chrono::TimeDelta;
use harness::{Person, World};
use serde_json::{Value, json};

use super::{ASSIGN, GRANT, assign, child};
use crate::live;

const USES: &str = "query($id: ID!) { node(id: $id) { ... on Role {
    permissionUses { permission countedSince lastUsedAt holdersCount } changes { totalCount nodes { action } } } } }";

async fn uses(person: &Person<'_>, role: &str) -> Value {
    person.run(USES, json!({ "id": role })).await.field("node")["permissionUses"].clone()
}

/// When it was used last and by how many holders.
async fn used(person: &Person<'_>, role: &str, permission: &str) -> (Value, Value) {
    let uses = uses(person, role).await;
    let one = uses.as_array().expect("uses").iter().find(|one| one["permission"] == permission).expect("it is given");
    (one["lastUsedAt"].clone(), one["holdersCount"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_uses_can_be_seen() {
    let world = World::empty().await;
    let [root, omar, noor] = [world.admin("root").await, world.viewer("omar").await, world.viewer("noor").await];
    let made = child(&root, "talkers", None, &["USERS_READ", "CONVERSATIONS_WRITE"]).await;
    let wild = json!({ "input": { "roleId": made, "pattern": "conversations:*" } });
    root.run(
        "mutation($input: GrantPermissionInput!) { grantPermission(input: $input) { userErrors { code } } }",
        wild,
    )
    .await
    .field("grantPermission");
    assign(&root, &omar, &made).await;
    assign(&root, &noor, &made).await;
    world.clock.advance(TimeDelta::minutes(1));
    live::conversation(&omar).await;
    omar.run("{ conversations { totalCount } }", json!({})).await.field("conversations");
    noor.run("{ conversations { totalCount } }", json!({})).await.field("conversations");
    // Nothing is written while somebody waits, and a refusal is no use.
    assert_eq!(noor.run("{ roles { totalCount } }", json!({})).await.code(), "FORBIDDEN");
    assert_eq!(world.number("select count(*) from permission_uses").await, 0);
    let rows = "select count(*) from permission_uses u join users p on p.id = u.user_id where p.username <> 'root'";
    world.db_run("alter table permission_uses rename to away").await;
    world.app.usage.write(&world.db).await.expect_err("there is no table");
    world.db_run("alter table away rename to permission_uses").await;
    world.app.usage.write(&world.db).await.expect("what was noted was kept");
    assert_eq!(world.number(rows).await, 3);
    let at = |minute: &str| json!(format!("2026-06-01T12:{minute}:00.000Z"));
    assert_eq!(used(&root, &made, "CONVERSATIONS_READ").await, (at("01"), json!(2)));
    assert_eq!(used(&root, &made, "CONVERSATIONS_WRITE").await, (at("01"), json!(1)));
    assert_eq!(used(&root, &made, "CONVERSATIONS_ELEVATE").await, (Value::Null, json!(0)));
    let told = uses(&root, &made).await;
    let counted = |name: &str| {
        let one = told.as_array().expect("uses").iter().find(|one| one["permission"] == name).expect("it is given");
        !one["countedSince"].is_null()
    };
    assert!(counted("CONVERSATIONS_ELEVATE") && !counted("USERS_READ"), "{told}");
    // What somebody did before the role was theirs is no use of it.
    let again = json!({ "input": { "userId": omar.id, "roleId": made } });
    let remove = "mutation($input: RemoveRoleInput!) { removeRole(input: $input) { userErrors { code } } }";
    root.run(remove, again.clone()).await.field("removeRole");
    assert_eq!(used(&root, &made, "CONVERSATIONS_WRITE").await, (Value::Null, json!(0)), "of those who hold it");
    world.clock.advance(TimeDelta::minutes(12));
    let [root, omar] = [world.existing("root").await, world.existing("omar").await];
    root.run(ASSIGN, again).await.field("assignRole");
    assert_eq!(used(&root, &made, "CONVERSATIONS_WRITE").await, (Value::Null, json!(0)), "since it was given");
    // Two processes add up.
    let other = world.another_process().await;
    live::conversation(&omar).await;
    omar.at(&other).run("{ conversations { totalCount } }", json!({})).await.field("conversations");
    let both = tokio::join!(world.app.usage.write(&world.db), other.app.usage.write(&other.db));
    both.0.and(both.1).expect("they wait for each other at most");
    assert_eq!(used(&root, &made, "CONVERSATIONS_WRITE").await, (at("13"), json!(1)));
    assert_eq!(used(&root, &made, "CONVERSATIONS_READ").await, (at("13"), json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changed_a_role_is_told_to_those_who_read_the_audit_log() {
    let world = World::empty().await;
    let (root, omar) = (world.admin("root").await, world.viewer("omar").await);
    let made = child(&root, "readers", None, &["STATS_READ"]).await;
    root.run(GRANT, json!({ "input": { "roleId": made, "permission": "ROLES_READ" } })).await.field("grantPermission");
    assign(&root, &omar, &made).await;
    let told = root.run(USES, json!({ "id": made })).await.field("node")["changes"].clone();
    assert_eq!(told, json!({ "totalCount": 2, "nodes": [{ "action": "role.grant" }, { "action": "role.create" }] }));
    let told = omar.run(USES, json!({ "id": made })).await.field("node").clone();
    let nothing = json!({ "permissionUses": null, "changes": { "totalCount": 0, "nodes": [] } });
    assert_eq!(told, nothing, "who sees the role sees no more of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_is_listed_before_it_does() {
    let world = World::empty().await;
    let [root, omar, noor] = [world.admin("root").await, world.viewer("omar").await, world.viewer("noor").await];
    let made = child(&root, "guests", None, &[]).await;
    for (who, end) in
        [(&omar, "2026-06-01T14:00:00Z"), (&noor, "2026-06-01T13:00:00Z"), (&root, "2026-06-01T12:10:00Z")]
    {
        let input = json!({ "input": { "userId": who.id, "roleId": made, "expiresAt": end } });
        root.run(ASSIGN, input).await.field("assignRole");
    }
    let list = "query($before: DateTime!, $first: Int, $after: String) {
        roleAssignments(expiringBefore: $before, first: $first, after: $after) {
            totalCount nodes { user { username } role { name } } pageInfo { endCursor } } }";
    let names = |answer: &Value| -> Vec<String> {
        let nodes = answer["nodes"].as_array().expect("assignments").iter();
        nodes.map(|node| node["user"]["username"].as_str().expect("a name").to_owned()).collect()
    };
    let all = root.run(list, json!({ "before": "2026-06-01T14:00:00.001Z" })).await.field("roleAssignments").clone();
    assert_eq!((names(&all), &all["totalCount"]), (["root", "noor", "omar"].map(str::to_owned).to_vec(), &json!(3)));
    let first = json!({ "before": "2026-07-01T00:00:00Z", "first": 2 });
    let first = root.run(list, first).await.field("roleAssignments").clone();
    let after = json!({ "before": "2026-07-01T00:00:00Z", "after": first["pageInfo"]["endCursor"] });
    assert_eq!(names(root.run(list, after).await.field("roleAssignments")), ["omar"]);
    let soon = root.run(list, json!({ "before": "2026-06-01T14:00:00Z" })).await.field("roleAssignments").clone();
    assert_eq!(names(&soon), ["root", "noor"], "before that moment");
    world.clock.advance(TimeDelta::minutes(11));
    let later = root.run(list, json!({ "before": "2026-07-01T00:00:00Z" })).await.field("roleAssignments").clone();
    assert_eq!(names(&later), ["noor", "omar"], "what has ended is nobody's");
    assert_eq!(noor.run(list, json!({ "before": "2026-07-01T00:00:00Z" })).await.code(), "FORBIDDEN");
}
