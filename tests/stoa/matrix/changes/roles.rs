//! Roles and who holds them.

use entity::id::RoleId;
use serde_json::json;
use stoa::graphql::id::WireId;

use crate::matrix::cases::{Case, change};
use crate::matrix::scene::COLUMNS;

const SPARE: &str = "delete from roles where name = 'spare';
    insert into roles (id, name, created_at, updated_at)
    values ('00000000-0000-7000-8000-000000000001', 'spare', '2026-01-01', '2026-01-01')";

pub fn roles() -> Vec<Case> {
    vec![
        change(
            "assignRole",
            "Gives the role viewer to the guest.",
            "assignment { role { name } }",
            |scene, _| json!({ "userId": scene.guest, "roleId": scene.roles[2] }),
        ),
        change(
            "assignRole: admin to oneself",
            "Makes oneself an administrator; anonymous and admin try it for the guest.",
            "assignment { role { name } }",
            |scene, at| {
                let guest = ["anonymous", "admin"].contains(&COLUMNS[at]);
                json!({ "userId": if guest { &scene.guest } else { &scene.people[at].id }, "roleId": scene.roles[0] })
            },
        ),
        change(
            "createRole",
            "Creates a role that may share.",
            "role { name }",
            |_, at| json!({ "name": format!("role-{at}"), "permissions": ["SHARES_WRITE"] }),
        ),
        change("deleteRole", "Deletes a role that nobody holds.", "deletedRoleId", |_, _| {
            let id: RoleId = uuid::Uuid::from_u128(1 | 7 << 76 | 2 << 62).into();
            json!({ "roleId": id.encode().to_string() })
        })
        .before(SPARE),
        change(
            "grantPermission",
            "Lets all subscribers see every user.",
            "role { permissions }",
            |scene, _| json!({ "roleId": scene.roles[1], "permission": "USERS_READ" }),
        ),
        change(
            "removeRole",
            "Takes the role subscriber from the guest.",
            "user { username }",
            |scene, _| json!({ "userId": scene.guest, "roleId": scene.roles[1] }),
        ),
        change(
            "revokePermission",
            "Forbids all subscribers to share.",
            "role { permissions }",
            |scene, _| json!({ "roleId": scene.roles[1], "permission": "SHARES_WRITE" }),
        ),
        change(
            "updateRole",
            "Has the role viewer inherit from subscriber.",
            "role { parent { name } }",
            |scene, _| json!({ "roleId": scene.roles[2], "parentId": scene.roles[1] }),
        ),
    ]
}
