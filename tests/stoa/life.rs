//! The life of an account: changed, suspended, deactivated, deleted, brought back, and what ends with it.

use std::time::Duration;

use chrono::TimeDelta;
use entity::user::{self, State};
use harness::{Heard, Person, Socket, World, noon};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Statement};
use serde_json::{Value, json};
use stoa::error::violated_constraint;

use crate::live::{EVENTS, append, beginning, conversation, event, follow, share};
use crate::matrix::scene::{done, mutation, text};

const ADMINISTER: [&str; 4] = ["suspendUser", "reactivateUser", "deleteUser", "restoreUser"];
const STATE: &str = "user { username state stateReason stateChangedAt suspendedUntil version }";

/// Registers with a password; the account and its tokens.
async fn newcomer<'w>(world: &'w World, username: &str) -> (Person<'w>, Value) {
    let input =
        json!({ "username": username, "email": format!("{username}@people.test"), "password": "correct horse" });
    let made = done(&world.anonymous(), "register", "accessToken refreshToken user { id }", input).await;
    let mut person = world.anonymous().with_token(made["accessToken"].as_str().unwrap());
    person.id = text(&made["user"]["id"]);
    (person, made)
}

async fn sign_in(world: &World, username: &str) -> Vec<String> {
    let input = json!({ "input": { "identifier": username, "password": "correct horse" } });
    world.anonymous().run(&mutation("signIn", "accessToken"), input).await.refusals("signIn")
}

async fn run(person: &Person<'_>, name: &str, input: Value) -> harness::Answer {
    person.run(&mutation(name, STATE), json!({ "input": input })).await
}

fn step(name: &str, id: &str) -> Value {
    if name == "suspendUser" { json!({ "id": id, "reason": "Noise." }) } else { json!({ "id": id }) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_and_the_rows_agree_on_who_is_active() {
    let world = World::empty().await;
    world.member("ines").await;
    let row = user::Entity::find().one(&world.db).await.unwrap().unwrap();
    let moments = [-1, 0, 1].map(|millis| noon() + TimeDelta::milliseconds(millis));
    for state in [State::Active, State::Suspended, State::Deactivated, State::Deleted] {
        for until in [None].into_iter().chain(moments.map(Some)) {
            let row = user::Model { state, suspended_until: until, ..row.clone() };
            let sql = "select account_is_active($1, $2, $3)";
            let values = [sea_orm::ActiveEnum::to_value(&state).into(), until.into(), noon().into()];
            let ask = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
            let answer = world.db.query_one_raw(ask).await.unwrap().unwrap();
            assert_eq!(answer.try_get_by_index::<bool>(0).unwrap(), row.is_active(noon()), "{state:?} {until:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_state_is_reached_by_another_way() {
    let world = World::empty().await;
    world.member("ines").await;
    let illegal = [
        ("deactivated", "suspended"),
        ("deleted", "suspended"),
        ("deleted", "deactivated"),
        ("suspended", "deactivated"),
    ];
    for from in ["active", "suspended", "deactivated", "deleted"] {
        for to in ["active", "suspended", "deactivated", "deleted"] {
            world.db_run("alter table users disable trigger users_state_legal").await;
            world.db_run(&format!("update users set state = '{from}'")).await;
            world.db_run("alter table users enable trigger users_state_legal").await;
            let changed = world.db.execute_unprepared(&format!("update users set state = '{to}'")).await;
            match illegal.contains(&(from, to)) {
                true => {
                    assert_eq!(violated_constraint(&changed.unwrap_err()), Some("users_state_legal"), "{from} {to}")
                }
                false => drop(changed.unwrap()),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_shuts_an_account_ends_everything_everywhere() {
    let one = World::empty().await;
    let other = one.another_process().await;
    let there = other.listen().await;
    let root = one.admin("root").await;
    for (at, name) in ["suspendUser", "deleteUser", "deactivateAccount", "deleteAccount"].into_iter().enumerate() {
        let (ines, made) = newcomer(&one, &format!("ines-{at}")).await;
        let talk = conversation(&ines).await;
        append(&ines, &talk, "welcome").await;
        let mut busy = Socket::open(there.address, ines.token.as_deref()).await;
        follow(&mut busy, &talk).await;
        event(&busy.hear().await.message());
        let mut idle = Socket::open(there.address, ines.token.as_deref()).await;
        let mut stream = ines.at(&other).follow(EVENTS, json!({ "id": talk, "after": beginning(&talk) })).await;
        event(&stream.result().await);
        let begun = std::time::Instant::now();
        match name {
            "suspendUser" | "deleteUser" => run(&root, name, step(name, &ines.id)).await.field(name).clone(),
            _ => run(&ines, name, json!({ "currentPassword": "correct horse" })).await.field(name).clone(),
        };
        assert_eq!(busy.hear().await, Heard::Closed(4401), "{name}");
        assert_eq!(idle.hear().await, Heard::Closed(4401), "{name}");
        let last = stream.result().await;
        assert_eq!(last["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{name} {last:#}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{name}: {:?}", begun.elapsed());
        for world in [&one, &other] {
            let answer = ines.at(world).run("{ viewer { id } }", json!({})).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (401, "UNAUTHENTICATED"), "{name}");
        }
        let refresh = json!({ "input": { "refreshToken": made["refreshToken"] } });
        let refreshed = one.anonymous().run(&mutation("refreshSession", "accessToken"), refresh).await;
        assert_eq!(refreshed.refusals("refreshSession"), ["WRONG_CREDENTIALS refreshToken"], "{name}");
        assert_eq!(sign_in(&one, &format!("ines-{at}")).await, ["WRONG_CREDENTIALS"], "{name}");
        // Back again, the old sessions stay over.
        let back = if name.starts_with("delete") { "restoreUser" } else { "reactivateUser" };
        run(&root, back, json!({ "id": ines.id })).await.field(back);
        assert_eq!(ines.run("{ viewer { id } }", json!({})).await.code(), "UNAUTHENTICATED", "{name}");
        assert_eq!(sign_in(&one, &format!("ines-{at}")).await, Vec::<String>::new(), "{name}");
    }
    let ended = "select count(*) from sessions where end_reason = 'account_closed'";
    assert_eq!(one.number(ended).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_may_end_by_itself() {
    let world = World::empty().await;
    let (root, omar) = (world.admin("root").await, world.member("omar").await);
    let (ines, _) = newcomer(&world, "ines").await;
    let input = json!({ "id": ines.id, "reason": " Noise. ", "until": "2026-06-01T12:05:00Z" });
    let seen = run(&root, "suspendUser", input).await.field("suspendUser")["user"].clone();
    let wanted = json!({ "username": "ines", "state": "SUSPENDED", "stateReason": "Noise.", "version": 2,
        "stateChangedAt": "2026-06-01T12:00:00.000Z", "suspendedUntil": "2026-06-01T12:05:00.000Z" });
    assert_eq!(seen, wanted);
    let talk = conversation(&omar).await;
    let given = json!({ "input": { "conversationId": talk, "grantee": { "username": "ines" }, "level": "READ" } });
    let give = mutation("shareConversation", "share { level }");
    let count = "query($state: UserState) { users(filter: { state: $state }) { totalCount } }";
    let counts = async || {
        let mut counts = Vec::new();
        for state in ["ACTIVE", "SUSPENDED"] {
            let answer = root.run(count, json!({ "state": state })).await;
            counts.push(answer.field("users")["totalCount"].as_i64().unwrap());
        }
        counts
    };
    assert_eq!(counts().await, [2, 1]);
    assert_eq!(omar.run(&give, given.clone()).await.refusals("shareConversation"), ["NOT_FOUND grantee"]);
    assert_eq!(sign_in(&world, "ines").await, ["WRONG_CREDENTIALS"]);
    world.clock.advance(TimeDelta::minutes(5) - TimeDelta::milliseconds(1));
    assert_eq!(sign_in(&world, "ines").await, ["WRONG_CREDENTIALS"]);
    world.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(sign_in(&world, "ines").await, Vec::<String>::new());
    assert_eq!(counts().await, [3, 0]);
    omar.run(&give, given).await.field("shareConversation");
    let state = "query($id: ID!) { user(by: { id: $id }) { state stateReason stateChangedAt suspendedUntil } }";
    let seen = root.run(state, json!({ "id": ines.id })).await.field("user").clone();
    let wanted = json!({ "state": "ACTIVE", "stateReason": null, "suspendedUntil": null,
        "stateChangedAt": "2026-06-01T12:05:00.000Z" });
    assert_eq!(seen, wanted);
    // Who is let in by time may switch themselves off.
    let ines = world.existing("ines").await;
    let input = json!({ "currentPassword": "correct horse" });
    assert_eq!(run(&ines, "deactivateAccount", input).await.field("deactivateAccount")["user"]["state"], "DEACTIVATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_are_idempotent_recorded_and_told() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    for name in ADMINISTER {
        for _ in 0..2 {
            run(&root, name, step(name, &ines.id)).await.field(name);
        }
    }
    let row = user::Entity::find_by_id(ines.user.unwrap()).one(&world.db).await.unwrap().unwrap();
    assert_eq!((row.version, row.state), (5, State::Active));
    let audit = "select count(*) from audit_log where action like 'user.%' and subject_id =
                    (select id from users where username = 'ines')";
    assert_eq!(world.number(audit).await, 4);
    let told = "select count(*) from security_events where device is null and address is null
                   and kind in ('account_suspended', 'account_reactivated', 'account_deleted')";
    assert_eq!(world.number(told).await, 4, "without the administrator's device");
    let stale = json!({ "id": ines.id, "reason": "Noise.", "expectedVersion": 4 });
    let answer = run(&root, "suspendUser", stale).await;
    assert_eq!(answer.refusals("suspendUser"), ["CONFLICT expectedVersion"]);
    assert_eq!(answer.data()["suspendUser"]["user"]["version"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_names_stay_taken_and_come_back() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    let (ines, _) = newcomer(&world, "ines").await;
    let talk = conversation(&ines).await;
    run(&root, "deleteUser", json!({ "id": ines.id, "reason": "Gone." })).await.field("deleteUser");
    for (field, value) in [("username", "INES"), ("email", "ines@people.test")] {
        let mut input = json!({ "username": "other", "email": "other@people.test", "password": "correct horse" });
        input[field] = json!(value);
        let answer = world.anonymous().run(&mutation("register", "accessToken"), json!({ "input": input })).await;
        assert_eq!(answer.refusals("register"), [format!("CONFLICT {field}")]);
    }
    run(&root, "restoreUser", json!({ "id": ines.id })).await.field("restoreUser");
    let again = world.existing("ines").await;
    let seen = "query($id: ID!) { conversation(id: $id) { title } viewer { permissions stateReason } }";
    let answer = again.run(seen, json!({ "id": talk })).await;
    assert_eq!(answer.data()["conversation"]["title"], "Live");
    assert_eq!(answer.data()["viewer"]["stateReason"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_cannot_shut_each_other_out() {
    let one = World::empty().await;
    let other = one.another_process().await;
    let roles = one.admin("first").await.run("{ roles { nodes { id name } } }", json!({})).await;
    let admin = roles.field("roles")["nodes"][0]["id"].clone();
    let left = "select count(*) from user_roles ur join roles r on r.id = ur.role_id join users u on u.id = ur.user_id
                 where r.name = 'admin' and account_is_active(u.state, u.suspended_until, '2026-06-01T12:00:00Z')";
    let ways = ["suspendUser", "deleteUser", "removeRole", "deleteAccount", "deactivateAccount"];
    for (at, (mine, theirs)) in ways.iter().flat_map(|mine| ways.map(|theirs| (*mine, theirs))).enumerate() {
        one.db_run("delete from user_roles where role_id = (select id from roles where name = 'admin')").await;
        let (two, three) = (one.admin(&format!("two-{at}")).await, one.admin(&format!("three-{at}")).await);
        let three = three.at(&other);
        // Who closes themselves goes; who acts on the other has them go.
        let attack = |name: &'static str, own: &str, victim: &str| {
            let victim = victim.to_owned();
            let input = match name {
                "removeRole" => json!({ "userId": victim, "roleId": admin }),
                "deleteAccount" | "deactivateAccount" => json!({}),
                _ => step(name, &victim),
            };
            assert_ne!(own, victim);
            (mutation(name, "__typename"), json!({ "input": input }))
        };
        let (first, second) = (attack(mine, &two.id, &three.id), attack(theirs, &three.id, &two.id));
        let (a, b) = tokio::join!(two.run(&first.0, first.1), three.run(&second.0, second.1));
        let left = one.number(left).await;
        assert!(left >= 1, "{mine} and {theirs}: {:#} {:#}", a.body, b.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_begins_beside_a_suspension() {
    let world = World::empty().await;
    let root = world.admin("root").await;
    for round in 0..5 {
        let name = format!("ines-{round}");
        let (ines, _) = newcomer(&world, &name).await;
        let sign_ins = (0..6).map(|_| sign_in(&world, &name));
        let suspend = async {
            tokio::task::yield_now().await;
            run(&root, "suspendUser", step("suspendUser", &ines.id)).await.field("suspendUser");
        };
        tokio::join!(futures_util::future::join_all(sign_ins), suspend);
        let alive = format!(
            "select count(*) from sessions s join users u on u.id = s.user_id
              where u.username = '{name}' and s.ended_at is null"
        );
        assert_eq!(world.number(&alive).await, 0, "all of them have ended");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changes_oneself_and_shows_the_password_for_the_address() {
    let world = World::empty().await;
    let (ines, _) = newcomer(&world, "ines").await;
    let fields = "user { username handle displayName email version }";
    let change = async |input: Value| ines.run(&mutation("updateUser", fields), json!({ "input": input })).await;
    let before = world.fingerprint().await;
    for password in [Value::Null, json!(""), json!("wrong horse")] {
        let input = json!({ "email": "new@people.test", "displayName": "New", "currentPassword": password });
        assert_eq!(change(input).await.refusals("updateUser"), ["WRONG_CREDENTIALS currentPassword"]);
    }
    assert_eq!(change(json!({ "email": null })).await.refusals("updateUser"), ["WRONG_CREDENTIALS currentPassword"]);
    assert_eq!(world.fingerprint().await, before);
    // A form that sends what is there anyway needs none.
    let same = json!({ "email": "ines@people.test", "displayName": "Inês", "username": "Ines", "handle": "i" });
    let seen = change(same).await.field("updateUser")["user"].clone();
    let wanted = json!({ "username": "Ines", "handle": "i", "displayName": "Inês", "email": "ines@people.test",
        "version": 2 });
    assert_eq!(seen, wanted);
    let input = json!({ "email": "new@people.test", "displayName": null, "currentPassword": "correct horse",
        "expectedVersion": 2 });
    let seen = change(input).await.field("updateUser")["user"].clone();
    assert_eq!((&seen["email"], &seen["displayName"]), (&json!("new@people.test"), &json!("Ines")));
    assert_eq!(change(json!({})).await.field("updateUser")["user"]["version"], 3);
    let told = "select count(*) from security_events where kind = 'email_changed' and device is not null";
    assert_eq!(world.number(told).await, 1);
    assert_eq!(sign_in(&world, "new@people.test").await, Vec::<String>::new());
    assert_eq!(sign_in(&world, "ines@people.test").await, ["WRONG_CREDENTIALS"]);
    let gone = change(json!({ "email": null, "currentPassword": "correct horse" })).await;
    assert_eq!(gone.field("updateUser")["user"]["email"], Value::Null);
    // What people wrote is not in the records.
    let leaked = "select count(*) from audit_log where (before::text || after::text) like '%people.test%'";
    assert_eq!(world.number(leaked).await, 0);
    let twice = "mutation { a: updateUser(input: {}) { userErrors { code } } b: updateUser(input: {}) { userErrors {
        code } } }";
    assert_eq!(ines.run(twice, json!({})).await.code(), "LIMIT_EXCEEDED");
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_change_and_make_accounts() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    let input = json!({ "id": ines.id, "email": "other@people.test" });
    let changed = done(&root, "updateUser", "user { email }", input).await;
    assert_eq!(changed["user"]["email"], "other@people.test");
    let told = "select count(*) from security_events where kind = 'email_changed' and device is null";
    assert_eq!(world.number(told).await, 1);
    let client = "018f3c1e-7a5b-7c3d-9e2f-000000000001";
    let input = json!({ "username": "sanna", "password": "correct horse", "clientId": client });
    let fields = "user { id displayName roleAssignments { nodes { role { name } assignedBy { username } } } }";
    let made = done(&root, "createUser", fields, input.clone()).await;
    let role = json!([{ "role": { "name": "subscriber" }, "assignedBy": { "username": "root" } }]);
    assert_eq!(made["user"]["roleAssignments"]["nodes"], role);
    assert_eq!(done(&root, "createUser", fields, input).await, made);
    assert_eq!(sign_in(&world, "sanna").await, Vec::<String>::new());
    done(&root, "createUser", fields, json!({ "username": "later" })).await;
    assert_eq!(sign_in(&world, "later").await, ["WRONG_CREDENTIALS"]);
    // What somebody shares with a person whose account is shut stays, and counts again.
    let talk = conversation(&root).await;
    share(&root, &talk, &ines).await;
    run(&root, "suspendUser", step("suspendUser", &ines.id)).await.field("suspendUser");
    run(&root, "reactivateUser", json!({ "id": ines.id })).await.field("reactivateUser");
    let again = world.existing("ines").await;
    let seen = again.run("{ conversations { totalCount } }", json!({})).await;
    assert_eq!(seen.field("conversations")["totalCount"], 1);
}
