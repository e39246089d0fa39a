//! Accounts that cannot be changed or closed, invitations that cannot be made or taken back, searches that make no sense.

use harness::World;
use serde_json::json;

use super::{Cast, Inquiry, cast::make, document};

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_accounts_are_checked_like_new_ones() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let mut inquiry = Inquiry::begin(&world).await;
    let long = "x".repeat(101);
    for (field, value, refusal) in [
        ("username", json!(null), "INVALID username"),
        ("username", json!("a b"), "INVALID username"),
        ("username", json!("12"), "INVALID username"),
        ("username", json!("OMAR"), "CONFLICT username"),
        ("handle", json!(null), "INVALID handle"),
        ("handle", json!("Ines"), "INVALID handle"),
        ("handle", json!("a.b"), "INVALID handle"),
        ("handle", json!("-a"), "INVALID handle"),
        ("handle", json!("a-"), "INVALID handle"),
        ("handle", json!("7"), "INVALID handle"),
        ("handle", json!(""), "INVALID handle"),
        ("handle", json!("x".repeat(65)), "INVALID handle"),
        ("handle", json!("018f3c1e-7a5b-7c3d-9e2f-000000000001"), "INVALID handle"),
        ("handle", json!("omar"), "CONFLICT handle"),
        ("displayName", json!(long), "INVALID displayName"),
        ("displayName", json!("a\nb"), "INVALID displayName"),
        ("email", json!("nowhere"), "INVALID email"),
        ("email", json!("OMAR@people.test"), "CONFLICT email"),
        ("id", json!("user_x"), "INVALID id"),
        ("expectedVersion", json!(7), "CONFLICT expectedVersion"),
    ] {
        let input = json!({ field: value });
        inquiry.refuses(&cast.ines, "updateUser", input, &[refusal]).await;
    }
    let twice = json!({ "username": "", "handle": "" });
    inquiry.refuses(&cast.ines, "updateUser", twice, &["INVALID handle", "INVALID username"]).await;
    // Zoe is nobody to Ines; Omar, whom she knows, is not hers to change.
    let input = |id: &str| json!({ "id": id, "displayName": "x" });
    inquiry.refuses(&cast.ines, "updateUser", input(&cast.zoe.id), &["NOT_FOUND id"]).await;
    let omar = json!({ "input": input(&cast.omar.id) });
    inquiry.fails(&cast.ines, &document("updateUser"), omar, "FORBIDDEN", "updateUser").await;
    inquiry.accepts(&cast.ines, "updateUser", json!({ "handle": "i_n-3s", "username": "I.n-es" })).await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_not_closed_by_just_anybody() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let support = json!({ "name": "support", "permissions": ["USERS_READ", "USERS_WRITE"] });
    let support = make(&cast.root, "createRole", support).await["id"].clone();
    make(&cast.root, "assignRole", json!({ "userId": cast.omar.id, "roleId": support })).await;
    let viewer = world.viewer("vera").await;
    let mut inquiry = Inquiry::begin(&world).await;
    for mutation in ["suspendUser", "reactivateUser", "deleteUser", "restoreUser"] {
        let input = |id: &str| match mutation {
            "suspendUser" => json!({ "id": id, "reason": "x" }),
            _ => json!({ "id": id }),
        };
        let call = document(mutation);
        // Oneself; whoever may do more; without the permission.
        for (person, id) in [(&cast.root, &cast.root.id), (&cast.omar, &cast.root.id), (&cast.ines, &cast.omar.id)] {
            inquiry.fails(person, &call, json!({ "input": input(id) }), "FORBIDDEN", mutation).await;
        }
        inquiry.refuses(&cast.root, mutation, input(&cast.talk), &["INVALID id"]).await;
    }
    // The address of an administrator would be a way to their password.
    let input = json!({ "input": { "id": cast.root.id, "email": "omar-2@people.test" } });
    inquiry.fails(&cast.omar, &document("updateUser"), input, "FORBIDDEN", "updateUser").await;
    for (field, value, refusal) in [
        ("reason", json!(""), "INVALID reason"),
        ("reason", json!("x".repeat(501)), "INVALID reason"),
        ("reason", json!("a\u{0}b"), "INVALID reason"),
        ("until", json!("2026-06-01T12:00:00Z"), "INVALID until"),
        ("expectedVersion", json!(0), "CONFLICT expectedVersion"),
    ] {
        let input = cast.with("suspendUser", field, value);
        inquiry.refuses(&cast.root, "suspendUser", input, &[refusal]).await;
    }
    for mutation in ["deactivateAccount", "deleteAccount"] {
        inquiry.refuses(&cast.root, mutation, json!({}), &["CONFLICT"]).await;
    }
    inquiry.accepts(&cast.omar, "suspendUser", json!({ "id": viewer.id, "reason": "x" })).await;
    inquiry.accepts(&cast.omar, "deleteUser", json!({ "id": viewer.id })).await;
    let suspend = json!({ "id": viewer.id, "reason": "x" });
    inquiry.refuses(&cast.omar, "suspendUser", suspend, &["CONFLICT id"]).await;
    inquiry.refuses(&cast.omar, "reactivateUser", json!({ "id": viewer.id }), &["CONFLICT id"]).await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_accounts_that_may_do_more() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let host = json!({ "name": "host", "permissions": ["USERS_WRITE", "ROLES_READ"] });
    let host = make(&cast.root, "createRole", host).await["id"].clone();
    make(&cast.root, "assignRole", json!({ "userId": cast.omar.id, "roleId": host })).await;
    let mut inquiry = Inquiry::begin(&world).await;
    for mutation in ["createUser", "createInvitation"] {
        let input = |role: &serde_json::Value| match mutation {
            "createUser" => json!({ "username": "made", "roleId": role }),
            _ => json!({ "roleId": role }),
        };
        let more = json!({ "input": input(&json!(cast.admin)) });
        inquiry.fails(&cast.omar, &document(mutation), more, "FORBIDDEN", mutation).await;
        inquiry.refuses(&cast.omar, mutation, input(&json!("role_x")), &["INVALID roleId"]).await;
        let none = json!("role_01h455vb4pex5vsknk084sn02q");
        inquiry.refuses(&cast.omar, mutation, input(&none), &["NOT_FOUND roleId"]).await;
        inquiry.accepts(&cast.omar, mutation, input(&host)).await;
    }
    for (field, value, refusal) in [
        ("username", json!("ines"), "CONFLICT username"),
        ("email", json!("ines@people.test"), "CONFLICT email"),
        ("password", json!("short"), "INVALID password"),
        ("displayName", json!(""), "INVALID displayName"),
    ] {
        inquiry.refuses(&cast.root, "createUser", cast.with("createUser", field, value), &[refusal]).await;
    }
    inquiry.accepts(&cast.root, "revokeInvitation", json!({ "id": cast.invitation })).await;
    let missing = json!({ "id": "invite_01h455vb4pex5vsknk084sn02q" });
    inquiry.refuses(&cast.root, "revokeInvitation", missing, &["NOT_FOUND id"]).await;
    inquiry.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_are_short_and_private_fields_private() {
    let world = World::empty().await;
    let cast = Cast::enter(&world).await;
    let query = "query($filter: UserFilter!) { users(filter: $filter) { totalCount } }";
    let mut inquiry = Inquiry::begin(&world).await;
    for field in ["search", "similarTo"] {
        for text in ["", "  ", "a\u{0}b", "a\nb", &"x".repeat(101)] {
            let filter = json!({ "filter": { field: text } });
            inquiry.fails(&cast.root, query, filter, "INVALID", &format!("users filter.{field}")).await;
        }
    }
    for field in ["lastSignedInFrom", "lastSignedInBefore"] {
        let filter = json!({ "filter": { field: "2026-06-01T12:00:00Z" } });
        inquiry.fails(&cast.ines, query, filter.clone(), "FORBIDDEN", "users").await;
        inquiry.answers(&cast.root, query, filter, None).await;
    }
    inquiry.close();
}
