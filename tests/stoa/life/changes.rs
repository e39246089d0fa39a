//! Changing accounts and making them.

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
