//! What a key never sees and never does.

use harness::World;
use serde_json::{Value, json};

use super::{VIEWER, acts_as, made, reading};

#[tokio::test(flavor = "multi_thread")]
async fn no_key_sees_the_ways_into_the_account() {
    let world = World::empty().await;
    let (root, ines) = (world.admin("root").await, world.member("ines").await);
    let lists = "viewer { email emailVerifiedAt lastSignedInAt secondFactor { since } sessions { totalCount }
        devices { totalCount } identities { totalCount } apiKeys { totalCount } securityEvents { totalCount } }";
    let (secret, key) = made(&ines, reading()).await;
    let session = ines
        .run(
            "{ viewer { sessions { nodes { id } } devices { nodes { id } } securityEvents { nodes { id } } } }",
            json!({}),
        )
        .await
        .field("viewer")
        .clone();
    let ids = [
        json!(key),
        session["sessions"]["nodes"][0]["id"].clone(),
        session["devices"]["nodes"][0]["id"].clone(),
        session["securityEvents"]["nodes"][0]["id"].clone(),
    ];
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }";
    let found = ines.run(nodes, json!({ "ids": ids })).await;
    assert!(found.field("nodes").as_array().unwrap().iter().all(|node| !node.is_null()), "{:#}", found.body);
    assert_eq!(ines.run(&format!("{{ {lists} }}"), json!({})).await.field("viewer")["email"], "ines@people.test");
    let service = made(&root, json!({ "name": "S", "scopes": ["CONVERSATIONS_READ"], "mayActAsOthers": true })).await.0;
    let program = ines.with_token(&secret);
    for answer in [
        program.run(&format!("{{ {lists} }}"), json!({})).await,
        acts_as(&world, &service, "ines", &format!("{{ {lists} }}")).await,
    ] {
        let viewer = answer.field("viewer").as_object().unwrap().clone();
        assert!(viewer.values().all(Value::is_null), "{viewer:?}");
    }
    let hidden = program.run(nodes, json!({ "ids": ids })).await;
    assert_eq!(hidden.field("nodes"), &json!([null, null, null, null]));
    // What it may do, and whether the account is well, it has to know.
    let own = program.run("{ viewer { state permissions roleAssignments { totalCount } } }", json!({})).await;
    assert_eq!(own.field("viewer")["state"], "ACTIVE");
    assert_eq!(own.field("viewer")["roleAssignments"]["totalCount"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_outlasts_a_key_is_done_with_one() {
    let world = World::empty().await;
    let (root, other) = (world.admin("root").await, world.admin("other").await);
    let ines = world.member("ines").await;
    world
        .db_run(
            "insert into second_factors (user_id, secret, confirmed_at, last_step)
                 select id, '', created_at, 1 from users where username = 'ines'",
        )
        .await;
    let all = root.run("{ viewer { permissions } roles { nodes { id name } } }", json!({})).await;
    let role = all.field("roles")["nodes"][0]["id"].as_str().unwrap().to_owned();
    let scopes = all.field("viewer")["permissions"].clone();
    let secret = made(&root, json!({ "name": "All", "scopes": scopes, "mayActAsOthers": true })).await.0;
    let before = world.fingerprint().await;
    let (root_id, ines_id) = (&root.id, &ines.id);
    for mutation in [
        format!("assignRole(input: {{ userId: \"{ines_id}\", roleId: \"{role}\" }})"),
        format!("grantPermission(input: {{ roleId: \"{role}\", permission: JOBS_WRITE }})"),
        format!("createUser(input: {{ username: \"made\", roleId: \"{role}\" }})"),
        "createUser(input: { username: \"made\", password: \"correct horse\" })".to_owned(),
        format!("createInvitation(input: {{ roleId: \"{role}\" }})"),
        format!("removeUserSecondFactor(input: {{ userId: \"{ines_id}\" }})"),
        format!("updateUser(input: {{ id: \"{ines_id}\", email: \"mine@people.test\" }})"),
        // The account of whoever answers for it is their own, in whosever name they act.
        format!("updateUser(input: {{ id: \"{root_id}\", displayName: \"Other\" }})"),
        format!("suspendUser(input: {{ id: \"{root_id}\", reason: \"x\" }})"),
        format!("deleteUser(input: {{ id: \"{root_id}\" }})"),
    ] {
        for name in ["root", "other"] {
            let document = format!("mutation {{ {mutation} {{ userErrors {{ code }} }} }}");
            let answer = acts_as(&world, &secret, name, &document).await;
            assert_eq!(answer.code(), "FORBIDDEN", "{mutation}: {:#}", answer.body);
        }
    }
    assert_eq!(world.fingerprint().await, before);
    assert_eq!(other.run(VIEWER, json!({})).await.status.as_u16(), 200);
    // An account without a way in is no way in.
    let plain = "mutation { createUser(input: { username: \"plain\" }) { user { id } userErrors { code } } }";
    acts_as(&world, &secret, "root", plain).await.field("createUser");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_sessions_are_ended_for_those_who_may_do_no_more() {
    let world = World::empty().await;
    let (root, helper, ines) = (world.admin("root").await, world.member("helper").await, world.member("ines").await);
    made(&root, reading()).await;
    made(&ines, reading()).await;
    world
        .db_run(
            "insert into roles (id, name, description, created_at, updated_at)
                 select gen_random_uuid(), 'helper', '', created_at, created_at from users where username = 'root';
                 insert into role_permissions (role_id, permission_id, created_at) select r.id, p.id, r.created_at
                   from roles r, permissions p where r.name = 'helper' and p.name in ('users:read', 'users:write');
                 insert into user_roles (user_id, role_id, assigned_at) select u.id, r.id, r.created_at
                   from users u, roles r where u.username = 'helper' and r.name = 'helper'",
        )
        .await;
    let before = world.fingerprint().await;
    let run = async |name: &str, id: &str| {
        let upper = name[..1].to_uppercase() + &name[1..];
        let document =
            format!("mutation($input: {upper}Input!) {{ {name}(input: $input) {{ userErrors {{ code path }} }} }}");
        helper.run(&document, json!({ "input": { "userId": id } })).await
    };
    for name in ["endUserSessions", "revokeUserApiKeys"] {
        assert_eq!(run(name, &root.id).await.code(), "FORBIDDEN", "{name}");
    }
    assert_eq!(world.fingerprint().await, before);
    for (name, kind) in [("endUserSessions", "sessions_ended"), ("revokeUserApiKeys", "api_key_revoked")] {
        run(name, &ines.id).await.field(name);
        let told = format!(
            "select count(*) from security_events where kind = '{kind}' and device is null and address is null"
        );
        assert_eq!(world.number(&told).await, 1, "{name}: told, but not from where");
    }
}
