//! Root mutations about API keys. All of them need a session: a key that leaks makes no keys.

pub mod shapes;

use async_graphql::{Context, Object, Result};
use chrono::TimeDelta;
use entity::api_key::{ActiveModel, Model};
use entity::id::{ApiKeyId, UserId};
use entity::security_event::Kind;
use sea_orm::ActiveValue::Set;
use serde_json::json;

use self::shapes::{
    CreateApiKeyInput, CreateApiKeyPayload, RenameApiKeyInput, RenameApiKeyPayload, RevokeApiKeyInput,
    RevokeApiKeyPayload, RevokeUserApiKeysInput, RevokeUserApiKeysPayload, RotateApiKeyInput, RotateApiKeyPayload,
};
use super::{policy, rows};
use crate::access::{Permission, PermissionSet};
use crate::auth::api_key::ApiKeySecret;
use crate::auth::token::Tokens;
use crate::domain::role;
use crate::domain::second_factor::step_up;
use crate::domain::user::{policy as user_policy, rows as user_rows};
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{InSession, Requires, requiresPermission, requiresSession};
use crate::graphql::id::WireId;
use crate::write::{self, Call, Change, Creation, Tx};

/// For so long a creation that is sent again shows the secret, too.
const SHOWN: TimeDelta = TimeDelta::hours(24);
/// Keys of one account.
const MOST: i64 = 50;

/// The latest secret of a key.
fn secret(row: &Model, tokens: &Tokens) -> String {
    ApiKeySecret { id: row.id, owner: row.user_id, generation: row.generation }.write(tokens)
}

fn days(checks: &mut Checks, days: i32) -> TimeDelta {
    if !(1..=365).contains(&days) {
        checks.refuse(UserError::invalid(&["lifetimeDays"], "1 to 365 days."));
    }
    TimeDelta::days(days.into())
}

async fn get(tx: &Tx, id: ApiKeyId) -> Result<Model, Error> {
    let found = rows::find_for_change(tx, tx.actor.principal()?, id).await?;
    found.ok_or_else(|| Error::refused(UserError::not_found(&["apiKeyId"])))
}

fn changed(row: &Model, tx: &Tx) -> ActiveModel {
    ActiveModel { id: Set(row.id), version: Set(row.version + 1), updated_at: Set(tx.at), ..Default::default() }
}

#[derive(Default)]
pub struct ApiKeyMutation;

#[Object]
impl ApiKeyMutation {
    /// Makes a key with which a program acts for one's account. A scope that one does not hold is `FORBIDDEN`. At most 50 at
    /// a time. Needs a session, and a recent second factor (`SECOND_FACTOR_REQUIRED`) if the account has one.
    #[graphql(guard = "InSession", directive = requiresSession::apply())]
    async fn create_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is for, and what it may do.")] input: CreateApiKeyInput,
    ) -> Result<Option<CreateApiKeyPayload>> {
        let call = Call::of(cx(ctx), "createApiKey", &input, &input.idempotency_key);
        let mut checks = Checks::default();
        let name = checks.line(&["name"], &input.name, 1..=100);
        let scopes: PermissionSet = input.scopes.iter().copied().collect();
        if scopes.iter().next().is_none() {
            checks.refuse(UserError::invalid(&["scopes"], "At least one."));
        }
        let lifetime = days(&mut checks, input.lifetime_days);
        let client_id = checks.client_id(input.client_id.as_ref());
        let may_act_as = input.may_act_as_others;
        let app = cx(ctx).app.clone();
        let payload = write::run(cx(ctx), call, checks.done(), move |tx, ()| {
            Box::pin(async move {
                let viewer = tx.actor.principal()?;
                step_up::require(tx).await?;
                policy::may_make(viewer, scopes, may_act_as)?;
                let scopes: Vec<String> = scopes.iter().map(|scope| scope.name().to_owned()).collect();
                let draft = json!({ "name": name, "scopes": scopes, "days": lifetime.num_days(), "acts": may_act_as });
                let id = ApiKeyId(tx.new_id());
                if let Creation::Again(id) = tx.claim("api_key.create", client_id, &draft, id).await? {
                    let row = rows::find(tx, viewer, ApiKeyId(id)).await?;
                    let row = row.ok_or_else(|| Error::refused(UserError::not_found(&["clientId"])))?;
                    let is_new = row.generation == 0 && tx.at < row.created_at + SHOWN;
                    let payload = CreateApiKeyPayload::of(row, &app.tokens);
                    return Ok(CreateApiKeyPayload { secret: payload.secret.filter(|_| is_new), ..payload });
                }
                if rows::count(tx, viewer).await? >= MOST {
                    let message = format!("At most {MOST} keys: revoke one first.");
                    return Err(Error::refused(UserError::conflict(&[], message)));
                }
                let row = Model {
                    id,
                    user_id: viewer.user,
                    name,
                    scopes,
                    may_act_as,
                    generation: 0,
                    previous_expires_at: None,
                    expires_at: tx.at + lifetime,
                    last_used_at: None,
                    revoked_at: None,
                    version: 1,
                    created_at: tx.at,
                    updated_at: tx.at,
                };
                let row = rows::insert(tx, row).await?;
                tx.alert(viewer.user, Kind::ApiKeyCreated, viewer.session()).await?;
                let after = json!({ "scopes": row.scopes, "actsAs": may_act_as, "expiresAt": row.expires_at });
                tx.record(Change::new("api_key.create", "api_key", id).after(after)).await?;
                Ok(CreateApiKeyPayload::of(row, &app.tokens))
            })
        });
        Ok(payload.await?)
    }

    /// Gives one of one's own keys another name. Needs a session.
    #[graphql(guard = "InSession", directive = requiresSession::apply())]
    async fn rename_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and the name.")] input: RenameApiKeyInput,
    ) -> Result<Option<RenameApiKeyPayload>> {
        let call = Call::of(cx(ctx), "renameApiKey", &input, &input.idempotency_key);
        let mut checks = Checks::default();
        let id = checks.id::<ApiKeyId>(&["apiKeyId"], &input.api_key_id);
        let name = checks.line(&["name"], &input.name, 1..=100);
        let draft = checks.done().map(|()| (id, name, input.expected_version));
        let payload = write::run(cx(ctx), call, draft, |tx, (id, name, expected)| {
            Box::pin(async move {
                let row = get(tx, id).await?;
                if expected.is_some_and(|expected| expected != row.version) {
                    let stale = UserError::conflict(&["expectedVersion"], "The key has changed meanwhile.");
                    return Ok(RenameApiKeyPayload { api_key: Some(row.into()), user_errors: vec![stale] });
                }
                if row.name == name {
                    tx.unchanged();
                    return Ok(RenameApiKeyPayload { api_key: Some(row.into()), ..Default::default() });
                }
                let row = rows::update(tx, ActiveModel { name: Set(name), ..changed(&row, tx) }).await?;
                tx.record(Change::new("api_key.rename", "api_key", id)).await?;
                Ok(RenameApiKeyPayload { api_key: Some(row.into()), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Gives one of one's own keys a new secret; the one so far stays good for a while, and one before that no longer. Its
    /// owner is told. Needs a session, and a recent second factor (`SECOND_FACTOR_REQUIRED`) if the account has one.
    #[graphql(guard = "InSession", directive = requiresSession::apply())]
    async fn rotate_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and for how long both are good.")] input: RotateApiKeyInput,
    ) -> Result<Option<RotateApiKeyPayload>> {
        let call = Call::of(cx(ctx), "rotateApiKey", &input, &input.idempotency_key);
        let mut checks = Checks::default();
        let id = checks.id::<ApiKeyId>(&["apiKeyId"], &input.api_key_id);
        if !(0..=10_080).contains(&input.overlap_minutes) {
            checks.refuse(UserError::invalid(&["overlapMinutes"], "0 to 10080 minutes."));
        }
        let lifetime = input.lifetime_days.map(|lifetime| days(&mut checks, lifetime));
        let overlap = TimeDelta::minutes(input.overlap_minutes.into());
        let app = cx(ctx).app.clone();
        let payload = write::run(cx(ctx), call, checks.done().map(|()| id), move |tx, id| {
            Box::pin(async move {
                step_up::require(tx).await?;
                let row = get(tx, id).await?;
                let change = ActiveModel {
                    generation: Set(row.generation + 1),
                    previous_expires_at: Set(Some(tx.at + overlap)),
                    expires_at: Set(lifetime.map_or(row.expires_at, |lifetime| tx.at + lifetime)),
                    ..changed(&row, tx)
                };
                let row = rows::update(tx, change).await?;
                tx.alert(row.user_id, Kind::ApiKeyRotated, tx.actor.principal()?.session()).await?;
                let after = json!({ "generation": row.generation, "previousExpiresAt": row.previous_expires_at });
                tx.record(Change::new("api_key.rotate", "api_key", id).after(after)).await?;
                Ok(RotateApiKeyPayload::of(row, &app.tokens))
            })
        });
        Ok(payload.await?)
    }

    /// Ends one of one's own keys at once and for ever. Needs a session.
    #[graphql(guard = "InSession", directive = requiresSession::apply())]
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: RevokeApiKeyInput,
    ) -> Result<Option<RevokeApiKeyPayload>> {
        let call = Call::of(cx(ctx), "revokeApiKey", &input, &input.idempotency_key);
        let mut checks = Checks::default();
        let id = checks.id::<ApiKeyId>(&["apiKeyId"], &input.api_key_id);
        let payload = write::run(cx(ctx), call, checks.done().map(|()| id), |tx, id| {
            Box::pin(async move {
                let row = get(tx, id).await?;
                let row = rows::update(tx, ActiveModel { revoked_at: Set(Some(tx.at)), ..changed(&row, tx) }).await?;
                tx.alert(row.user_id, Kind::ApiKeyRevoked, tx.actor.principal()?.session()).await?;
                tx.record(Change::new("api_key.revoke", "api_key", id)).await?;
                Ok(RevokeApiKeyPayload { revoked_api_key_id: Some(id.encode()), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Ends all keys of anybody, who is told. An account that may do more than the viewer's is `FORBIDDEN`. Needs
    /// `users:write`.
    #[graphql(guard = "Requires(Permission::UsersWrite)", directive = requiresPermission::apply(Permission::UsersWrite))]
    async fn revoke_user_api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose.")] input: RevokeUserApiKeysInput,
    ) -> Result<Option<RevokeUserApiKeysPayload>> {
        let call = Call::of(cx(ctx), "revokeUserApiKeys", &input, &input.idempotency_key);
        let mut checks = Checks::default();
        let id: UserId = checks.id(&["userId"], &input.user_id);
        let payload = write::run(cx(ctx), call, checks.done().map(|()| id), |tx, id| {
            Box::pin(async move {
                if user_rows::for_session(tx, id).await?.is_none() {
                    return Err(Error::refused(UserError::not_found(&["userId"])));
                }
                let theirs = role::rows::effective_permissions(tx, &[id], tx.at).await?.remove(&id);
                user_policy::may_handle(tx.actor.principal()?, theirs.unwrap_or_default())?;
                let revoked = rows::revoke_all(tx, id, tx.at).await?;
                if revoked > 0 {
                    tx.alert_of_account(id, Kind::ApiKeyRevoked).await?;
                }
                tx.record(Change::new("user.revoke_api_keys", "user", id).after(json!({ "revoked": revoked }))).await?;
                let revoked_api_keys = Some(i32::try_from(revoked).unwrap_or(i32::MAX));
                Ok(RevokeUserApiKeysPayload { revoked_api_keys, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}
