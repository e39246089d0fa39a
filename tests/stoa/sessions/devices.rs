//! What people see of their sessions and devices, and what they make of these.

use chrono::TimeDelta;
use harness::World;
use serde_json::{Value, json};
use stoa::domain::security_event;

use super::{
    DEVICES, EVENTS, FIREFOX, HOME, NEWER_FIREFOX, PASSWORD, PHONE, SESSIONS, SIGN_IN, is_in, kinds, nodes, registered,
    signed_in, text,
};

#[tokio::test(flavor = "multi_thread")]
async fn people_recognise_their_sessions_and_hear_of_new_devices() {
    let world = World::empty().await;
    let laptop = registered(&world, "ines").await;
    assert_eq!(kinds(&laptop).await, Vec::<String>::new(), "the first device is no news");
    world.clock.advance(TimeDelta::minutes(5));
    let (phone, admission) = signed_in(&world, "ines", "::ffff:198.51.100.9", PHONE).await;
    let sessions = nodes(&phone, SESSIONS, "sessions").await;
    let shown: Vec<_> = sessions
        .iter()
        .map(|session| (session["isCurrent"] == true, text(&session["address"]), text(&session["device"]["name"])))
        .collect();
    assert_eq!(shown, [(true, "198.51.100.9", "Safari on iPhone"), (false, HOME, "Firefox on Linux")]);
    assert_eq!(sessions[0]["device"]["platform"], "MOBILE");
    let events = nodes(&laptop, EVENTS, "securityEvents").await;
    assert_eq!(events.len(), 1);
    assert_eq!(
        (text(&events[0]["kind"]), text(&events[0]["deviceName"])),
        ("NEW_DEVICE", "Safari on iPhone"),
        "the owner hears of it wherever they are"
    );
    assert_eq!(events[0]["session"]["id"], admission["session"]["id"]);

    signed_in(&world, "ines", HOME, NEWER_FIREFOX).await;
    assert_eq!(nodes(&laptop, DEVICES, "devices").await.len(), 2, "a newer version is the same device");
    let count = laptop.run("{ viewer { sessions { totalCount } } }", json!({})).await;
    assert_eq!(count.field("viewer")["sessions"]["totalCount"], 3);
    let other = world.admin("noor").await;
    let theirs = "{ user(by: { username: \"ines\" }) { email sessions { totalCount } devices { totalCount }
        securityEvents { totalCount } } }";
    let seen = other.run(theirs, json!({})).await.field("user").clone();
    assert_eq!(
        (&seen["sessions"], &seen["devices"], &seen["securityEvents"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    for node in [&sessions[0]["id"], &events[0]["session"]["id"]] {
        let found = other.run("query($id: ID!) { node(id: $id) { id } }", json!({ "id": node })).await;
        assert_eq!(found.data()["node"], Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_named_trusted_and_forgotten() {
    let world = World::empty().await;
    let laptop = registered(&world, "ines").await;
    let device = nodes(&laptop, DEVICES, "devices").await[0]["id"].clone();
    let rename = "mutation($input: RenameDeviceInput!) { renameDevice(input: $input) {
        device { name version } userErrors { code path } } }";
    let named = async |name: &str, version: i32| {
        let input = json!({ "deviceId": device, "name": name, "expectedVersion": version });
        laptop.run(rename, json!({ "input": input })).await
    };
    assert_eq!(named("Laptop", 1).await.field("renameDevice")["device"], json!({ "name": "Laptop", "version": 2 }));
    let stale = named("Other", 1).await;
    assert_eq!(stale.refusals("renameDevice"), ["CONFLICT expectedVersion"]);
    assert_eq!(stale.data()["renameDevice"]["device"]["name"], "Laptop");
    assert_eq!(named("", 2).await.refusals("renameDevice"), ["INVALID name"]);

    let trust = "mutation($input: TrustDeviceInput!) { trustDevice(input: $input) {
        device { id trustedUntil } deviceToken userErrors { code } } }";
    let trusted =
        laptop.run(trust, json!({ "input": { "idempotencyKey": "once" } })).await.field("trustDevice").clone();
    let again = laptop.run(trust, json!({ "input": { "idempotencyKey": "once" } })).await.field("trustDevice").clone();
    assert_eq!(trusted, again);
    assert_eq!(trusted["device"]["trustedUntil"], "2026-07-01T12:00:00.000Z");
    let nobody = world.anonymous().from(HOME, PHONE);
    let comes_as = async |token: &Value| {
        let input = json!({ "identifier": "ines", "password": PASSWORD, "deviceToken": token });
        let answer = nobody.run(SIGN_IN, json!({ "input": input })).await;
        answer.field("signIn")["session"]["device"]["id"].clone()
    };
    let stranger = comes_as(&json!("stoa_dt_AAAA")).await;
    assert_ne!(stranger, device);
    assert_eq!(comes_as(&trusted["deviceToken"]).await, device, "whatever it looks like");
    let (_, unproved) = signed_in(&world, "ines", HOME, FIREFOX).await;
    assert_ne!(unproved["session"]["device"]["id"], device, "without its token a trusted device is another one");
    let mary = registered(&world, "mary").await;
    let input = json!({ "identifier": "mary", "password": PASSWORD, "deviceToken": trusted["deviceToken"] });
    let answer = nobody.run(SIGN_IN, json!({ "input": input })).await;
    assert_ne!(answer.field("signIn")["session"]["device"]["id"], device, "and it is nobody else's");

    let untrust = "mutation($id: ID!) { untrustDevice(input: { deviceId: $id }) {
        device { trustedUntil } userErrors { code path } } }";
    assert_eq!(mary.run(untrust, json!({ "id": device })).await.refusals("untrustDevice"), ["NOT_FOUND deviceId"]);
    laptop.run(untrust, json!({ "id": device })).await.field("untrustDevice");
    assert_ne!(comes_as(&trusted["deviceToken"]).await, device);

    let forget = "mutation($id: ID!) { forgetDevice(input: { deviceId: $id }) {
        deletedDeviceId endedSessions userErrors { code path } } }";
    assert_eq!(laptop.run(forget, json!({ "id": device })).await.field("forgetDevice")["endedSessions"], 2);
    assert!(!is_in(&laptop).await, "it was the device in use");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trust_ends_by_itself() {
    let world = World::empty().await;
    let laptop = registered(&world, "ines").await;
    let trust = "mutation { trustDevice(input: {}) { device { id } deviceToken userErrors { code } } }";
    let trusted = laptop.run(trust, json!({})).await.field("trustDevice").clone();
    world.clock.advance(TimeDelta::days(30));
    let nobody = world.anonymous().from(HOME, FIREFOX);
    let input = json!({ "identifier": "ines", "password": PASSWORD, "deviceToken": trusted["deviceToken"] });
    let answer = nobody.run(SIGN_IN, json!({ "input": input })).await;
    assert_ne!(answer.field("signIn")["session"]["device"]["id"], trusted["device"]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_forgotten_after_a_year() {
    let world = World::empty().await;
    let laptop = registered(&world, "ines").await;
    signed_in(&world, "ines", HOME, PHONE).await;
    assert_eq!(kinds(&laptop).await, ["NEW_DEVICE"]);
    let at = world.clock.now();
    assert_eq!(security_event::rows::forget_old(&world.db, at).await.unwrap(), 0);
    assert_eq!(security_event::rows::forget_old(&world.db, at + TimeDelta::milliseconds(1)).await.unwrap(), 1);
    assert_eq!(kinds(&laptop).await, Vec::<String>::new());
}
