//! Grants that count under a condition: asked anew at every request, and not understood is denied.

use harness::{Person, Start, World};
use serde_json::{Value, json};

use super::{GRANT, REVOKE, assign, child, permissions, role};

const ROLES: &str = "{ roles { totalCount } }";
const CONDITIONAL: &str = "mutation($input: GrantPermissionInput!) { grantPermission(input: $input) {
    role { version grants { permission isConditional grantedBy { username } condition { ...C all { ...C } any { ...C }
        not { ...C } } } } userErrors { code path } } }
    fragment C on GrantCondition { owner time { days from to zone } network secondFactor }";

async fn grant(by: &Person<'_>, role: &str, permission: &str, condition: Value) -> Value {
    let input = json!({ "roleId": role, "permission": permission, "condition": condition });
    by.run(CONDITIONAL, json!({ "input": input })).await.field("grantPermission")["role"].clone()
}

/// Somebody who has nothing but a role of this name, which is empty.
async fn plain<'w>(world: &'w World, root: &Person<'w>, name: &str) -> (Person<'w>, String) {
    let person = world.viewer(name).await;
    world.db_run(&format!("delete from user_roles where user_id = '{}'", person.user.unwrap().0)).await;
    let role = child(root, &format!("of-{name}"), None, &[]).await;
    assign(root, &person, &role).await;
    (person, role)
}

async fn may(person: &Person<'_>) -> bool {
    let answer = person.run(ROLES, json!({})).await;
    match answer.codes()[..] {
        [] => true,
        ["FORBIDDEN"] => false,
        _ => panic!("{:#}", answer.body),
    }
}

async fn believing() -> World {
    World::with(Start::Empty, |config| config.auth.credential_cache = 1000).await
}

#[tokio::test(flavor = "multi_thread")]
async fn where_somebody_is_is_asked_at_every_request() {
    let world = believing().await;
    let root = world.admin("root").await;
    let (omar, role) = plain(&world, &root, "omar").await;
    let shown = grant(&root, &role, "ROLES_READ", json!({ "network": ["10.0.0.0/8", "2001:db8::/32"] })).await;
    let condition = json!({ "owner": null, "time": null, "network": ["10.0.0.0/8", "2001:db8::/32"],
        "secondFactor": null, "all": null, "any": null, "not": null });
    let expected = json!([{ "permission": "ROLES_READ", "isConditional": true, "grantedBy": { "username": "root" },
        "condition": condition }]);
    assert_eq!(shown["grants"], expected);
    assert!(!may(&omar).await, "nobody knows where");
    let inside = world.existing("omar").await.from("10.1.2.3", "test");
    let outside = inside.with_token(inside.token.as_deref().unwrap()).from("11.1.2.3", "test");
    // The same session, which is remembered, from two places.
    for _ in 0..2 {
        assert!(may(&inside).await);
        assert!(!may(&outside).await);
    }
    assert_eq!(permissions(&inside).await, ["ROLES_READ"]);
    assert_eq!(permissions(&outside).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hour_is_asked_at_every_request() {
    let world = believing().await;
    let root = world.admin("root").await;
    let (omar, role) = plain(&world, &root, "omar").await;
    let window = json!({ "days": ["MON"], "from": "14:00", "to": "14:01", "zone": "Europe/Berlin" });
    grant(&root, &role, "ROLES_READ", json!({ "time": window })).await;
    assert!(may(&omar).await);
    world.clock.advance(chrono::TimeDelta::milliseconds(59_500));
    assert!(may(&omar).await);
    // Half a second later the person is still remembered, and the hour is over.
    world.clock.advance(chrono::TimeDelta::milliseconds(500));
    assert!(!may(&omar).await);
    world.clock.advance(chrono::TimeDelta::seconds(-60));
    assert!(may(&omar).await);
    world.clock.advance(chrono::TimeDelta::days(1));
    assert!(!may(&world.existing("omar").await).await, "on Tuesday");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_opens_what_asks_for_it() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    let (omar, role) = plain(&world, &root, "omar").await;
    grant(&root, &role, "ROLES_READ", json!({ "secondFactor": 300 })).await;
    assert!(!may(&omar).await);
    let show = format!(
        "update sessions set second_factor_at = '2026-06-01T12:00:00Z' where id = '{}'",
        omar.session.unwrap().0
    );
    world.db_run(&show).await;
    assert!(may(&omar).await);
    assert!(!may(&world.existing("omar").await).await, "in another session");
    world.clock.advance(chrono::TimeDelta::seconds(300));
    assert!(may(&omar).await);
    world.clock.advance(chrono::TimeDelta::milliseconds(1));
    assert!(!may(&omar).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn for_one_s_own_means_for_nothing_else() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    let (omar, role) = plain(&world, &root, "omar").await;
    for permission in ["CONVERSATIONS_READ", "CONVERSATIONS_WRITE", "MESSAGES_WRITE"] {
        grant(&root, &role, permission, json!({ "owner": true })).await;
    }
    let make = "mutation($title: String) { createConversation(input: { title: $title }) { conversation { id } } }";
    let say = "mutation($id: ID!) { appendMessage(input: { conversationId: $id, content: \"hush\" }) { message { id }
        userErrors { code path } } }";
    let mut ids = Vec::new();
    for (person, title) in [(&omar, "Own"), (&ines, "Given")] {
        let made = person.run(make, json!({ "title": title })).await;
        let id = made.field("createConversation")["conversation"]["id"].clone();
        let said = person.run(say, json!({ "id": id })).await;
        ids.push((id, said.field("appendMessage")["message"]["id"].clone()));
    }
    let share = "mutation($id: ID!) { share(input: { thingId: $id, level: WRITE,
        grantee: { user: { username: \"omar\" } } }) { share { id } userErrors { code path } } }";
    let shared = ines.run(share, json!({ "id": ids[1].0 })).await;
    let share_id = shared.field("share")["share"]["id"].clone();
    let look = "query($id: ID!, $message: ID!) { conversation(id: $id) { title messages { nodes { content } } }
        message(id: $message) { content } conversations { totalCount nodes { title } } }";
    let seen = omar.run(look, json!({ "id": ids[0].0, "message": ids[0].1 })).await;
    let own = json!({ "conversation": { "title": "Own", "messages": { "nodes": [{ "content": "hush" }] } },
        "message": { "content": "hush" }, "conversations": { "totalCount": 1, "nodes": [{ "title": "Own" }] } });
    assert_eq!(seen.data(), &own);
    let given = json!({ "id": ids[1].0, "message": ids[1].1 });
    let hidden = omar.run(look, given.clone()).await;
    assert_eq!((&hidden.data()["conversation"], &hidden.data()["message"]), (&Value::Null, &Value::Null));
    assert_eq!(omar.run(say, json!({ "id": ids[1].0 })).await.refusals("appendMessage"), ["NOT_FOUND conversationId"]);
    let listen = "subscription($id: ID!) { conversationEvents(conversationId: $id) { kind } }";
    let heard = omar.follow(listen, json!({ "id": ids[1].0 })).await.result().await;
    assert_eq!(heard["errors"][0]["extensions"]["code"], "NOT_FOUND", "{heard}");
    let through = "query($id: ID!) { node(id: $id) { ... on Share { thing { ... on Conversation { title } } } } }";
    let through = omar.run(through, json!({ "id": share_id })).await;
    assert_eq!(through.field("node"), &Value::Null, "nor does the share exist");
    let people =
        omar.run("{ users { totalCount } sharedWithMe { totalCount } workspaces { totalCount } }", json!({})).await;
    let none =
        json!({ "users": { "totalCount": 1 }, "sharedWithMe": { "totalCount": 0 }, "workspaces": { "totalCount": 0 } });
    assert_eq!(people.data(), &none, "nor those who gave it");
    // Reading everything that was given and writing only one's own.
    grant(&root, &role, "CONVERSATIONS_READ", Value::Null).await;
    assert_eq!(omar.run(look, given).await.data()["conversation"]["title"], "Given");
    assert_eq!(omar.run(say, json!({ "id": ids[1].0 })).await.code(), "FORBIDDEN");
    omar.run(say, json!({ "id": ids[0].0 })).await.field("appendMessage");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_is_denied_and_shown_as_such() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    let (omar, role) = plain(&world, &root, "omar").await;
    grant(&root, &role, "ROLES_READ", json!({ "not": { "network": ["10.0.0.0/8"] } })).await;
    let (away, _) = (world.existing("omar").await.from("11.1.2.3", "test"), &omar);
    assert!(may(&away).await);
    for unknown in [
        r#"{"moon": "full"}"#,
        r#"{"not": {"moon": "full"}}"#,
        r#"{"any": [{"not": {"network": ["10.0.0.0/8"]}}, {"moon": "full"}]}"#,
        r#"{"owner": true}"#,
        "null",
        "[]",
    ] {
        world.db_run(&format!("update role_permissions set condition = '{unknown}' where condition is not null")).await;
        assert!(!may(&away).await, "{unknown}");
    }
    let shown = grant(&root, &role, "STATS_READ", Value::Null).await;
    let written = json!([
        { "permission": "ROLES_READ", "isConditional": true, "grantedBy": { "username": "root" }, "condition": null },
        { "permission": "STATS_READ", "isConditional": false, "grantedBy": { "username": "root" }, "condition": null }
    ]);
    assert_eq!(shown["grants"], written);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_under_a_condition_is_not_handed_on() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    let (boss, role) = plain(&world, &root, "boss").await;
    for permission in ["ROLES_READ", "ROLES_WRITE", "USERS_READ"] {
        grant(&root, &role, permission, Value::Null).await;
    }
    let always = json!({ "not": { "secondFactor": 1 } });
    grant(&root, &role, "STATS_READ", always.clone()).await;
    assert!(permissions(&boss).await.contains(&"STATS_READ".to_owned()));
    let other = child(&root, "other", None, &["STATS_READ"]).await;
    let before = world.fingerprint().await;
    for (document, input) in [
        (GRANT, json!({ "roleId": role, "permission": "STATS_READ" })),
        (GRANT, json!({ "roleId": role, "permission": "STATS_READ", "condition": always })),
        (REVOKE, json!({ "roleId": other, "permission": "STATS_READ" })),
        (super::ASSIGN, json!({ "userId": boss.id, "roleId": other })),
        (super::UPDATE, json!({ "roleId": role, "parentId": other })),
    ] {
        let answer = boss.run(document, json!({ "input": input })).await;
        assert_eq!(answer.code(), "FORBIDDEN", "{input}");
    }
    assert_eq!(world.fingerprint().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_is_replaced_and_recorded() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    let role = child(&root, "watch", None, &["STATS_READ"]).await;
    let night =
        json!({ "any": [{ "secondFactor": 60 }, { "time": { "from": "22:00", "to": "06:00", "zone": "UTC" } }] });
    for version in [2, 2] {
        assert_eq!(grant(&root, &role, "STATS_READ", night.clone()).await["version"], version);
    }
    assert_eq!(grant(&root, &role, "STATS_READ", Value::Null).await["version"], 3);
    let recorded = "select count(*) from audit_log where action = 'role.grant'
        and before #> '{condition,any,0,secondFactor}' = '60' and after -> 'condition' = 'null'";
    assert_eq!(world.number(recorded).await, 1);
    let admin = super::role(&root, "admin").await;
    let input = json!({ "roleId": admin, "permission": "STATS_READ", "condition": { "secondFactor": 60 } });
    let answer = root.run(CONDITIONAL, json!({ "input": input })).await;
    assert_eq!(answer.refusals("grantPermission"), ["CONFLICT condition"]);
}

/// Of somebody else it is told under which condition they may, not that they may.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_may_is_told_with_its_condition() {
    let world = World::empty().await;
    let (root, omar) = (world.admin("root").await, world.viewer("omar").await);
    let talk = crate::live::conversation(&root).await;
    crate::live::share(&root, &talk, &omar).await;
    world.db_run("update shares set level = 'write'").await;
    let made = child(&root, "writers", None, &[]).await;
    assign(&root, &omar, &made).await;
    let grant = async |permission: &str, condition: Value| {
        let input = json!({ "roleId": made, "permission": permission, "condition": condition });
        root.run(GRANT, json!({ "input": input })).await.field("grantPermission");
    };
    let can = "query($who: ID!, $id: ID!) { user(by: { id: $who }) { can(action: UPDATE, id: $id) {
        isAllowed missing level conditions { owner secondFactor network time { from } } } } }";
    let said = async || {
        let answer = root.run(can, json!({ "who": omar.id, "id": talk })).await;
        answer.field("user")["can"].clone()
    };
    assert_eq!(said().await["missing"], json!(["PERMISSION"]));
    let office = json!({ "network": ["10.0.0.0/8"] });
    grant("CONVERSATIONS_WRITE", office).await;
    let told = said().await;
    assert_eq!((&told["isAllowed"], &told["missing"]), (&json!(false), &json!(["CONDITION"])));
    assert_eq!(told["conditions"][0]["network"], json!(["10.0.0.0/8"]));
    // The hours of the day are known; it is noon.
    let hours = |from: &str, to: &str| {
        let days = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
        json!({ "time": { "days": days, "from": from, "to": to, "zone": "UTC" } })
    };
    grant("CONVERSATIONS_WRITE", hours("09:00", "17:00")).await;
    assert_eq!(said().await["isAllowed"], true);
    grant("CONVERSATIONS_WRITE", hours("17:00", "18:00")).await;
    assert_eq!(said().await["missing"], json!(["CONDITION"]));
    // What is granted for one's own does not reach what others own, and needs nothing else where one owns.
    grant("CONVERSATIONS_WRITE", json!({ "owner": true })).await;
    assert_eq!(said().await["missing"], json!(["PERMISSION"]));
    grant("CONVERSATIONS_WRITE", Value::Null).await;
    assert_eq!(said().await, json!({ "isAllowed": true, "missing": [], "level": "WRITE", "conditions": [] }));
    // One's own always, what others own at some hours: those are not now.
    grant("CONVERSATIONS_WRITE", json!({ "any": [{ "owner": true }, hours("17:00", "18:00")] })).await;
    assert_eq!(said().await["missing"], json!(["CONDITION"]));
    grant("CONVERSATIONS_WRITE", Value::Null).await;
    // What may be read only under a condition is not simply there.
    let viewer = role(&root, "viewer").await;
    let revoke = json!({ "input": { "roleId": viewer, "permission": "CONVERSATIONS_READ" } });
    root.run(REVOKE, revoke).await.field("revokePermission");
    assert_eq!(said().await["missing"], json!(["THING"]));
    grant("CONVERSATIONS_READ", json!({ "secondFactor": 60 })).await;
    let told = said().await;
    assert_eq!(told["missing"], json!(["CONDITION"]));
    assert_eq!(told["conditions"], json!([{ "owner": null, "secondFactor": 60, "network": null, "time": null }]));
}
