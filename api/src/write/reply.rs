//! `idempotencyKey`: a mutation that is sent again does nothing and gets the recorded answer.
//!
//! The key is claimed in the mutation's own transaction, so a twin that arrives meanwhile waits for it and then finds the
//! reply; what rolls back leaves no claim. Keys belong to a user (or to whom somebody not signed in says to be) and last
//! a day. A refusal is not recorded: the same key may then be used with a corrected input.

use std::sync::Arc;

use async_graphql::InputType;
use chrono::{DateTime, TimeDelta, Utc};
use entity::reply;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, TryInsertResult,
};
use serde_json::Value;
use uuid::Uuid;

use super::Tx;
use crate::app::App;
use crate::auth::Actor;
use crate::error::{Error, Result, UserError};
use crate::graphql::context::RequestContext;

/// How long a reply is kept.
const LIFETIME: TimeDelta = TimeDelta::hours(24);
const LONGEST_KEY: usize = 200;

/// A mutation as it was called, as far as repeating it goes.
pub struct Call {
    action: &'static str,
    scope: Uuid,
    key: Option<String>,
    digest: Vec<u8>,
}

impl Call {
    /// The call of a mutation by the signed-in user.
    pub fn of(cx: &RequestContext, action: &'static str, input: &impl InputType, key: &Option<String>) -> Self {
        Self::by(cx, action, input, key, "")
    }

    /// The call of a mutation by somebody who need not be signed in and says to be `identity`.
    pub fn by(
        cx: &RequestContext,
        action: &'static str,
        input: &impl InputType,
        key: &Option<String>,
        identity: &str,
    ) -> Self {
        let Some(key) = key else { return Self { action, scope: Uuid::nil(), key: None, digest: Vec::new() } };
        let app: &Arc<App> = &cx.app;
        let scope = match cx.actor() {
            Actor::User(principal) => principal.user.0,
            Actor::Anonymous => {
                let hash = app.tokens.keyed_hash(&[b"scope\0", action.as_bytes(), b"\0", identity.as_bytes()]);
                Uuid::from_slice(&hash[..16]).unwrap_or_default()
            }
        };
        let input = serde_json::to_vec(&input.to_value()).unwrap_or_default();
        // Also who they say to be: a token from a cookie is not in the input.
        let identity = app.tokens.keyed_hash(&[b"identity\0", identity.as_bytes()]);
        let digest = app.tokens.keyed_hash(&[b"input\0", action.as_bytes(), b"\0", &identity, &input]).to_vec();
        Self { action, scope, key: Some(key.clone()), digest }
    }

    /// The mutation.
    pub fn action(&self) -> &'static str {
        self.action
    }

    /// Whether the key cannot be one: then nothing is to be looked at that must not be looked at without trace.
    pub fn is_faulty(&self) -> bool {
        self.fault().is_some()
    }

    /// Why the key cannot be one, if it cannot.
    pub(super) fn fault(&self) -> Option<UserError> {
        let key = self.key.as_ref()?;
        let fits = (1..=LONGEST_KEY).contains(&key.chars().count()) && !key.chars().any(char::is_control);
        (!fits).then(|| {
            UserError::invalid(
                &["idempotencyKey"],
                format!("1 to {LONGEST_KEY} characters, none of them a control character."),
            )
        })
    }
}

/// What a claimed key stands for.
pub(super) enum Claim {
    /// There is no key, or nobody has used it.
    New,
    /// The same call was answered before.
    Answered(Value),
}

impl Tx {
    /// Claims the key of a call. A twin that is still running is waited for.
    pub(super) async fn claim_key(&self, call: &Call) -> Result<Claim> {
        match &call.key {
            Some(key) => Box::pin(self.claim_given_key(call, key)).await,
            None => Ok(Claim::New),
        }
    }

    async fn claim_given_key(&self, call: &Call, key: &str) -> Result<Claim> {
        let claim = reply::ActiveModel {
            scope: Set(call.scope),
            key: Set(key.to_owned()),
            action: Set(call.action.to_owned()),
            digest: Set(call.digest.clone()),
            reply: Set(None),
            created_at: Set(self.at),
        };
        // A key of yesterday is as good as new.
        let overtake = OnConflict::columns([reply::Column::Scope, reply::Column::Key])
            .update_columns([
                reply::Column::Action,
                reply::Column::Digest,
                reply::Column::Reply,
                reply::Column::CreatedAt,
            ])
            .action_and_where(Expr::col((reply::Entity, reply::Column::CreatedAt)).lte(self.at - LIFETIME))
            .to_owned();
        let claimed =
            reply::Entity::insert(claim).on_conflict(overtake).try_insert().exec_without_returning(self).await?;
        if matches!(claimed, TryInsertResult::Inserted(1)) {
            return Ok(Claim::New);
        }
        match reply::Entity::find_by_id((call.scope, key.to_owned())).one(self).await? {
            Some(reply::Model { action, digest, reply: Some(reply), .. })
                if action == call.action && digest == call.digest =>
            {
                Ok(Claim::Answered(reply))
            }
            _ => {
                let message = "This key was used for another call.";
                Err(Error::refused(UserError::conflict(&["idempotencyKey"], message)))
            }
        }
    }

    /// Gives a claimed key back, where a refusal is committed.
    pub(super) async fn free_key(&self, call: &Call) -> Result<()> {
        let Some(key) = &call.key else { return Ok(()) };
        let claim = reply::Entity::delete_many()
            .filter(reply::Column::Scope.eq(call.scope))
            .filter(reply::Column::Key.eq(key))
            .filter(reply::Column::Reply.is_null());
        Box::pin(claim.exec(self)).await?;
        Ok(())
    }

    /// Records the answer under the claimed key.
    pub(super) async fn keep_reply(&self, call: &Call, reply: impl FnOnce() -> Result<Value>) -> Result<()> {
        let Some(key) = &call.key else { return Ok(()) };
        let kept = reply::ActiveModel {
            scope: Set(call.scope),
            key: Set(key.clone()),
            reply: Set(Some(reply()?)),
            ..Default::default()
        };
        Box::pin(kept.update(self)).await?;
        Ok(())
    }
}

/// Forgets replies that are older than a day.
pub async fn forget_old(db: &DatabaseConnection, at: DateTime<Utc>) -> Result<u64> {
    let old = reply::Entity::delete_many().filter(reply::Column::CreatedAt.lte(at - LIFETIME));
    Ok(old.exec(db).await?.rows_affected)
}
