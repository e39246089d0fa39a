//! Registering, signing in and out, passwords, addresses, and other providers.

use entity::confirmation::Purpose;
use entity::id::{ConfirmationId, IdentityId};
use serde_json::json;
use stoa::auth::confirmation::ConfirmationToken;
use stoa::auth::refresh::RefreshToken;
use stoa::graphql::id::WireId;

use super::THING;
use crate::matrix::cases::{Case, change};
use crate::matrix::scene::OWNER_EMAIL;

const AN_IDENTITY: &str = "delete from identities;
    insert into identities (id, user_id, provider, issuer, subject, linked_at)
    select '00000000-0000-7000-8000-000000000001', id, 'acme', 'https://id.example.org', 'owner', created_at
      from users where username = 'owner'";

pub fn ways_in() -> Vec<Case> {
    let tokens = "accessToken refreshToken user { username }";
    vec![
        change(
            "changePassword",
            "Changes one's own password by a guess of the old one; nobody here has any.",
            "endedSessions",
            |_, _| json!({ "currentPassword": "correct horse", "newPassword": "seven green herons" }),
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
        )
        .before("delete from sign_in_guards"),
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
