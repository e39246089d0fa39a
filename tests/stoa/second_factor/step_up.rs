//! Showing it again before what matters, and losing it.

use chrono::TimeDelta;
use harness::{Person, Start, World};
use serde_json::{Value, json};

use crate::matrix::scene::mutation;

use super::{CONFIRM, Enrolled, PASSWORD, REMOVE, REMOVE_OF, TRUST, begin, code, count, outcome};

/// What a borrowed session must not do, with inputs that are refused for nothing else.
fn sensitive(id: &str, role: &Value) -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("trustDevice", "TrustDeviceInput", json!({})),
        ("regenerateRecoveryCodes", "RegenerateRecoveryCodesInput", json!({})),
        ("beginTotp", "BeginTotpInput", json!({ "currentPassword": PASSWORD })),
        ("updateUser", "UpdateUserInput", json!({ "email": "new@people.test", "currentPassword": PASSWORD })),
        ("updateUser", "UpdateUserInput", json!({ "id": id, "email": "other@people.test" })),
        ("assignRole", "AssignRoleInput", json!({ "userId": id, "roleId": role })),
        ("grantPermission", "GrantPermissionInput", json!({ "roleId": role, "permission": "JOBS_WRITE" })),
        ("updateRole", "UpdateRoleInput", json!({ "roleId": role, "isActive": true })),
        ("updateRole", "UpdateRoleInput", json!({ "roleId": role, "parentId": null })),
        ("createUser", "CreateUserInput", json!({ "username": "made", "roleId": role })),
        ("createInvitation", "CreateInvitationInput", json!({ "roleId": role })),
        ("removeUserSecondFactor", "RemoveUserSecondFactorInput", json!({ "userId": id })),
        (
            "changePassword",
            "ChangePasswordInput",
            json!({ "currentPassword": PASSWORD, "newPassword": "seven green herons" }),
        ),
        ("removeSecondFactor", "RemoveSecondFactorInput", json!({})),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_borrowed_session_must_not_do_wants_a_recent_second_factor() {
    let world = World::with(Start::Empty, |config| config.auth.user_session_timeout = 7200).await;
    world.admin("root").await;
    let tove = Enrolled::new(&world, "tove").await;
    Enrolled::new(&world, "omar").await;
    let give = "insert into user_roles (user_id, role_id, assigned_at) select u.id, r.id, u.created_at
        from users u, roles r where u.username = 'tove' and r.name = 'admin'";
    world.db_run(give).await;
    let seen = tove
        .person
        .run("{ users(filter: { search: \"omar\" }) { nodes { id } } roles { nodes { id name } } }", json!({}))
        .await;
    let id = seen.data()["users"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    let roles = seen.data()["roles"]["nodes"].as_array().unwrap().clone();
    let role = &roles.iter().find(|role| role["name"] == "viewer").unwrap()["id"];
    let call = async |name: &str, kind: &str, input: &Value| {
        let document =
            format!("mutation($input: {kind}!) {{ {name}(input: $input) {{ userErrors {{ code path }} }} }}");
        tove.person.run(&document, json!({ "input": input })).await
    };
    // Fifteen minutes after the confirmation it still counts, a moment later it does not.
    world.clock.advance(TimeDelta::minutes(15));
    assert_eq!(outcome(&call("trustDevice", "TrustDeviceInput", &json!({})).await, "trustDevice"), "ok");
    world.clock.advance(TimeDelta::milliseconds(1));
    let closing = [
        ("deactivateAccount", "DeactivateAccountInput", json!({ "currentPassword": PASSWORD })),
        ("deleteAccount", "DeleteAccountInput", json!({ "currentPassword": PASSWORD })),
    ];
    let before = world.fingerprint().await;
    for (name, kind, input) in sensitive(&id, role).iter().chain(&closing) {
        let answer = call(name, kind, input).await;
        assert_eq!(answer.code(), "SECOND_FACTOR_REQUIRED", "{name}");
        assert_eq!(answer.body["errors"][0]["extensions"]["factors"], json!(["TOTP", "RECOVERY_CODE"]));
    }
    assert_eq!(world.fingerprint().await, before, "nothing was done");
    // Names are no address, and the default role is no power.
    for (name, kind, input) in [
        ("updateUser", "UpdateUserInput", json!({ "displayName": "T" })),
        ("createUser", "CreateUserInput", json!({ "username": "plain" })),
        ("createInvitation", "CreateInvitationInput", json!({})),
    ] {
        assert_eq!(outcome(&call(name, kind, &input).await, name), "ok");
    }
    // Shown in another session it counts there; shown here it counts here.
    tove.admitted(json!({ "totp": code(&world, &tove.totp, -30) })).await;
    assert_eq!(call("trustDevice", "TrustDeviceInput", &json!({})).await.code(), "SECOND_FACTOR_REQUIRED");
    let refused = tove.show(json!({ "totp": tove.wrong() })).await;
    assert_eq!(refused.refusals("confirmSecondFactor"), ["WRONG_CREDENTIALS secondFactor"]);
    let shown = tove.show(json!({ "totp": tove.code() })).await;
    assert_eq!(shown.field("confirmSecondFactor")["recentUntil"], "2026-06-01T12:30:00.001Z");
    for (name, kind, input) in sensitive(&id, role) {
        assert_eq!(outcome(&call(name, kind, &input).await, name), "ok", "{name}");
    }
    // Whoever has none is asked for none.
    assert_eq!(outcome(&call("trustDevice", "TrustDeviceInput", &json!({})).await, "trustDevice"), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_it_counts_is_a_setting_and_what_is_gone_counts_no_more() {
    let world = World::with(Start::Empty, |config| config.auth.second_factor_window = 60).await;
    let tove = Enrolled::new(&world, "tove").await;
    let other = tove.admitted(json!({ "totp": tove.code() })).await;
    world.clock.advance(TimeDelta::seconds(60));
    assert_eq!(outcome(&other.run(TRUST, json!({})).await, "trustDevice"), "ok");
    // Another authenticator in the place of the first: what was shown of that counts in no other session.
    let totp = begin(&tove.person).await;
    let confirmed = tove.person.run(CONFIRM, json!({ "input": { "code": code(&world, &totp, 0) } })).await;
    confirmed.field("confirmTotp");
    assert_eq!(other.run(TRUST, json!({})).await.code(), "SECOND_FACTOR_REQUIRED");
    assert_eq!(outcome(&tove.person.run(TRUST, json!({})).await, "trustDevice"), "ok");
    for old in [json!({ "recoveryCode": tove.codes[0] }), json!({ "totp": tove.code() })] {
        assert_eq!(tove.with(old).await.refusals("signIn"), ["WRONG_CREDENTIALS secondFactor"]);
    }
    let gone = tove.person.run(REMOVE, json!({})).await;
    assert_eq!(gone.field("removeSecondFactor")["user"]["secondFactor"], Value::Null);
    assert_eq!(tove.person.run(REMOVE, json!({})).await.refusals("removeSecondFactor"), ["NOT_FOUND"]);
    let none = tove.show(json!({ "totp": "123456" })).await;
    assert_eq!(none.refusals("confirmSecondFactor"), ["NOT_FOUND"]);
    assert_eq!(count(&world, "sessions where second_factor_at is not null").await, 0);
    assert_eq!(count(&world, "recovery_codes").await, 0);
    tove.sign_in(&world, json!({})).await.field("signIn");
    for (table, condition) in [
        ("security_events", "kind = 'second_factor_removed'"),
        ("audit_log", "action = 'second_factor.remove'"),
        ("events", "kind = 'second_factor.remove'"),
    ] {
        assert_eq!(count(&world, &format!("{table} where {condition}")).await, 1, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_help_those_who_may_do_no_more_than_they() {
    let world = World::empty().await;
    let (root, other) = (world.admin("root").await, world.admin("other").await);
    let tove = Enrolled::new(&world, "tove").await;
    let find = "{ users(filter: { search: \"tove\" }) { nodes { id secondFactor { since recoveryCodesLeft } } } }";
    let seen = root.run(find, json!({})).await.data()["users"]["nodes"][0].clone();
    assert_eq!(seen["secondFactor"], json!({ "since": null, "recoveryCodesLeft": null }), "that there is one");
    let id = seen["id"].clone();
    let helper = world.member("helper").await;
    let write = "insert into roles (id, name, description, created_at, updated_at)
        select gen_random_uuid(), 'helper', '', created_at, created_at from users where username = 'root';
        insert into role_permissions (role_id, permission_id, created_at) select r.id, p.id, r.created_at
          from roles r, permissions p where r.name = 'helper' and p.name in ('users:read', 'users:write');
        insert into user_roles (user_id, role_id, assigned_at) select u.id, r.id, r.created_at
          from users u, roles r where u.username = 'helper' and r.name = 'helper'";
    world.db_run(write).await;
    world
        .db_run(
            "insert into second_factors (user_id, secret, confirmed_at, last_step)
             select id, '', created_at, 1 from users where username = 'other'",
        )
        .await;
    let before = world.fingerprint().await;
    let remove = async |who: &Person<'_>, id: &Value| {
        outcome(&who.run(REMOVE_OF, json!({ "id": id })).await, "removeUserSecondFactor")
    };
    assert_eq!(remove(&world.member("omar").await, &id).await, "FORBIDDEN");
    assert_eq!(remove(&helper, &json!(other.id)).await, "FORBIDDEN", "who may do more");
    assert_eq!(remove(&other, &json!(other.id)).await, "FORBIDDEN", "oneself");
    assert_eq!(remove(&other, &id).await, "SECOND_FACTOR_REQUIRED");
    assert_eq!(remove(&root, &json!(helper.id)).await, "NOT_FOUND userId", "who has none");
    world.db_run("delete from users where username = 'omar'").await;
    let changed: Vec<(String, String)> = before
        .lines()
        .zip(world.fingerprint().await.lines())
        .filter(|(old, new)| old != new)
        .map(|(old, new)| (old.to_owned(), new.to_owned()))
        .collect();
    assert_eq!(changed, Vec::new());
    assert_eq!(remove(&helper, &id).await, "ok");
    tove.sign_in(&world, json!({})).await.field("signIn");
    let told = "security_events where kind = 'second_factor_removed' and device is null and address is null";
    assert_eq!(count(&world, told).await, 1, "the owner hears of it, not from where");
    assert_eq!(count(&world, "audit_log where action = 'second_factor.remove' and actor_id is not null").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_shown_again_to_whoever_shows_the_factor_again() {
    let world = World::with(Start::Empty, |config| config.auth.user_session_timeout = 7200).await;
    let tove = Enrolled::new(&world, "tove").await;
    let made = tove
        .person
        .run(
            "mutation { createApiKey(input: { name: \"K\", scopes: [CONVERSATIONS_READ] }) { apiKey { id } } }",
            json!({}),
        )
        .await;
    let key = made.field("createApiKey")["apiKey"]["id"].clone();
    let begun = json!({ "currentPassword": PASSWORD, "idempotencyKey": "b" });
    let calls = [
        ("createApiKey", "secret", json!({ "name": "K", "scopes": ["CONVERSATIONS_READ"], "idempotencyKey": "c" })),
        ("rotateApiKey", "secret", json!({ "apiKeyId": key, "idempotencyKey": "r" })),
        ("regenerateRecoveryCodes", "recoveryCodes", json!({ "idempotencyKey": "g" })),
        ("trustDevice", "deviceToken", json!({ "idempotencyKey": "t" })),
        ("beginTotp", "secret", begun),
    ];
    let call = async |(name, secret, input): &(&'static str, &str, Value)| {
        tove.person.run(&mutation(name, secret), json!({ "input": input })).await
    };
    let mut first = Vec::new();
    for made in &calls {
        first.push(call(made).await.field(made.0)[made.1].clone());
    }
    let other = begin(&tove.person).await;
    let confirmed = ("confirmTotp", "recoveryCodes", json!({ "code": code(&world, &other, 0), "idempotencyKey": "n" }));
    call(&confirmed).await.field("confirmTotp");
    world.clock.advance(TimeDelta::seconds(901));
    for made in calls.iter().chain([&confirmed]) {
        assert_eq!(call(made).await.code(), "SECOND_FACTOR_REQUIRED", "{}", made.0);
    }
    let now = json!({ "input": { "secondFactor": { "totp": code(&world, &other, 0) } } });
    tove.person.run(super::SHOW, now).await.field("confirmSecondFactor");
    for (made, first) in calls.iter().zip(first).take(4) {
        assert_eq!(call(made).await.field(made.0)[made.1], first, "{}", made.0);
    }
    // Who rotates a key or makes codes worthless is not the only one to know.
    for kind in ["api_key_rotated", "recovery_codes_regenerated"] {
        assert_eq!(count(&world, &format!("security_events where kind = '{kind}'")).await, 1, "{kind}");
    }
}
