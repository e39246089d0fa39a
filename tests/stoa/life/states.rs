//! From one state to another.

use chrono::TimeDelta;
use entity::user::{self, State};
use harness::{World, noon};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Statement};
use serde_json::{Value, json};
use stoa::error::violated_constraint;

use super::{ADMINISTER, newcomer, run, sign_in, step};
use crate::live::conversation;
use crate::matrix::scene::mutation;

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
    let given = json!({ "input": { "thingId": talk, "grantee": { "user": { "username": "ines" } }, "level": "READ" } });
    let give = mutation("share", "share { level }");
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
    assert_eq!(omar.run(&give, given.clone()).await.refusals("share"), ["NOT_FOUND grantee"]);
    assert_eq!(sign_in(&world, "ines").await, ["WRONG_CREDENTIALS"]);
    world.clock.advance(TimeDelta::minutes(5) - TimeDelta::milliseconds(1));
    assert_eq!(sign_in(&world, "ines").await, ["WRONG_CREDENTIALS"]);
    world.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(sign_in(&world, "ines").await, Vec::<String>::new());
    assert_eq!(counts().await, [3, 0]);
    omar.run(&give, given).await.field("share");
    let state = "query($id: ID!) { user(by: { id: $id }) { state stateReason stateChangedAt suspendedUntil } }";
    let seen = root.run(state, json!({ "id": ines.id })).await.field("user").clone();
    let wanted = json!({ "state": "ACTIVE", "stateReason": null, "suspendedUntil": null,
        "stateChangedAt": "2026-06-01T12:05:00.000Z" });
    assert_eq!(seen, wanted);
    // Letting in whom time has let in already writes it down.
    let back = run(&root, "reactivateUser", json!({ "id": ines.id })).await;
    assert_eq!(back.field("reactivateUser")["user"]["state"], "ACTIVE");
    assert_eq!(world.number("select count(*) from users where state <> 'active'").await, 0);
    let again = json!({ "id": ines.id, "reason": "Noise.", "until": "2026-06-01T12:06:00Z" });
    run(&root, "suspendUser", again).await.field("suspendUser");
    world.clock.advance(TimeDelta::minutes(1));
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
