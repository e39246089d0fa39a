//! Letting oneself in, for a reason and for a short time.

use async_graphql::{Context, ID, InputObject, Object, Result};
use chrono::TimeDelta;
use entity::id::{ConversationId, ShareId};
use entity::security_event::Kind as Event;
use entity::share::{ActiveModel, Audience, Level, Model};
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::{change, refused};
use crate::access::Permission;
use crate::domain::conversation;
use crate::domain::second_factor::step_up;
use crate::domain::share::object::Share;
use crate::domain::share::rows;
use crate::error::{Error, UserError, violated_constraint};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{InSession, Requires, requiresPermission, requiresSession};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Tx};

/// What to look at, why, and for how long.
#[derive(InputObject)]
pub struct ElevateAccessInput {
    /// The conversation of somebody else.
    conversation_id: ID,
    /// Why, in 10 to 500 characters. The owner reads it, and it stays in the audit log.
    reason: String,
    /// For so many minutes: 1 to 60.
    #[graphql(default = 15)]
    minutes: i32,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `elevateAccess`.
    ElevateAccessPayload {
        /// The elevation, a share at the level READ that ends by itself; `revokeShare` ends it earlier.
        share: Share,
    }
}

struct Draft {
    conversation: ConversationId,
    reason: String,
    time: TimeDelta,
}

impl ElevateAccessInput {
    fn parse(self) -> Result<Draft, Error> {
        let mut checks = Checks::default();
        let conversation = checks.id(&["conversationId"], &self.conversation_id);
        let reason = checks.line(&["reason"], &self.reason, 10..=500);
        if !(1..=60).contains(&self.minutes) {
            checks.refuse(UserError::invalid(&["minutes"], "1 to 60 minutes."));
        }
        checks.done()?;
        Ok(Draft { conversation, reason, time: TimeDelta::minutes(self.minutes.into()) })
    }
}

#[derive(Default)]
pub struct Elevating;

#[Object]
impl Elevating {
    /// Lets oneself into a conversation of somebody else, to read it, for a reason and at most an hour. The owner is told at
    /// once and sees who and why among its shares; one audit row tells of it. What is in the trash stays closed, and what
    /// one has already is a `CONFLICT`. Needs `conversations:elevate`, a session, and a recent second factor
    /// (`SECOND_FACTOR_REQUIRED`) if the account has one.
    #[graphql(guard = "Requires(Permission::ConversationsElevate).and(InSession)", directive = requiresPermission::apply(Permission::ConversationsElevate), directive = requiresSession::apply())]
    async fn elevate_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, why, how long.")] input: ElevateAccessInput,
    ) -> Result<Option<ElevateAccessPayload>> {
        let call = Call::of(cx(ctx), "elevateAccess", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move {
                let share = Some(elevate(tx, draft).await?);
                Ok(ElevateAccessPayload { share, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn elevate(tx: &Tx, draft: Draft) -> Result<Share, Error> {
    let viewer = tx.actor.principal()?;
    step_up::require(tx).await?;
    let found = conversation::rows::find_unseen(tx, draft.conversation).await?;
    let talk = found.ok_or_else(|| Error::refused(UserError::not_found(&["conversationId"])))?;
    if conversation::rows::find_with_level(tx, viewer, talk.id).await?.is_some() {
        return Err(Error::refused(UserError::conflict(&["conversationId"], "You can read it already.")));
    }
    conversation::policy::outside_trash(&talk, &["conversationId"])?;
    let ends = tx.at + draft.time;
    let row = match rows::find_between(tx, talk.id.into(), viewer.user.0).await? {
        // Of something that is over.
        Some(before) => {
            let again = ActiveModel {
                id: Set(before.id),
                audience: Set(Audience::Elevation),
                level: Set(Level::Read),
                can_reshare: Set(false),
                expires_at: Set(Some(ends)),
                reason: Set(Some(draft.reason)),
                granted_by: Set(Some(viewer.user)),
                version: Set(before.version + 1),
                updated_at: Set(tx.at),
                ..Default::default()
            };
            rows::update(tx, again).await?
        }
        None => {
            let row = Model {
                audience: Audience::Elevation,
                grantee_id: Some(viewer.user),
                expires_at: Some(ends),
                reason: Some(draft.reason),
                ..Model::new(ShareId(tx.new_id()), talk.id, "conversation", viewer.user, tx.at)
            };
            // Two calls at once: the later one finds it done.
            let row = rows::insert(tx, row).await;
            row.map_err(|cause| {
                refused(&["conversationId"], violated_constraint(&cause)).unwrap_or_else(|| cause.into())
            })?
        }
    };
    tx.alert_of_account(talk.owner_id, Event::ConversationElevated).await?;
    let after = json!({ "thing": row.thing_id, "reason": row.reason, "expiresAt": row.expires_at });
    tx.record(change("share.elevate", &row).after(after)).await?;
    Ok(row.into())
}
