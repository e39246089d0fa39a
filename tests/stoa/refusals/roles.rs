//! Roles that cannot be made, given or taken.

use harness::World;
use serde_json::json;

use super::{Cast, Inquiry, cast::make, document};

#[tokio::test(flavor = "multi_thread")]
async fn names_of_roles_are_plain_and_free() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    for name in ["Upper", "1st", "_x", "-x", "a b", "a.b", "ä", "aé", "🌿", "a\n", "a/b", "a'b", "role\u{200b}"] {
        inquiry.refuses(&cast.root, "createRole", json!({ "name": name }), &["INVALID name"]).await;
    }
    for name in ["admin", "subscriber", "viewer", "helper"] {
        inquiry.refuses(&cast.root, "createRole", json!({ "name": name }), &["CONFLICT name"]).await;
    }
    for name in ["a", "z9_-"] {
        inquiry.accepts(&cast.root, "createRole", json!({ "name": name })).await;
    }
    for name in ["a", "z9_-"] {
        inquiry.refuses(&cast.root, "createRole", json!({ "name": name }), &["CONFLICT name"]).await;
    }
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hands_on_or_takes_what_they_do_not_hold() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let boss = json!({ "name": "boss", "permissions": ["ROLES_READ", "ROLES_WRITE", "USERS_READ"] });
    let boss = make(&cast.root, "createRole", boss).await["id"].clone();
    make(&cast.root, "assignRole", json!({ "userId": cast.omar.id, "roleId": boss })).await;
    // Omar manages roles and does not invite.
    let host = json!({ "name": "host", "permissions": ["USERS_WRITE"] });
    let host = make(&cast.root, "createRole", host).await["id"].clone();
    let mut inquiry = Inquiry::begin(&world).await;
    for (mutation, input) in [
        ("grantPermission", json!({ "roleId": cast.helper, "permission": "USERS_WRITE" })),
        ("revokePermission", json!({ "roleId": host, "permission": "USERS_WRITE" })),
        ("assignRole", json!({ "userId": cast.omar.id, "roleId": cast.admin })),
        ("assignRole", json!({ "userId": cast.omar.id, "roleId": host })),
        ("removeRole", json!({ "userId": cast.root.id, "roleId": cast.admin })),
        ("createRole", json!({ "name": "more", "permissions": ["ROLES_READ", "USERS_WRITE"] })),
    ] {
        inquiry.fails(&cast.omar, &document(mutation), json!({ "input": input }), "FORBIDDEN", mutation).await;
        // Without any right to roles, what the input says does not matter.
        inquiry.fails(&cast.ines, &document(mutation), json!({ "input": input }), "FORBIDDEN", mutation).await;
        inquiry.fails(&cast.nobody, &document(mutation), json!({ "input": input }), "UNAUTHENTICATED", mutation).await;
    }
    let own = json!({ "roleId": boss, "permission": "USERS_READ" });
    inquiry.accepts(&cast.omar, "grantPermission", own).await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_administers() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let last = json!({ "userId": cast.root.id, "roleId": cast.admin });
    inquiry.refuses(&cast.root, "removeRole", last.clone(), &["CONFLICT userId"]).await;
    let ends = json!({ "userId": cast.root.id, "roleId": cast.admin, "expiresAt": "2026-07-01T00:00:00Z" });
    inquiry.refuses(&cast.root, "assignRole", ends, &["CONFLICT userId"]).await;
    for permission in ["ROLES_WRITE", "ROLES_READ", "USERS_WRITE", "CONVERSATIONS_READ", "STATS_READ"] {
        let input = json!({ "roleId": cast.admin, "permission": permission });
        inquiry.refuses(&cast.root, "revokePermission", input, &["CONFLICT permission"]).await;
    }
    // A second one for a while, or who cannot sign in, is none.
    let second = |ends: Option<&str>| json!({ "userId": cast.omar.id, "roleId": cast.admin, "expiresAt": ends });
    inquiry.accepts(&cast.root, "assignRole", second(Some("2027-01-01T00:00:00Z"))).await;
    inquiry.refuses(&cast.root, "removeRole", last.clone(), &["CONFLICT userId"]).await;
    inquiry.accepts(&cast.root, "assignRole", second(None)).await;
    inquiry.accepts(&cast.root, "removeRole", last).await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_make_sense() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let grant = |condition: &serde_json::Value| json!({ "roleId": cast.helper, "permission": "CONVERSATIONS_READ", "condition": condition });
    let hours = |from: &str, to: &str, zone: &str| json!({ "time": { "from": from, "to": to, "zone": zone } });
    let many = |count: usize| json!({ "network": vec!["10.0.0.0/8"; count] });
    for bad in [
        json!({ "owner": false }),
        json!({ "all": [] }),
        json!({ "any": [] }),
        json!({ "network": [] }),
        json!({ "network": ["10.0.0.0/33"] }),
        json!({ "network": ["10.0.0.0/8", "hush"] }),
        json!({ "network": ["10.0.0.1\u{0}/8"] }),
        json!({ "secondFactor": 0 }),
        json!({ "secondFactor": 86_401 }),
        json!({ "secondFactor": -1 }),
        json!({ "time": { "days": [], "from": "09:00", "to": "17:00", "zone": "UTC" } }),
        hours("9:00", "17:00", "UTC"),
        hours("09:00", "24:00", "UTC"),
        hours("09:60", "17:00", "UTC"),
        hours("09:00\u{0}", "17:00", "UTC"),
        hours("09:00", "17:00", "Mars/Olympus"),
        hours("09:00", "17:00", ""),
        json!({ "not": { "not": { "not": { "not": { "owner": true } } } } }),
        json!({ "any": [many(31), { "owner": true }] }),
        many(33),
    ] {
        inquiry.refuses(&cast.root, "grantPermission", grant(&bad), &["INVALID condition"]).await;
    }
    let nobodys =
        json!({ "roleId": cast.helper, "permission": "USERS_READ", "condition": { "not": { "owner": true } } });
    inquiry.refuses(&cast.root, "grantPermission", nobodys, &["INVALID condition"]).await;
    for good in [
        json!({ "owner": true }),
        many(32),
        json!({ "secondFactor": 86_400 }),
        hours("22:00", "06:00", "America/Argentina/Buenos_Aires"),
        json!({ "not": { "all": [{ "any": [{ "network": ["::1/128"] }] }] } }),
    ] {
        inquiry.accepts(&cast.root, "grantPermission", grant(&good)).await;
    }
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_taken_from_those_who_hold_it() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let input = json!({ "userId": cast.omar.id, "roleId": cast.helper });
    inquiry.refuses(&cast.root, "removeRole", input.clone(), &["NOT_FOUND roleId"]).await;
    inquiry.accepts(&cast.root, "assignRole", input.clone()).await;
    inquiry.accepts(&cast.root, "removeRole", input.clone()).await;
    inquiry.refuses(&cast.root, "removeRole", input, &["NOT_FOUND roleId"]).await;
    inquiry.close();
}
