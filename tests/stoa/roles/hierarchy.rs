//! Roles that inherit: what a child has, what rests, and what the database refuses whoever asks.

use harness::{PATIENCE, Person, Start, World};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use stoa::error::violated_constraint;

use super::{UPDATE, assign, child, permissions, role};

async fn update(person: &Person<'_>, input: Value) -> Value {
    person.run(UPDATE, json!({ "input": input })).await.field("updateRole")["role"].clone()
}

async fn seen(person: &Person<'_>, id: &str, fields: &str) -> Value {
    let document = format!("query($id: ID!) {{ node(id: $id) {{ ... on Role {{ {fields} }} }} }}");
    person.run(&document, json!({ "id": id })).await.field("node").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_has_what_its_parents_have_and_its_own() {
    let world = World::empty().await;
    let (root, omar) = (world.admin("root").await, world.viewer("omar").await);
    let top = child(&root, "top", None, &["ROLES_READ"]).await;
    let middle = child(&root, "middle", Some(&top), &["USERS_READ"]).await;
    let leaf = child(&root, "leaf", Some(&middle), &["JOBS_WRITE"]).await;
    assign(&root, &omar, &leaf).await;
    let all =
        ["USERS_READ", "ROLES_READ", "CONVERSATIONS_READ", "TOOLS_READ", "ADVISORS_READ", "STATS_READ", "JOBS_WRITE"];
    assert_eq!(permissions(&omar).await, all);
    let others = "query($id: ID!) { user(by: { id: $id }) { permissions } }";
    assert_eq!(root.run(others, json!({ "id": omar.id })).await.field("user")["permissions"], json!(all));
    let fields = "parent { name } ancestors { name } children { totalCount nodes { name } }
        permissions effectivePermissions";
    let shown = |parent: Value, above: &[&str], below: &[&str], own: &str, given: &[&str]| {
        let names = |names: &[&str]| names.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>();
        json!({ "parent": parent, "ancestors": names(above),
            "children": { "totalCount": below.len(), "nodes": names(below) },
            "permissions": [own], "effectivePermissions": given })
    };
    let given = ["USERS_READ", "ROLES_READ", "JOBS_WRITE"];
    let expected = shown(json!({ "name": "middle" }), &["middle", "top"], &[], "JOBS_WRITE", &given);
    assert_eq!(seen(&omar, &leaf, fields).await, expected);
    let expected = shown(Value::Null, &[], &["middle"], "ROLES_READ", &["ROLES_READ"]);
    assert_eq!(seen(&root, &top, fields).await, expected);
    // Whoever only holds the leaf sees that there is more, and not what it is called.
    world
        .db_run(
            "delete from role_permissions g using permissions p, roles r where p.id = g.permission_id
        and r.id = g.role_id and p.name = 'roles:read' and r.name = 'top'",
        )
        .await;
    let expected = shown(Value::Null, &[], &[], "JOBS_WRITE", &["USERS_READ", "JOBS_WRITE"]);
    assert_eq!(seen(&omar, &leaf, fields).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_at_rest_gives_nothing_and_passes_nothing_on() {
    let world = World::empty().await;
    let (root, omar, boss) = (world.admin("root").await, world.viewer("omar").await, world.viewer("boss").await);
    let top = child(&root, "top", None, &["ROLES_READ"]).await;
    let middle = child(&root, "middle", Some(&top), &["USERS_READ"]).await;
    let leaf = child(&root, "leaf", Some(&middle), &["JOBS_WRITE"]).await;
    assign(&root, &omar, &leaf).await;
    assign(&root, &boss, &middle).await;
    let rests = update(&root, json!({ "roleId": middle, "isActive": false })).await;
    assert_eq!((&rests["isActive"], &rests["effectivePermissions"]), (&json!(false), &json!([])));
    assert_eq!(
        permissions(&omar).await,
        ["CONVERSATIONS_READ", "TOOLS_READ", "ADVISORS_READ", "STATS_READ", "JOBS_WRITE"]
    );
    assert_eq!(permissions(&boss).await, ["CONVERSATIONS_READ", "TOOLS_READ", "ADVISORS_READ", "STATS_READ"]);
    // What is moved while it rests counts from the moment it wakes.
    let other = child(&root, "other", None, &["STATS_READ", "PRIORITIES_WRITE"]).await;
    update(&root, json!({ "roleId": middle, "parentId": other })).await;
    assert_eq!(
        permissions(&omar).await,
        ["CONVERSATIONS_READ", "TOOLS_READ", "ADVISORS_READ", "STATS_READ", "JOBS_WRITE"]
    );
    let wakes = update(&root, json!({ "roleId": middle, "isActive": true })).await;
    assert_eq!(wakes["parent"]["name"], "other");
    let all = [
        "USERS_READ",
        "CONVERSATIONS_READ",
        "TOOLS_READ",
        "ADVISORS_READ",
        "STATS_READ",
        "JOBS_WRITE",
        "PRIORITIES_WRITE",
    ];
    assert_eq!(permissions(&omar).await, all);
    update(&root, json!({ "roleId": leaf, "parentId": null })).await;
    assert_eq!(
        permissions(&omar).await,
        ["CONVERSATIONS_READ", "TOOLS_READ", "ADVISORS_READ", "STATS_READ", "JOBS_WRITE"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_recorded_with_what_was_before() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    let top = child(&root, "top", None, &[]).await;
    let leaf = child(&root, "leaf", None, &[]).await;
    let input = json!({ "roleId": leaf, "name": "twig", "description": "Thin.", "parentId": top, "level": 7,
        "isActive": false, "expectedVersion": 1 });
    let changed = update(&root, input.clone()).await;
    let expected = json!({ "name": "twig", "description": "Thin.", "parent": { "name": "top" }, "isActive": false,
        "level": 7, "version": 2, "effectivePermissions": [] });
    assert_eq!(changed, expected);
    let stale = root.run(UPDATE, json!({ "input": input })).await;
    assert_eq!(stale.refusals("updateRole"), ["CONFLICT expectedVersion"]);
    assert_eq!(stale.data()["updateRole"]["role"], expected);
    let same = json!({ "roleId": leaf, "name": "twig", "parentId": top });
    assert_eq!(update(&root, same).await["version"], 2);
    let recorded = "select count(*) from audit_log where action = 'role.update' and before ->> 'name' = 'leaf'
        and before -> 'parent' = 'null' and before -> 'isActive' = 'true' and after ->> 'name' = 'twig'
        and after ->> 'parent' = (select id::text from roles where name = 'top') and after -> 'level' = '7'";
    assert_eq!(world.number(recorded).await, 1);
    assert_eq!(world.number("select count(*) from audit_log where action = 'role.update'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn circles_and_long_chains_are_refused() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    let mut chain = vec![child(&root, "r1", None, &[]).await];
    for depth in 2..=16 {
        let parent = chain.last().cloned();
        chain.push(child(&root, &format!("r{depth}"), parent.as_deref(), &[]).await);
    }
    let before = world.fingerprint().await;
    let document = "mutation($input: CreateRoleInput!) { createRole(input: $input) { role { id }
        userErrors { code path } } }";
    let deeper = root.run(document, json!({ "input": { "name": "r17", "parentId": chain[15] } })).await;
    assert_eq!(deeper.refusals("createRole"), ["CONFLICT parentId"]);
    for (role, parent) in [(0, 0), (0, 1), (0, 15), (14, 15), (15, 15)] {
        let input = json!({ "roleId": chain[role], "parentId": chain[parent] });
        let circle = root.run(UPDATE, json!({ "input": input })).await;
        assert_eq!(circle.refusals("updateRole"), ["CONFLICT parentId"], "{role} below {parent}");
    }
    assert_eq!(world.fingerprint().await, before);
    // The lower half below another role is too long by one.
    let other = child(&root, "other", None, &[]).await;
    let below = child(&root, "below", Some(&other), &[]).await;
    for (role, refusals) in [(1, vec!["CONFLICT parentId"]), (2, vec![])] {
        let moved = root.run(UPDATE, json!({ "input": { "roleId": chain[role], "parentId": below } })).await;
        assert_eq!(moved.refusals("updateRole"), refusals);
    }
    assert_eq!(world.number("select max(cardinality(sources)) from roles").await, 16);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_refuses_what_must_never_be() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    let top = child(&root, "top", None, &[]).await;
    child(&root, "leaf", Some(&top), &[]).await;
    let of = |name: &str| format!("(select id from roles where name = '{name}')");
    let (top, leaf) = (of("top"), of("leaf"));
    for (sql, constraint) in [
        (format!("update roles set parent_id = {leaf} where name = 'top'"), "roles_parent_acyclic"),
        // Both at once, so that neither sees the other's place.
        (
            format!(
                "update roles set parent_id = case name when 'top' then {leaf} else {top} end
                  where name in ('top', 'leaf')"
            ),
            "roles_parent_acyclic",
        ),
        (format!("update roles set parent_id = {top} where name = 'admin'"), "roles_admin_stays"),
        ("update roles set is_active = false where name = 'admin'".to_owned(), "roles_admin_stays"),
        ("delete from roles where name = 'top'".to_owned(), "roles_parent_fkey"),
        ("delete from roles where name = 'admin'".to_owned(), "user_roles_role_fkey"),
        ("update roles set level = -1 where name = 'top'".to_owned(), "roles_level_range"),
    ] {
        let cause = world.db.execute_unprepared(&sql).await.expect_err(&sql);
        assert_eq!(violated_constraint(&cause), Some(constraint), "{sql}");
    }
    // A change of many rows keeps what is kept, in whichever order it meets them.
    world.db_run("update roles set is_active = false where name <> 'admin'").await;
    assert_eq!(world.number("select sum(cardinality(sources)) from roles").await, 1);
    world.db_run("update roles set is_active = true").await;
    assert_eq!(world.number("select cardinality(sources) from roles where name = 'leaf'").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_moves_that_make_a_circle_together_one_is_refused() {
    let world = World::empty().await;
    let other = world.another_process().await;
    let root = world.admin("root").await;
    let there = root.at(&other);
    for round in 0..8 {
        let one = child(&root, &format!("one-{round}"), None, &[]).await;
        let two = child(&root, &format!("two-{round}"), None, &[]).await;
        let below = child(&root, &format!("below-{round}"), Some(&two), &[]).await;
        let first = json!({ "input": { "roleId": one, "parentId": below } });
        let second = json!({ "input": { "roleId": two, "parentId": one } });
        let (first, second) = tokio::join!(root.run(UPDATE, first), there.run(UPDATE, second));
        let mut refused = [first.refusals("updateRole"), second.refusals("updateRole")].concat();
        refused.sort();
        assert_eq!(refused, ["CONFLICT parentId"]);
    }
    let circles = "with recursive up (id, at, steps) as (
            select id, parent_id, 0 from roles union all
            select u.id, r.parent_id, u.steps + 1 from up u join roles r on r.id = u.at where u.steps < 20)
        select count(*) from up where steps > 15";
    assert_eq!(world.number(circles).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_processes_see_a_change_of_any_ancestor() {
    let world = World::with(Start::Empty, |config| config.auth.credential_cache = 1000).await;
    let other = world.another_process().await;
    let (root, omar) = (world.admin("root").await, world.viewer("omar").await);
    let top = child(&root, "top", None, &["ROLES_READ"]).await;
    let leaf = child(&root, "leaf", Some(&top), &[]).await;
    assign(&root, &omar, &leaf).await;
    let there = omar.at(&other);
    let spare = role(&root, "viewer").await;
    let moves = [
        (json!({ "roleId": top, "isActive": false }), false),
        (json!({ "roleId": top, "isActive": true }), true),
        (json!({ "roleId": leaf, "parentId": null }), false),
        (json!({ "roleId": leaf, "parentId": top }), true),
        (json!({ "roleId": leaf, "parentId": spare }), false),
    ];
    // The clock stands still, so nothing that is believed is forgotten by itself.
    let may = async |person: &Person<'_>| person.run("{ roles { totalCount } }", json!({})).await.codes().is_empty();
    assert!(may(&omar).await && may(&there).await);
    for (input, allowed) in moves {
        update(&root, input).await;
        assert_eq!(may(&omar).await, allowed);
        let heard = async {
            while may(&there).await != allowed {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, heard).await.expect("nobody told the other process");
    }
}
