//! Working as somebody else: who may, what is open to it, what both are told, and how it ends.

mod reach;

use axum::body::Body;
use axum::http::Request;
use chrono::TimeDelta;
use harness::{Answer, Person, World};
use serde_json::{Value, json};

use crate::matrix::scene::{append, done, mutation, text};
use crate::second_factor::Enrolled;

const WHO: &str =
    "{ viewer { username email permissions impersonation { by { username } reason allowsWriting expiresAt }
    sessions { totalCount } apiKeys { totalCount } securityEvents { totalCount } } }";

async fn attempt(person: &Person<'_>, of: &str, allows_writing: bool) -> Answer {
    let input = json!({ "userId": of, "reason": "Ticket 7", "minutes": 30, "allowsWriting": allows_writing });
    person.run(&mutation("beginImpersonation", "sessionId accessToken expiresAt"), json!({ "input": input })).await
}

async fn begin<'w>(world: &'w World, person: &Person<'_>, of: &str, allows_writing: bool) -> (Person<'w>, String) {
    let begun = attempt(person, of, allows_writing).await.field("beginImpersonation").clone();
    (world.anonymous().with_token(&text(&begun["accessToken"])), text(&begun["sessionId"]))
}

async fn talk(person: &Person<'_>) -> String {
    let made = done(person, "createConversation", "conversation { id }", json!({ "title": "Plants" })).await;
    text(&made["conversation"]["id"])
}

async fn end(person: &Person<'_>, session: Option<&str>) -> Answer {
    let input = session.map_or(json!({}), |session| json!({ "sessionId": session }));
    person.run(&mutation("endImpersonation", "endedSessionId"), json!({ "input": input })).await
}

async fn is_over(person: &Person<'_>) -> bool {
    person.run(WHO, json!({})).await.status.as_u16() == 401
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sees_what_the_other_sees_and_changes_nothing() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    let talk = talk(&ines).await;
    append(&ines, &talk, "hello").await;
    let (acting, session) = begin(&world, &root, &ines.id, false).await;
    let seen = acting.run(WHO, json!({})).await.field("viewer").clone();
    let expected = json!({
        "username": "ines", "email": "ines@people.test", "permissions": ["CONVERSATIONS_READ", "TOOLS_READ", "ADVISORS_READ", "STATS_READ"],
        "impersonation": { "by": { "username": "root" }, "reason": "Ticket 7", "allowsWriting": false,
            "expiresAt": "2026-06-01T12:30:00.000Z" },
        "sessions": null, "apiKeys": null, "securityEvents": null,
    });
    assert_eq!(seen, expected);
    let open = "query($id: ID!) { conversation(id: $id) { title } }";
    assert_eq!(acting.run(open, json!({ "id": talk })).await.field("conversation")["title"], "Plants");
    let before = world.fingerprint().await;
    for (name, selection, input) in [
        ("createConversation", "conversation { id }", json!({ "title": "Mine" })),
        ("appendMessage", "message { id }", json!({ "conversationId": talk, "content": "x" })),
        ("updateUser", "user { id }", json!({ "displayName": "X" })),
        ("changePassword", "endedSessions", json!({ "currentPassword": "x", "newPassword": "seven green herons" })),
        ("createApiKey", "secret", json!({ "name": "K", "scopes": ["CONVERSATIONS_READ"] })),
        ("beginImpersonation", "accessToken", json!({ "userId": root.id, "reason": "x", "minutes": 1 })),
        ("requestPasswordReset", "requested", json!({ "email": "ines@people.test" })),
        ("signOut", "endedSessions", json!({})),
        ("endSession", "session { id }", json!({ "sessionId": session })),
        ("deleteAccount", "user { id }", json!({})),
    ] {
        let answer = acting.run(&mutation(name, selection), json!({ "input": input })).await;
        assert_eq!(answer.code(), "FORBIDDEN", "{name}");
    }
    assert_eq!(world.fingerprint().await, before, "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_is_told_and_sees_who_it_is() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    let (_acting, session) = begin(&world, &root.from("192.0.2.7", "curl/8"), &ines.id, false).await;
    let mine = "{ viewer { impersonation { reason } sessions { nodes { id isCurrent address device { id }
        impersonation { by { username } reason } } } securityEvents { nodes { kind address deviceName } } } }";
    let mine = ines.run(mine, json!({})).await.field("viewer").clone();
    assert_eq!(mine["impersonation"], Value::Null, "not in their own session");
    let sessions = mine["sessions"]["nodes"].as_array().unwrap();
    let theirs = sessions.iter().find(|one| one["id"] == session.as_str()).unwrap();
    let expected = json!({ "id": session, "isCurrent": false, "address": null, "device": null,
        "impersonation": { "by": { "username": "root" }, "reason": "Ticket 7" } });
    assert_eq!(theirs, &expected);
    assert!(sessions.iter().any(|one| one["impersonation"].is_null()));
    let event = json!({ "kind": "IMPERSONATION_BEGAN", "address": null, "deviceName": null });
    assert_eq!(mine["securityEvents"]["nodes"], json!([event]));
}

#[tokio::test(flavor = "multi_thread")]
async fn widened_it_writes_with_both_names_on_every_row_and_still_not_the_account() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    let (acting, session) = begin(&world, &root, &ines.id, true).await;
    let talk = talk(&acting).await;
    append(&acting, &talk, "hello").await;
    let (root_id, ines_id) = (root.user.unwrap().0, ines.user.unwrap().0);
    let both = format!(
        "select count(*) from audit_log where actor_id = '{root_id}' and on_behalf_of = '{ines_id}'
            and credential = 'impersonation' and session_id is not null"
    );
    assert_eq!(world.number(&both).await, 2);
    for (name, selection, input) in [
        ("updateUser", "user { id }", json!({ "displayName": "X" })),
        ("createApiKey", "secret", json!({ "name": "K", "scopes": ["CONVERSATIONS_READ"] })),
        ("endOtherSessions", "endedSessions", json!({})),
        ("beginTotp", "secret", json!({})),
        ("createInvitation", "invitationCode", json!({})),
    ] {
        let answer = acting.run(&mutation(name, selection), json!({ "input": input })).await;
        assert_eq!(answer.code(), "FORBIDDEN", "{name}");
    }
    end(&acting, None).await.field("endImpersonation");
    assert!(is_over(&acting).await);
    assert_eq!(world.number(&both).await, 3, "the end of it, too");
    assert_eq!(end(&root, Some(&session)).await.field("endImpersonation")["endedSessionId"], session, "over already");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_whoever_may_begins_one_and_of_nobody_who_may_more() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    let helper = world.member("helper").await;
    let role = json!({ "name": "helper", "permissions": ["USERS_ACT_AS", "USERS_READ"] });
    let role = done(&root, "createRole", "role { id }", role).await["role"]["id"].clone();
    let given = json!({ "userId": helper.id, "roleId": role });
    done(&root, "assignRole", "assignment { role { id } }", given).await;
    assert_eq!(attempt(&world.anonymous(), &ines.id, false).await.code(), "UNAUTHENTICATED");
    assert_eq!(attempt(&ines, &root.id, false).await.code(), "FORBIDDEN");
    assert_eq!(attempt(&helper, &root.id, false).await.code(), "FORBIDDEN", "the administrator may do more");
    attempt(&helper, &ines.id, false).await.field("beginImpersonation");
    assert_eq!(attempt(&root, &root.id, false).await.refusals("beginImpersonation"), ["CONFLICT userId"]);
    let unknown = "user_01h455vb4pex5vsknk084sn02q";
    assert_eq!(attempt(&root, unknown, false).await.refusals("beginImpersonation"), ["NOT_FOUND userId"]);
    let gone = world.member("gone").await;
    world.db_run("update users set state = 'suspended' where username = 'gone'").await;
    assert_eq!(attempt(&root, &gone.id, false).await.refusals("beginImpersonation"), ["CONFLICT userId"]);
    let key = json!({ "name": "All", "scopes": ["USERS_ACT_AS", "USERS_READ"], "mayActAsOthers": true });
    let key = done(&root, "createApiKey", "secret", key).await["secret"].clone();
    assert_eq!(attempt(&root.with_token(&text(&key)), &ines.id, false).await.code(), "FORBIDDEN", "not by a key");
    for (name, value) in
        [("minutes", json!(0)), ("minutes", json!(61)), ("reason", json!(" ")), ("reason", json!("x".repeat(501)))]
    {
        let mut input = json!({ "userId": ines.id, "reason": "Ticket 7", "minutes": 30 });
        input[name] = value;
        let answer = root.run(&mutation("beginImpersonation", "accessToken"), json!({ "input": input })).await;
        assert_eq!(answer.refusals("beginImpersonation"), [format!("INVALID {name}")]);
    }
    assert_eq!(world.number("select count(*) from sessions where impersonator_id is not null").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_wants_a_recent_second_factor() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    let boss = Enrolled::new(&world, "boss").await;
    let admin = "insert into user_roles (user_id, role_id, assigned_at)
        select u.id, r.id, now() from users u, roles r where u.username = 'boss' and r.name = 'admin'";
    world.db_run(admin).await;
    world.clock.advance(TimeDelta::minutes(14));
    attempt(&boss.person, &ines.id, false).await.field("beginImpersonation");
    world.db_run("update sessions set second_factor_at = second_factor_at - interval '5 minutes'").await;
    assert_eq!(attempt(&boss.person, &ines.id, false).await.code(), "SECOND_FACTOR_REQUIRED");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_its_time_its_actor_its_account_and_by_either_side() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    world.admin("another").await;
    for (what, sql) in [
        ("the permission", "delete from user_roles where user_id = (select id from users where username = 'root')"),
        ("the actor's account", "update users set state = 'suspended' where username = 'root'"),
        ("the other account", "update users set state = 'suspended' where username = 'ines'"),
    ] {
        let (acting, _) = begin(&world, &root, &ines.id, false).await;
        assert!(!is_over(&acting).await);
        world.db_run(sql).await;
        assert!(is_over(&acting).await, "{what}");
        world
            .db_run(
                "update users set state = 'active' where state <> 'active';
                 insert into user_roles (user_id, role_id, assigned_at)
                 select u.id, r.id, now() from users u, roles r where u.username = 'root' and r.name = 'admin'
                 on conflict do nothing",
            )
            .await;
    }
    let (acting, session) = begin(&world, &root, &ines.id, false).await;
    let zoe = world.member("zoe").await;
    assert_eq!(end(&zoe, Some(&session)).await.refusals("endImpersonation"), ["NOT_FOUND sessionId"]);
    assert_eq!(end(&ines, None).await.refusals("endImpersonation"), ["NOT_FOUND sessionId"], "her own session is none");
    end(&ines, Some(&session)).await.field("endImpersonation");
    assert!(is_over(&acting).await, "by its owner");
    let (acting, session) = begin(&world, &root, &ines.id, false).await;
    done(&ines, "endSession", "session { id }", json!({ "sessionId": session })).await;
    assert!(is_over(&acting).await, "by its owner, as any session");
    let (acting, session) = begin(&world, &root, &ines.id, false).await;
    end(&root, Some(&session)).await.field("endImpersonation");
    assert!(is_over(&acting).await, "from the session of whoever began it");

    let short = json!({ "userId": ines.id, "reason": "Ticket 7", "minutes": 2, "idempotencyKey": "once" });
    let begun = done(&root, "beginImpersonation", "sessionId accessToken", short.clone()).await;
    let again = done(&root, "beginImpersonation", "sessionId accessToken", short.clone()).await;
    assert_eq!(again, begun, "one session and one token");
    let kept = format!("select count(*) from replies where reply::text like '%{}%'", text(&begun["accessToken"]));
    assert_eq!(world.number(&kept).await, 0, "which is kept nowhere");
    let acting = world.anonymous().with_token(&text(&begun["accessToken"]));
    world.clock.advance(TimeDelta::seconds(119));
    assert!(!is_over(&acting).await);
    world.clock.advance(TimeDelta::seconds(2));
    assert!(is_over(&acting).await, "its time");
    let late = root.run(&mutation("beginImpersonation", "accessToken"), json!({ "input": short })).await;
    assert_eq!(late.refusals("beginImpersonation"), ["WRONG_CREDENTIALS idempotencyKey"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_beside_its_token_changes_nothing() {
    let world = World::empty().await;
    let (root, ines, omar) = (world.admin("root").await, world.member("ines").await, world.member("omar").await);
    let (acting, _) = begin(&world, &root, &ines.id, false).await;
    let body = json!({ "query": "{ viewer { username } }" }).to_string();
    let request = Request::post("/graphql").header("X-User-ID", &omar.id).body(Body::from(body)).unwrap();
    assert_eq!(acting.send(request).await.field("viewer")["username"], "ines");
}
