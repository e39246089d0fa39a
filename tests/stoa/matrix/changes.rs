//! The rows of the mutations.

use entity::confirmation::Purpose;
use entity::id::{ApiKeyId, ConfirmationId, DeviceId, IdentityId, SessionId};
use serde_json::{Value, json};
use stoa::auth::confirmation::ConfirmationToken;
use stoa::auth::refresh::RefreshToken;
use stoa::graphql::id::WireId;
use uuid::Uuid;

use super::cases::{A_KEY, Case, IN_TRASH, change};
use super::scene::{COLUMNS, OWNER_EMAIL, column};

const ACTIVE_GUEST: &str = "update users set state = 'active', state_reason = null where username = 'guest'";
const SUSPENDED_GUEST: &str = "update users set state = 'active', state_reason = null where username = 'guest'; update users set state = 'suspended' where username = 'guest'";
const DELETED_GUEST: &str = "update users set state = 'active', state_reason = null where username = 'guest'; update users set state = 'deleted' where username = 'guest'";
const PENDING: &str = "update tool_calls set status = 'pending', result = null, started_at = null, finished_at = null";

/// The id of what is made for a cell.
const THING: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001);
const A_SESSION: &str = "delete from sessions where id = '00000000-0000-7000-8000-000000000001';
    insert into sessions (id, user_id, created_at, last_active_at, expires_at, idle_expires_at)
    select '00000000-0000-7000-8000-000000000001', id, created_at, created_at, '2030-01-01', '2030-01-01'
      from users where username = 'owner'";
const A_DEVICE: &str = "delete from devices where id = '00000000-0000-7000-8000-000000000001';
    insert into devices (id, user_id, fingerprint, name, platform, trusted_until, created_at, updated_at, last_seen_at)
    select '00000000-0000-7000-8000-000000000001', id, '', 'Mine', 'browser', '2030-01-01', created_at, created_at,
           created_at
      from users where username = 'owner'";

fn key() -> Value {
    json!({ "apiKeyId": ApiKeyId(THING).encode().to_string() })
}
/// Everybody has a second factor, which they have just shown.
const SECOND_FACTORS: &str = "delete from second_factors; delete from sign_in_guards;
    insert into second_factors (user_id, secret, confirmed_at, last_step) select id, '', created_at, 1 from users;
    insert into recovery_codes (user_id, hash) select id, '' from users;
    update sessions set second_factor_at = '2026-06-01T12:00:00Z'";
/// Everybody had to show it again.
const STALE_FACTORS: &str = "delete from second_factors;
    insert into second_factors (user_id, secret, confirmed_at, last_step) select id, '', created_at, 1 from users;
    update sessions set second_factor_at = '2026-06-01T11:44:59Z'";
const AN_IDENTITY: &str = "delete from identities;
    insert into identities (id, user_id, provider, issuer, subject, linked_at)
    select '00000000-0000-7000-8000-000000000001', id, 'acme', 'https://id.example.org', 'owner', created_at
      from users where username = 'owner'";

fn device() -> Value {
    json!({ "deviceId": DeviceId(THING).encode().to_string() })
}

pub fn conversations() -> Vec<Case> {
    vec![
        change(
            "appendMessage",
            "Writes in the private conversation as oneself (role USER).",
            "message { content }",
            |scene, _| json!({ "conversationId": scene.talk, "content": "hello" }),
        ),
        change(
            "appendMessage: as the model",
            "The same as a model's answer (role ASSISTANT).",
            "message { content }",
            |scene, _| json!({ "conversationId": scene.talk, "content": "hello", "role": "ASSISTANT" }),
        ),
        change(
            "createConversation",
            "Starts a conversation of one's own.",
            "conversation { title }",
            |_, at| json!({ "title": format!("Mine {at}") }),
        ),
        change(
            "deleteConversation",
            "Puts the private conversation into the trash.",
            "conversation { title }",
            |scene, _| json!({ "conversationId": scene.talk }),
        ),
        change(
            "editMessage",
            "Replaces the text of the owner's message.",
            "message { content }",
            |scene, at| json!({ "messageId": scene.message, "content": format!("edit {at}") }),
        ),
        change(
            "editMessage: one's own",
            "Replaces the text of a message that one wrote; of the owner's where there is none. \
            The reader wrote it before they were set back to READ.",
            "message { content }",
            |scene, at| {
                let id = scene.own_messages[at].as_ref().unwrap_or(&scene.message);
                json!({ "messageId": id, "content": format!("edit {at}") })
            },
        ),
        change(
            "purgeConversation",
            "Removes the private conversation, which is in the trash, for ever.",
            "purgedId",
            |scene, _| json!({ "conversationId": scene.talk }),
        )
        .before(IN_TRASH),
        change(
            "recordToolCall",
            "Records a tool call on the owner's message.",
            "toolCall { toolName }",
            |scene, _| json!({ "messageId": scene.message, "toolName": "clock", "arguments": { "json": {} } }),
        ),
        change(
            "recordToolResult",
            "Records what came of the owner's tool call.",
            "toolCall { toolName result }",
            |scene, at| json!({ "toolCallId": scene.tool_call, "outcome": { "result": at } }),
        )
        .before(PENDING),
        change(
            "restoreConversation",
            "Takes the private conversation out of the trash.",
            "conversation { title }",
            |scene, _| json!({ "conversationId": scene.talk }),
        )
        .before(IN_TRASH),
        change(
            "revokeShare",
            "Takes back the share of somebody else (the reader's; the reader tries the commenter's).",
            "revokedId",
            |scene, at| {
                let reader = column("reader");
                let whose = if at == reader { column("commenter") } else { reader };
                json!({ "shareId": scene.shares[whose] })
            },
        ),
        change(
            "revokeShare: one's own",
            "Gives up the share that one was given; tries that of roleless where one has none.",
            "revokedId",
            |scene, at| {
                let other = &scene.shares[column("roleless")];
                json!({ "shareId": scene.shares[at].as_ref().or(other.as_ref()) })
            },
        ),
        change(
            "shareConversation",
            "Shares the private conversation with a guest.",
            "share { level }",
            |scene, _| json!({ "conversationId": scene.talk, "grantee": { "id": scene.guest }, "level": "READ" }),
        ),
        change("shareConversation: to oneself", "Raises one's own share to WRITE.", "share { level }", |scene, at| {
            json!({ "conversationId": scene.talk, "level": "WRITE",
                "grantee": { "username": COLUMNS[at] } })
        }),
        change(
            "updateConversation",
            "Gives the private conversation another title.",
            "conversation { title }",
            |scene, at| json!({ "conversationId": scene.talk, "title": format!("Title {at}") }),
        ),
    ]
}

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
    ]
}

pub fn accounts() -> Vec<Case> {
    let tokens = "accessToken refreshToken user { username }";
    vec![
        change(
            "changePassword",
            "Changes one's own password by a guess of the old one; nobody here has any.",
            "endedSessions",
            |_, _| json!({ "currentPassword": "correct horse", "newPassword": "seven green herons" }),
        ),
        change("beginTotp", "Makes a secret for one's own authenticator.", "secret uri", |_, _| json!({})),
        change(
            "beginTotp: in the place of another",
            "The same where one's second factor was shown too long ago.",
            "secret uri",
            |_, _| json!({}),
        )
        .before(STALE_FACTORS),
        change(
            "confirmTotp",
            "Confirms an authenticator that nobody has begun with.",
            "recoveryCodes",
            |_, _| json!({ "code": "123456" }),
        ),
        change(
            "confirmSecondFactor",
            "Shows a recovery code that is none.",
            "recentUntil",
            |_, _| json!({ "secondFactor": { "recoveryCode": "ABCD-EFGH-IJKL-MNOP" } }),
        )
        .before(SECOND_FACTORS),
        change(
            "regenerateRecoveryCodes",
            "Replaces one's own recovery codes.",
            "recoveryCodes secondFactor { since }",
            |_, _| json!({}),
        )
        .before(SECOND_FACTORS),
        change("removeSecondFactor", "Removes one's own second factor.", "user { username }", |_, _| json!({}))
            .before(SECOND_FACTORS),
        change(
            "removeUserSecondFactor",
            "Removes the second factor of the guest.",
            "user { username }",
            |scene, _| json!({ "userId": scene.guest }),
        )
        .before(SECOND_FACTORS),
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
            "demoSignIn",
            "Signs in without a password on a server that is not a demo.",
            tokens,
            |_, _| json!({ "username": "owner" }),
        ),
        change(
            "reactivateUser",
            "Lets the suspended guest in again.",
            "user { username }",
            |scene, _| json!({ "id": scene.guest }),
        )
        .before(SUSPENDED_GUEST),
        change(
            "refreshSession",
            "Goes on with one's own session; with a forged token where nobody is signed in.",
            tokens,
            |scene, at| {
                let token = scene.people[at].session.map(|session| RefreshToken { session, generation: 0 });
                let token = token.map_or("stoa_rt_AAAA".to_owned(), |token| token.write(&scene.world.app.tokens));
                json!({ "refreshToken": token })
            },
        ),
        change(
            "register",
            "Makes a new account, where registration is open.",
            tokens,
            |_, at| json!({ "username": format!("newcomer-{at}"), "password": "correct horse" }),
        ),
        change("requestEmailVerification", "Asks for a mail to one's own address.", "email", |_, _| json!({})),
        change(
            "requestPasswordReset",
            "Asks for a mail to the owner's address; nobody learns whether it is one.",
            "requested",
            |_, _| json!({ "email": OWNER_EMAIL }),
        ),
        change(
            "resetPassword",
            "Sets a password with a token that the service has made for nobody.",
            "endedSessions",
            |scene, _| {
                let token = ConfirmationToken {
                    id: ConfirmationId(scene.world.app.clock.new_id()),
                    purpose: Purpose::PasswordReset,
                };
                json!({ "token": token.write(&scene.world.app.tokens), "newPassword": "seven green herons" })
            },
        ),
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
            "signIn",
            "Signs in with the right password of the guest.",
            tokens,
            |_, _| json!({ "identifier": "guest", "password": "correct horse" }),
        ),
        change(
            "signIn: as the owner",
            "Signs in as the owner with a guessed password.",
            tokens,
            |_, _| json!({ "identifier": "owner", "password": "correct horse" }),
        )
        .before("delete from sign_in_guards"),
        change(
            "createApiKey",
            "Makes a key that reads conversations.",
            "secret apiKey { name }",
            |_, at| json!({ "name": format!("Key {at}"), "scopes": ["CONVERSATIONS_READ"] }),
        ),
        change(
            "createApiKey: for other people",
            "Makes a key that acts as anybody.",
            "secret apiKey { name }",
            |_, _| json!({ "name": "All", "scopes": ["CONVERSATIONS_READ"], "mayActAsOthers": true }),
        ),
        change(
            "renameApiKey",
            "Gives a key of the owner's another name.",
            "apiKey { id }",
            |_, at| json!({ "apiKeyId": ApiKeyId(THING).encode().to_string(), "name": format!("Mine {at}") }),
        )
        .before(A_KEY),
        change("revokeApiKey", "Ends a key of the owner's.", "revokedApiKeyId", |_, _| key()).before(A_KEY),
        change(
            "revokeUserApiKeys",
            "Ends all keys of the guest.",
            "revokedApiKeys",
            |scene, _| json!({ "userId": scene.guest }),
        ),
        change("rotateApiKey", "Takes another secret for a key of the owner's.", "secret apiKey { id }", |_, _| key())
            .before(A_KEY),
        change("endOtherSessions", "Ends all of one's own sessions but this one.", "endedSessions", |_, _| json!({})),
        change(
            "endSession",
            "Ends a session of the owner's.",
            "session { id }",
            |_, _| json!({ "sessionId": SessionId(THING).encode().to_string() }),
        )
        .before(A_SESSION),
        change(
            "endUserSessions",
            "Ends all sessions of the guest.",
            "endedSessions",
            |scene, _| json!({ "userId": scene.guest }),
        ),
        change("forgetDevice", "Forgets a device of the owner's.", "deletedDeviceId endedSessions", |_, _| device())
            .before(A_DEVICE),
        change(
            "renameDevice",
            "Gives a device of the owner's another name.",
            "device { id }",
            |_, at| json!({ "deviceId": DeviceId(THING).encode().to_string(), "name": format!("Mine {at}") }),
        )
        .before(A_DEVICE),
        change("trustDevice", "Trusts the device that one is using.", "device { id } deviceToken", |_, _| json!({})),
        change(
            "beginFederatedSignIn",
            "Begins a sign-in with a provider that there is not.",
            "authorizationUrl flowToken",
            |_, _| json!({ "provider": "acme", "redirectUri": "https://chat.example.org/" }),
        ),
        change(
            "completeFederatedSignIn",
            "Completes a sign-in that nobody has begun.",
            tokens,
            |_, _| json!({ "flowToken": "stoa_fl_x", "state": "x", "code": "x" }),
        ),
        change(
            "linkIdentity",
            "Links an identity by a sign-in that nobody has begun.",
            "identity { id }",
            |_, _| json!({ "flowToken": "stoa_fl_x", "state": "x", "code": "x" }),
        ),
        change(
            "unlinkIdentity",
            "Takes the owner's identity from their account; it is the only way into it.",
            "deletedIdentityId",
            |_, _| json!({ "identityId": IdentityId(THING).encode().to_string() }),
        )
        .before(AN_IDENTITY),
        change("untrustDevice", "Trusts a device of the owner's no more.", "device { id }", |_, _| device())
            .before(A_DEVICE),
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
        change("signOut", "Ends all of one's own sessions.", "endedSessions", |_, _| json!({ "allSessions": true })),
        change(
            "verifyEmail",
            "Verifies an address with a token that the service has made for nobody.",
            "verifiedAt",
            |scene, _| {
                let token = ConfirmationToken {
                    id: ConfirmationId(scene.world.app.clock.new_id()),
                    purpose: Purpose::EmailVerification,
                };
                json!({ "token": token.write(&scene.world.app.tokens) })
            },
        ),
    ]
}
