//! Sessions, devices, API keys and second factors.

use entity::id::{ApiKeyId, DeviceId, SessionId};
use serde_json::{Value, json};
use stoa::graphql::id::WireId;

use super::THING;
use crate::matrix::cases::{A_KEY, Case, change};

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

fn device() -> Value {
    json!({ "deviceId": DeviceId(THING).encode().to_string() })
}

pub fn credentials() -> Vec<Case> {
    vec![
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
        change("untrustDevice", "Trusts a device of the owner's no more.", "device { id }", |_, _| device())
            .before(A_DEVICE),
    ]
}
