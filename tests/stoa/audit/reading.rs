//! Reading the audit log: its filters, its order, who may, and what it never holds.

use harness::{Person, World};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use stoa::domain::audit::sealer;

use crate::matrix::scene::{append, done, text};

const LIST: &str = "query($filter: AuditFilter, $first: Int, $after: String) {
    auditEntries(filter: $filter, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
        id at action subjectKind subjectId credential sessionId apiKeyId requestId before after sealedAs
        actor { username } onBehalfOf { username } } } }";
const VERIFY: &str = "query($after: String, $first: Int! = 1000) { verifyAudit(after: $after, first: $first) {
    isIntact checked fault { kind sequence entryId } endCursor hasMore head } }";

async fn list(person: &Person<'_>, filter: Value) -> Vec<Value> {
    let found = person.run(LIST, json!({ "filter": filter, "first": 100 })).await.field("auditEntries").clone();
    assert_eq!(found["totalCount"], found["nodes"].as_array().unwrap().len());
    found["nodes"].as_array().unwrap().clone()
}

async fn make(person: &Person<'_>, title: &str) -> String {
    let made = done(person, "createConversation", "conversation { id }", json!({ "title": title })).await;
    text(&made["conversation"]["id"])
}

/// Seals everything; see `chain.rs`.
async fn seal(world: &World) {
    let bare = "select count(*) from audit_log a where not exists (select from audit_seals s where s.entry_id = a.id)";
    while world.number(bare).await > 0 {
        sealer::seal(&world.app).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_says_who_did_what_by_what_and_when() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    let talk = make(&ines, "Plants").await;
    world.clock.advance(chrono::TimeDelta::minutes(1));
    let document =
        "mutation($input: UpdateConversationInput!) { updateConversation(input: $input) { userErrors { code } } }";
    let answer = ines.run(document, json!({ "input": { "conversationId": talk, "title": "Ferns" } })).await;
    let entries = list(&root, json!({ "subjectId": talk })).await;
    let session = entity::id::SessionId(ines.session.unwrap().0);
    let update = json!({
        "id": entries[0]["id"], "at": "2026-06-01T12:01:00.000Z", "action": "conversation.update",
        "subjectKind": "conversation", "subjectId": talk, "credential": "SESSION",
        "sessionId": stoa::graphql::id::WireId::encode(session).to_string(), "apiKeyId": null,
        "requestId": answer.headers["x-request-id"].to_str().unwrap(),
        "before": { "version": 1, "archived": false }, "after": { "retitled": true, "advisor": null, "archived": false },
        "sealedAs": null, "actor": { "username": "ines" }, "onBehalfOf": null,
    });
    assert_eq!(entries[0], update);
    assert_eq!(entries[1]["action"], "conversation.create");
    seal(&world).await;
    let entries = list(&root, json!({ "subjectId": talk })).await;
    assert_eq!((&entries[0]["sealedAs"], &entries[1]["sealedAs"]), (&json!("2"), &json!("1")));
    let by_id = root
        .run("query($id: ID!) { node(id: $id) { id ... on AuditEntry { action } } }", json!({ "id": entries[0]["id"] }))
        .await;
    assert_eq!(by_id.field("node"), &json!({ "id": entries[0]["id"], "action": "conversation.update" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_alone_and_together() {
    let world = World::empty().await;
    let (root, ines, omar) = (world.admin("root").await, world.member("ines").await, world.member("omar").await);
    let first = make(&ines, "One").await;
    append(&ines, &first, "hello").await;
    world.clock.advance(chrono::TimeDelta::minutes(10));
    let second = make(&omar, "Two").await;
    let actions = async |filter: Value| -> Vec<String> {
        list(&root, filter).await.iter().map(|one| text(&one["action"])).collect()
    };
    assert_eq!(actions(json!({})).await, ["conversation.create", "message.append", "conversation.create"]);
    assert_eq!(actions(json!({ "subjectId": first })).await, ["conversation.create"]);
    let plain = stoa::graphql::id::decode_any(&second).unwrap().to_string();
    assert_eq!(actions(json!({ "subjectId": plain })).await, ["conversation.create"]);
    assert_eq!(actions(json!({ "actorId": ines.id })).await, ["message.append", "conversation.create"]);
    assert_eq!(actions(json!({ "action": "message.append" })).await, ["message.append"]);
    assert_eq!(actions(json!({ "subjectKind": "message" })).await, ["message.append"]);
    assert_eq!(actions(json!({ "from": "2026-06-01T12:10:00Z" })).await, ["conversation.create"]);
    assert_eq!(actions(json!({ "until": "2026-06-01T12:10:00Z" })).await.len(), 2);
    assert_eq!(actions(json!({ "actorId": omar.id, "until": "2026-06-01T12:10:00Z" })).await.len(), 0);
    assert_eq!(actions(json!({ "actorId": ines.id, "subjectKind": "conversation" })).await, ["conversation.create"]);

    let page = root.run(LIST, json!({ "first": 2 })).await.field("auditEntries").clone();
    let rest = root.run(LIST, json!({ "first": 2, "after": page["pageInfo"]["endCursor"] })).await;
    assert_eq!(rest.field("auditEntries")["nodes"][0]["subjectId"], first);
    assert_eq!(rest.field("auditEntries")["nodes"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_filter_has_an_index() {
    let world = World::empty().await;
    world
        .db_run(
            "insert into audit_log (id, at, actor_id, request_id, action, subject_kind, subject_id, credential)
             select gen_random_uuid(), now() - n * interval '1 minute', md5((n % 500)::text)::uuid, 'req',
                    'noun' || n % 500, 'kind' || n % 500, md5((n % 700)::text)::uuid, 'none'
               from generate_series(1, 20000) n; analyze audit_log",
        )
        .await;
    for (narrowed, index) in [
        ("", "audit_log_at_idx"),
        ("where at >= now() - interval '1 day'", "audit_log_at_idx"),
        ("where subject_id = md5('7')::uuid", "audit_log_subject_idx"),
        ("where actor_id = md5('7')::uuid", "audit_log_actor_idx"),
        ("where action = 'noun7'", "audit_log_action_idx"),
        ("where subject_kind = 'kind7'", "audit_log_kind_idx"),
    ] {
        let explained = format!("explain select * from audit_log {narrowed} order by at desc, id desc limit 21");
        let rows = world.db.query_all_raw(Statement::from_string(DbBackend::Postgres, explained)).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        assert!(plan.join("\n").contains(index), "{narrowed}: {plan:#?}");
        assert!(!plan.join("\n").contains("Sort"), "{narrowed}: {plan:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_and_others_are_kept_out() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    for (filter, place) in [
        (json!({ "subjectId": "x" }), "filter.subjectId"),
        (json!({ "subjectId": "conv_x" }), "filter.subjectId"),
        (json!({ "actorId": "conv_01h455vb4pex5vsknk084sn02q" }), "filter.actorId"),
        (json!({ "action": "x".repeat(101) }), "filter.action"),
        (json!({ "subjectKind": "\u{0}" }), "filter.subjectKind"),
    ] {
        let answer = root.run(LIST, json!({ "filter": filter })).await;
        assert_eq!(
            (answer.code(), answer.body["errors"][0]["extensions"]["argument"].as_str()),
            ("INVALID", Some(place)),
            "{filter}"
        );
    }
    let list = root.run(LIST, json!({ "first": 1 })).await;
    make(&ines, "One").await;
    let cursor = root.run(LIST, json!({ "first": 1 })).await.field("auditEntries")["pageInfo"]["endCursor"].clone();
    assert_eq!(list.field("auditEntries")["totalCount"], 0);
    for variables in
        [json!({ "after": "x" }), json!({ "after": cursor }), json!({ "first": 0 }), json!({ "first": 1001 })]
    {
        assert_eq!(root.run(VERIFY, variables.clone()).await.code(), "INVALID", "{variables}");
    }
    for (person, code) in [(&ines, "FORBIDDEN"), (&world.anonymous(), "UNAUTHENTICATED")] {
        assert_eq!(person.run(LIST, json!({})).await.code(), code);
        assert_eq!(person.run(VERIFY, json!({})).await.code(), code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verifying_points_at_a_row_altered_by_hand() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    let none = root.run(VERIFY, json!({})).await.field("verifyAudit").clone();
    let nothing =
        json!({ "isIntact": true, "checked": 0, "fault": null, "endCursor": null, "hasMore": false, "head": null });
    assert_eq!(none, nothing);
    for title in ["One", "Two", "Three"] {
        make(&ines, title).await;
    }
    seal(&world).await;
    let first = root.run(VERIFY, json!({ "first": 2 })).await.field("verifyAudit").clone();
    assert_eq!((&first["isIntact"], &first["checked"], &first["hasMore"]), (&json!(true), &json!(2), &json!(true)));
    let rest = root.run(VERIFY, json!({ "after": first["endCursor"] })).await.field("verifyAudit").clone();
    assert_eq!((&rest["isIntact"], &rest["checked"], &rest["hasMore"]), (&json!(true), &json!(1), &json!(false)));
    world
        .db_run(
            "alter table audit_log disable trigger user;
             update audit_log set actor_id = null where id = (select entry_id from audit_seals where sequence = 2);
             alter table audit_log enable trigger user",
        )
        .await;
    let found = root.run(VERIFY, json!({})).await.field("verifyAudit").clone();
    assert_eq!(
        (&found["isIntact"], &found["fault"]["kind"], &found["fault"]["sequence"]),
        (&json!(false), &json!("ALTERED"), &json!("2"))
    );
    let entry = "query($id: ID!) { node(id: $id) { ... on AuditEntry { sealedAs actor { username } } } }";
    let entry = root.run(entry, json!({ "id": found["fault"]["entryId"] })).await;
    assert_eq!(entry.field("node"), &json!({ "sealedAs": "2", "actor": null }));
    let behind = root.run(VERIFY, json!({ "after": found["endCursor"] })).await.field("verifyAudit").clone();
    assert_eq!((&behind["isIntact"], &behind["checked"]), (&json!(true), &json!(1)));
}
