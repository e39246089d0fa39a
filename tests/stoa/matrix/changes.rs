//! The rows of the mutations.

use entity::confirmation::Purpose;
use entity::id::ConfirmationId;
use serde_json::json;
use stoa::auth::confirmation::ConfirmationToken;
use stoa::auth::refresh::RefreshToken;

use super::cases::{Case, IN_TRASH, change};
use super::scene::{COLUMNS, OWNER_EMAIL, column};

const PENDING: &str = "update tool_calls set status = 'pending', result = null, started_at = null, finished_at = null";

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
        change(
            "createInvitation",
            "Makes a code with which somebody can register.",
            "invitationCode",
            |_, _| json!({}),
        ),
        change(
            "demoSignIn",
            "Signs in without a password on a server that is not a demo.",
            tokens,
            |_, _| json!({ "username": "owner" }),
        ),
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
