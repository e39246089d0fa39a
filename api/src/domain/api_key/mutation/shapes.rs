//! What the mutations about API keys take and answer.

use async_graphql::{ID, InputObject, SimpleObject};
use entity::api_key::Model;
use serde_json::Value;

use super::secret;
use crate::access::Permission;
use crate::app::App;
use crate::auth::token::Tokens;
use crate::domain::api_key::object::ApiKey;
use crate::domain::second_factor::step_up;
use crate::error::{Error, UserError};
use crate::graphql::payload::{payloads, refusable};
use crate::graphql::scalars;
use crate::write::{Snapshot, Tx};

/// A new key.
#[derive(InputObject)]
pub struct CreateApiKeyInput {
    /// What it is for, 1 to 100 characters.
    pub(super) name: String,
    /// The permissions that it may use, at least one; those that one holds.
    pub(super) scopes: Vec<Permission>,
    /// After so many days it ends: 1 to 365.
    #[graphql(default = 90)]
    pub(super) lifetime_days: i32,
    /// Whether it may act as the user whom `X-User-ID` names. Needs `users:act_as`.
    #[graphql(default)]
    pub(super) may_act_as_others: bool,
    /// Makes the creation safe to repeat for ever: sent again by the same user it returns the first result, but the secret
    /// only within a day and before it was rotated.
    pub(super) client_id: Option<scalars::Uuid>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    pub(super) idempotency_key: Option<String>,
}

/// Another name for a key.
#[derive(InputObject)]
pub struct RenameApiKeyInput {
    /// One of one's own.
    pub(super) api_key_id: ID,
    /// 1 to 100 characters.
    pub(super) name: String,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    pub(super) expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    pub(super) idempotency_key: Option<String>,
}

/// Another secret for a key.
#[derive(InputObject)]
pub struct RotateApiKeyInput {
    /// One of one's own.
    pub(super) api_key_id: ID,
    /// For so many minutes the secret so far stays good: 0 to 10080 (a week).
    #[graphql(default = 1440)]
    pub(super) overlap_minutes: i32,
    /// After so many days from now the key ends, 1 to 365; as before if not given.
    pub(super) lifetime_days: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    pub(super) idempotency_key: Option<String>,
}

/// A key to end.
#[derive(InputObject)]
pub struct RevokeApiKeyInput {
    /// One of one's own.
    pub(super) api_key_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    pub(super) idempotency_key: Option<String>,
}

/// Whose keys to end.
#[derive(InputObject)]
pub struct RevokeUserApiKeysInput {
    /// Anybody.
    pub(super) user_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    pub(super) idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `renameApiKey`.
    RenameApiKeyPayload {
        /// The key as it is now, also when `expectedVersion` was stale.
        api_key: ApiKey,
    }
    /// The answer to `revokeApiKey`.
    RevokeApiKeyPayload {
        /// The id of the key, which works no more.
        revoked_api_key_id: ID,
    }
    /// The answer to `revokeUserApiKeys`.
    RevokeUserApiKeysPayload {
        /// How many keys work no more.
        revoked_api_keys: i32,
    }
}

macro_rules! with_secret {
    ($($(#[doc = $doc:literal])+ $name:ident)*) => {$(
        $(#[doc = $doc])+
        #[derive(Default, SimpleObject)]
        pub struct $name {
            /// The key as it is now.
            pub api_key: Option<ApiKey>,
            /// Send it as `Authorization: Bearer …`. It is shown only here; null where a creation is sent again too late for it.
            pub secret: Option<String>,
            /// Why the input was refused; empty when the mutation did what was asked.
            pub user_errors: Vec<UserError>,
        }

        refusable!($name);

        /// The secret is made of the key, so only that is recorded. Who sees it again has to show as much as the first time.
        impl Snapshot for $name {
            fn take(&self) -> Result<Value, Error> {
                serde_json::to_value(&self.api_key).map_err(Error::internal)
            }

            async fn restore(tx: &Tx, app: &App, snapshot: Value) -> Result<Self, Error> {
                step_up::require(tx).await?;
                let api_key: Option<ApiKey> = serde_json::from_value(snapshot).map_err(Error::internal)?;
                let secret = api_key.as_ref().map(|key| secret(&key.0, &app.tokens));
                Ok(Self { api_key, secret, user_errors: Vec::new() })
            }
        }

        impl $name {
            pub(super) fn of(row: Model, tokens: &Tokens) -> Self {
                Self { secret: Some(secret(&row, tokens)), api_key: Some(row.into()), user_errors: Vec::new() }
            }
        }
    )*};
}

with_secret! {
    /// The answer to `createApiKey`.
    CreateApiKeyPayload
    /// The answer to `rotateApiKey`.
    RotateApiKeyPayload
}
