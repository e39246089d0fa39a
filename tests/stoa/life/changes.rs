//! Changing accounts and making them.

use chrono::TimeDelta;
use harness::World;
use serde_json::{Value, json};

use super::{newcomer, run, sign_in, step};
use crate::live::{conversation, share};
use crate::matrix::scene::{done, mutation};

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
async fn who_has_no_password_has_just_signed_in() {
    let world = World::empty().await;
    let ines = world.member("ines").await;
    world.clock.advance(TimeDelta::minutes(15));
    let before = world.fingerprint().await;
    for (name, input) in [
        ("updateUser", json!({ "email": "mine@people.test" })),
        ("updateUser", json!({ "email": null })),
        ("deactivateAccount", json!({})),
        ("deleteAccount", json!({ "currentPassword": "correct horse" })),
        ("beginTotp", json!({})),
    ] {
        let answer = ines.run(&mutation(name, "__typename"), json!({ "input": input })).await;
        assert_eq!(answer.refusals(name), ["WRONG_CREDENTIALS currentPassword"], "{name}");
        assert!(answer.data()[name]["userErrors"][0]["message"].as_str().unwrap().contains("sign in again"));
    }
    assert_eq!(world.fingerprint().await, before);
    let again = world.existing("ines").await;
    world.clock.advance(TimeDelta::seconds(899));
    done(&again, "updateUser", "user { email }", json!({ "email": "new@people.test" })).await;
    assert_eq!(world.number("select count(*) from mails").await, 0, "the old address was nobody's for sure");
    world.db_run("update users set email_verified_at = created_at").await;
    done(&again, "updateUser", "user { email }", json!({ "email": "mine@people.test" })).await;
    let told = "select count(*) from mails where template = 'email_changed' and email = 'new@people.test'";
    assert_eq!(world.number(told).await, 1, "the old one is told");
    let root = world.admin("root").await;
    world.db_run("update users set email_verified_at = created_at").await;
    done(&root, "updateUser", "user { email }", json!({ "id": ines.id, "email": "third@people.test" })).await;
    let row = stoa::domain::mail::rows::latest(&world.db, 1).await.unwrap().remove(0);
    let text = world.app.post.text(&row, &world.app.tokens);
    assert_eq!(row.email, "mine@people.test");
    assert!(text.subject.contains("address") && text.body.contains("1 June 2026, 12:29 UTC"), "{}", text.body);
    assert!(!text.body.contains("Unknown") && !text.body.contains("third@"), "{}", text.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_called_like_somebody_else() {
    let world = World::empty().await;
    let (ines, bob) = (world.member("ines").await, world.member("bob").await);
    done(&bob, "updateUser", "user { handle }", json!({ "handle": "robert" })).await;
    let before = world.fingerprint().await;
    let refused = async |person: &harness::Person<'_>, name: &str, input: Value| {
        person.run(&mutation(name, "__typename"), json!({ "input": input })).await.refusals(name)
    };
    assert_eq!(refused(&ines, "updateUser", json!({ "handle": "bob" })).await, ["CONFLICT handle"]);
    assert_eq!(refused(&ines, "updateUser", json!({ "username": "Robert" })).await, ["CONFLICT username"]);
    let input = json!({ "username": "ROBERT", "password": "correct horse" });
    assert_eq!(refused(&world.anonymous(), "register", input).await, ["CONFLICT username"]);
    assert_eq!(world.fingerprint().await, before);
    // A handle that is made keeps clear of user names, too, however many are taken.
    world.member("a-b").await;
    let made = world.member("a.b").await.run("{ viewer { handle } }", json!({})).await;
    assert_eq!(made.field("viewer")["handle"], "a-b-2");
    let many = "insert into users (id, username, handle, display_name, created_at, updated_at)
                select gen_random_uuid(), 'c-d-' || n, case n when 1 then 'c-d' else 'c-d-' || n end, 'U', now(), now()
                  from generate_series(1, 20) n";
    world.db_run(many).await;
    let made = world.member("c.d").await.run("{ viewer { handle } }", json!({})).await;
    let handle = made.field("viewer")["handle"].as_str().unwrap().to_owned();
    assert!(handle.starts_with("c-d-") && handle.len() == "c-d-".len() + 8, "{handle}");
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
