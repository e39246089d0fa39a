//! Accounts and invitations.

use entity::id::SessionId;
use serde_json::json;
use stoa::graphql::id::WireId;

use super::THING;
use crate::matrix::cases::{Case, change};
use crate::matrix::scene::COLUMNS;

const AN_IMPERSONATION: &str = "delete from sessions where id = '00000000-0000-7000-8000-000000000001';
    insert into sessions (id, user_id, created_at, last_active_at, expires_at, idle_expires_at, impersonator_id,
                          impersonation_reason)
    select '00000000-0000-7000-8000-000000000001', o.id, o.created_at, o.created_at, '2030-01-01', '2030-01-01', a.id, 'help'
      from users o, users a where o.username = 'owner' and a.username = 'admin'";
const ACTIVE_GUEST: &str = "update users set state = 'active', state_reason = null where username = 'guest'";
const SUSPENDED_GUEST: &str = "update users set state = 'active', state_reason = null where username = 'guest'; update users set state = 'suspended' where username = 'guest'";
const DELETED_GUEST: &str = "update users set state = 'active', state_reason = null where username = 'guest'; update users set state = 'deleted' where username = 'guest'";

pub fn people() -> Vec<Case> {
    vec![
        change(
            "beginImpersonation",
            "Begins to work as the guest.",
            "accessToken",
            |scene, _| json!({ "userId": scene.guest, "reason": "help", "minutes": 5 }),
        ),
        change(
            "beginImpersonation: as the admin",
            "Begins to work as the admin; the admin tries the owner.",
            "accessToken",
            |scene, at| {
                let whom = if COLUMNS[at] == "admin" { "owner" } else { "admin" };
                json!({ "userId": scene.person(whom).id, "reason": "help", "minutes": 5 })
            },
        ),
        change(
            "endImpersonation",
            "Ends the session in which the admin works as the owner.",
            "endedSessionId",
            |_, _| json!({ "sessionId": SessionId(THING).encode().to_string() }),
        )
        .before(AN_IMPERSONATION),
        change(
            "createInvitation",
            "Makes a code with which somebody can register.",
            "invitationCode",
            |_, _| json!({}),
        ),
        change(
            "createInvitation: as an administrator",
            "Makes a code that gives the role admin.",
            "invitationCode",
            |scene, _| json!({ "roleId": scene.roles[0] }),
        ),
        change(
            "createUser",
            "Makes an account for somebody else.",
            "user { username }",
            |_, at| json!({ "username": format!("made-{at}") }),
        ),
        change("deactivateAccount", "Switches off one's own account.", "user { username }", |_, _| json!({})),
        change("deleteAccount", "Deletes one's own account.", "user { username }", |_, _| json!({})),
        change(
            "deleteUser",
            "Deletes the account of the guest.",
            "user { username }",
            |scene, _| json!({ "id": scene.guest }),
        )
        .before(ACTIVE_GUEST),
        change(
            "deleteUser: the administrator's",
            "Deletes the account of the admin.",
            "user { username }",
            |scene, _| json!({ "id": scene.person("admin").id }),
        ),
        change(
            "reactivateUser",
            "Lets the suspended guest in again.",
            "user { username }",
            |scene, _| json!({ "id": scene.guest }),
        )
        .before(SUSPENDED_GUEST),
        change(
            "restoreUser",
            "Brings the deleted account of the guest back.",
            "user { username }",
            |scene, _| json!({ "id": scene.guest }),
        )
        .before(DELETED_GUEST),
        change(
            "revokeInvitation",
            "Takes back an invitation of the admin's.",
            "invitation { state }",
            |scene, _| json!({ "id": scene.invitation }),
        )
        .before("update invitations set revoked_at = null"),
        change(
            "suspendUser",
            "Suspends the guest.",
            "user { username }",
            |scene, _| json!({ "id": scene.guest, "reason": "noise" }),
        )
        .before(ACTIVE_GUEST),
        change(
            "updateUser",
            "Renames oneself and changes one's own address.",
            "user { username }",
            |_, at| json!({ "displayName": format!("Me {at}"), "email": format!("me-{at}@people.test") }),
        ),
        change(
            "updateUser: the owner",
            "Renames the owner; the owner renames the guest.",
            "user { username }",
            |scene, at| {
                let owner = &scene.person("owner").id;
                let id = if COLUMNS[at] == "owner" { &scene.guest } else { owner };
                json!({ "id": id, "displayName": format!("You {at}") })
            },
        ),
    ]
}
