//! Who uses what is deprecated: gathered in memory, added up in the database, told to those who may know.
//!
//! The schema of today need not hold anything deprecated, so these tests begin where the engine has found it out; that it
//! does is held by `api/src/graphql/engine/tests/deprecated.rs`.

use std::sync::Arc;

use chrono::TimeDelta;
use harness::{Person, World};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use stoa::auth::{self, Actor, Client, Shown};

const LIST: &str = "query($filter: DeprecatedUseFilter, $first: Int, $after: String, $last: Int, $before: String) {
    deprecatedUses(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
        totalCount
        nodes { coordinate reason credential operationName count firstSeenAt lastSeenAt user { username } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

async fn actor(world: &World, person: &Person<'_>) -> Actor {
    let header = person.token.as_ref().map(|token| format!("Bearer {token}"));
    let shown = Shown { authorization: header.as_deref(), user: None, client: &Client::default() };
    auth::resolve(&world.db, world.app.door(), shown).await.unwrap()
}

/// An operation of this person uses these elements, and it is written down.
async fn uses(world: &World, person: &Person<'_>, operation: Option<&str>, coordinates: &[&str]) {
    note(world, person, operation, coordinates).await;
    world.app.deprecated_uses.write().await.unwrap();
}

async fn note(world: &World, person: &Person<'_>, operation: Option<&str>, coordinates: &[&str]) {
    let coordinates: Vec<Arc<str>> = coordinates.iter().map(|coordinate| Arc::from(*coordinate)).collect();
    world.app.deprecated_uses.record(&coordinates, &actor(world, person).await, operation);
}

fn short(list: &Value) -> Vec<String> {
    let nodes = list["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|node| {
            let (who, name) = (node["user"]["username"].as_str(), node["operationName"].as_str());
            format!(
                "{} {} {} {} {}",
                node["coordinate"].as_str().unwrap(),
                who.unwrap_or("-"),
                node["credential"].as_str().unwrap(),
                name.unwrap_or("-"),
                node["count"]
            )
        })
        .collect()
}

async fn list(person: &Person<'_>, variables: Value) -> Value {
    person.run(LIST, variables).await.field("deprecatedUses").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn uses_add_up_by_element_and_credential() {
    let world = World::empty().await;
    let other = world.another_process().await;
    let (ada, ben, cleo) = (world.admin("ada").await, world.member("ben").await, world.member("cleo").await);
    let nobody = world.anonymous();
    assert_eq!(list(&ada, json!({})).await["totalCount"], 0);

    uses(&world, &ben, Some("Screen"), &["Query.old", "Query.new(old:)"]).await;
    world.clock.advance(TimeDelta::seconds(1));
    uses(&other, &ben.at(&other), Some("OtherScreen"), &["Query.old"]).await;
    world.clock.advance(TimeDelta::seconds(1));
    uses(&world, &cleo, None, &["Query.old"]).await;
    world.clock.advance(TimeDelta::seconds(1));
    // Strangers make one row, and what they call their operations is not kept.
    for name in ["One", "Two"] {
        note(&world, &nobody, Some(name), &["Query.old"]).await;
    }
    uses(&other, &nobody.at(&other), Some("Three"), &["Query.old"]).await;
    world.app.deprecated_uses.write().await.unwrap();

    let all = list(&ada, json!({})).await;
    assert_eq!(
        short(&all),
        [
            "Query.old - NONE - 3",
            "Query.old cleo SESSION - 1",
            "Query.old ben SESSION OtherScreen 2",
            "Query.new(old:) ben SESSION Screen 1",
        ]
    );
    assert_eq!((&all["totalCount"], &all["nodes"][0]["reason"]), (&json!(4), &Value::Null));
    let ben_row = &all["nodes"][2];
    assert_eq!(ben_row["firstSeenAt"], "2026-06-01T12:00:00.000Z");
    assert_eq!(ben_row["lastSeenAt"], "2026-06-01T12:00:01.000Z");

    // A late process does not turn the time back, and nothing noted is nothing written.
    world.app.deprecated_uses.write().await.unwrap();
    assert_eq!(list(&ada, json!({})).await, all);

    let filtered = list(&ada, json!({ "filter": { "coordinate": "Query.old", "userId": ben.id } })).await;
    assert_eq!(
        (short(&filtered), &filtered["totalCount"]),
        (vec!["Query.old ben SESSION OtherScreen 2".into()], &json!(1))
    );
    assert!(short(&list(&ada, json!({ "filter": { "coordinate": "query.old" } })).await).is_empty());

    // Pages, both ways.
    let first = list(&ada, json!({ "first": 3 })).await;
    assert_eq!(short(&first), short(&all)[..3]);
    let rest = list(&ada, json!({ "first": 3, "after": first["pageInfo"]["endCursor"] })).await;
    assert_eq!((short(&rest), &rest["pageInfo"]["hasNextPage"]), (short(&all)[3..].to_vec(), &json!(false)));
    let back = list(&ada, json!({ "last": 2, "before": rest["pageInfo"]["startCursor"] })).await;
    assert_eq!(short(&back), short(&all)[1..3]);

    // What is known of an account goes with it.
    world.db_run("delete from users where username = 'ben'").await;
    assert_eq!(short(&list(&ada, json!({})).await), ["Query.old - NONE - 3", "Query.old cleo SESSION - 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_now_is_written_later() {
    let world = World::empty().await;
    let (ada, ben, gone) = (world.admin("ada").await, world.member("ben").await, world.member("gone").await);
    note(&world, &ben, Some("A"), &["Query.old"]).await;
    note(&world, &gone, Some("A"), &["Query.old"]).await;
    world.db_run("alter table deprecated_uses rename to elsewhere").await;
    world.app.deprecated_uses.write().await.unwrap_err();
    note(&world, &ben, Some("B"), &["Query.old"]).await;
    world.db_run("alter table elsewhere rename to deprecated_uses").await;
    // Somebody's account has gone meanwhile: the others are written all the same.
    world.db_run("delete from users where username = 'gone'").await;
    world.app.deprecated_uses.write().await.unwrap();
    assert_eq!(short(&list(&ada, json!({})).await), ["Query.old ben SESSION B 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_processes_write_side_by_side() {
    let world = World::empty().await;
    let other = world.another_process().await;
    let (ada, ben) = (world.admin("ada").await, world.member("ben").await);
    let there = ben.at(&other);
    for _ in 0..20 {
        note(&world, &ben, None, &["A.b", "C.d", "E.f"]).await;
        note(&other, &there, None, &["E.f", "C.d", "A.b"]).await;
        let (one, two) = tokio::join!(world.app.deprecated_uses.write(), other.app.deprecated_uses.write());
        one.and(two).unwrap();
    }
    let mut found = short(&list(&ada, json!({})).await);
    found.sort();
    assert_eq!(found, ["A.b ben SESSION - 40", "C.d ben SESSION - 40", "E.f ben SESSION - 40"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_in_memory_is_bounded() {
    let world = World::empty().await;
    let coordinates: Vec<Arc<str>> = (0..10_005).map(|number| Arc::from(format!("Query.old{number}"))).collect();
    world.app.deprecated_uses.record(&coordinates, &Actor::Anonymous, None);
    // What is known already goes on being counted.
    world.app.deprecated_uses.record(&coordinates[..1], &Actor::Anonymous, None);
    world.app.deprecated_uses.write().await.unwrap();
    assert_eq!(world.number("select count(*) from deprecated_uses").await, 10_000);
    assert_eq!(world.number("select uses from deprecated_uses where coordinate = 'Query.old0'").await, 2);
    world.app.deprecated_uses.record(&coordinates[10_004..], &Actor::Anonymous, None);
    world.app.deprecated_uses.write().await.unwrap();
    assert_eq!(world.number("select count(*) from deprecated_uses").await, 10_001);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_bounded_and_others_see_nothing() {
    let world = World::empty().await;
    let (ada, ben) = (world.admin("ada").await, world.member("ben").await);
    uses(&world, &ben, Some(&"x".repeat(5_000)), &["Query.old"]).await;
    let node = list(&ada, json!({})).await["nodes"][0].clone();
    assert_eq!(node["operationName"].as_str().map(str::len), Some(100));

    for (person, code) in [(&ben, "FORBIDDEN"), (&world.anonymous(), "UNAUTHENTICATED")] {
        let answer = person.run(LIST, json!({})).await;
        assert_eq!((answer.code(), &answer.body["data"]["deprecatedUses"]), (code, &Value::Null));
    }
    // Whoever may look at this need not be one who may see accounts.
    world
        .db_run(
            "insert into role_permissions (role_id, permission_id, created_at)
             select r.id, p.id, now() from roles r, permissions p where r.name = 'viewer' and p.name = 'operations:inspect'",
        )
        .await;
    let vic = world.viewer("vic").await;
    assert_eq!(short(&list(&vic, json!({})).await)[0].split(' ').nth(1), Some("-"));

    let bad = [
        (json!({ "filter": { "coordinate": "x".repeat(501) } }), "filter.coordinate"),
        (json!({ "filter": { "coordinate": "a\u{0}b" } }), "filter.coordinate"),
        (json!({ "filter": { "userId": "conv_01h455vb4pex5vsknk084sn02q" } }), "filter.userId"),
        (json!({ "first": 0 }), "first"),
        (json!({ "after": "bm90aGluZw" }), "after"),
    ];
    for (variables, argument) in bad {
        let answer = ada.run(LIST, variables.clone()).await;
        assert_eq!(answer.code(), "INVALID", "{variables}");
        assert_eq!(answer.body["errors"][0]["extensions"]["argument"], argument, "{variables}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_read_from_indexes() {
    let world = World::empty().await;
    let fill = "insert into deprecated_uses
            (id, coordinate, user_id, credential, uses, first_seen_at, last_seen_at)
        select gen_random_uuid(), 'Type.field' || n, null, 'none', 1, now(), now() + n * interval '1 second'
          from generate_series(1, 20000) n";
    world.db_run(fill).await;
    world.db_run("analyze deprecated_uses").await;
    for (narrowed, index) in [
        ("", "deprecated_uses_last_seen_idx"),
        ("where coordinate = 'Type.field7'", "deprecated_uses_"),
        ("where user_id = '018f3c1e-7a5b-7c3d-9e2f-000000000001'", "deprecated_uses_user_idx"),
    ] {
        let plan =
            format!("explain select * from deprecated_uses {narrowed} order by last_seen_at desc, id desc limit 21");
        let rows = world.db.query_all_raw(Statement::from_string(DbBackend::Postgres, plan)).await.unwrap();
        let lines: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        let plan = lines.join("\n");
        assert!(plan.contains(index) && !plan.contains("Seq Scan"), "{narrowed}: {plan}");
    }
}
