//! Root mutations about shares.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::{ConversationId, ShareId};
use entity::share::{ActiveModel, Level, Model};
use sea_orm::{ActiveEnum, ActiveValue::Set};
use serde_json::json;

use super::object::{Share, ShareLevel};
use super::rows;
use crate::access::Permission;
use crate::domain::conversation::{self, policy};
use crate::domain::user;
use crate::domain::user::query::UserReference;
use crate::domain::user::rows::Name;
use crate::error::{Error, UserError, violated_constraint};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, SignedIn, authenticated, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// With whom to share a conversation, and at which level.
#[derive(InputObject)]
pub struct ShareConversationInput {
    /// The conversation; only its owner shares it.
    conversation_id: ID,
    /// Who gets it: an active account, named exactly; by number only somebody whom the caller sees already.
    grantee: UserReference,
    /// What they may do. For somebody who has it already, this replaces the level.
    level: ShareLevel,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// A share to take back.
#[derive(InputObject)]
pub struct RevokeShareInput {
    /// The share: the owner takes back any, a grantee gives up their own.
    share_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `shareConversation`.
    ShareConversationPayload {
        /// The share as it is now.
        share: Share,
    }
    /// The answer to `revokeShare`.
    RevokeSharePayload {
        /// The id that no longer names anything.
        revoked_id: ID,
    }
}

struct Draft {
    conversation: ConversationId,
    grantee: Option<Name>,
    level: Level,
}

impl ShareConversationInput {
    fn parse(self) -> Result<Draft, Error> {
        let mut checks = Checks::default();
        let conversation = checks.id(&["conversationId"], &self.conversation_id);
        let grantee = self.grantee.parse();
        if grantee.is_none() {
            checks.refuse(UserError::invalid(&["grantee"], "This cannot be the name of a user."));
        }
        checks.done()?;
        Ok(Draft { conversation, grantee, level: self.level.into() })
    }
}

#[derive(Default)]
pub struct ShareMutation;

#[Object]
impl ShareMutation {
    /// Shares a conversation with somebody, or changes the level at which it is shared. Needs `shares:write` and the
    /// level OWNER.
    #[graphql(guard = "Requires(Permission::SharesWrite)", directive = requiresPermission::apply(Permission::SharesWrite))]
    async fn share_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, with whom, how far.")] input: ShareConversationInput,
    ) -> Result<Option<ShareConversationPayload>> {
        let call = Call::of(cx(ctx), "shareConversation", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move {
                let share = Some(give(tx, draft).await?);
                Ok(ShareConversationPayload { share, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Takes a share back; access ends at once. Needs `shares:write` and the level OWNER. Giving up one's own share needs
    /// only a signed-in user.
    #[graphql(guard = "SignedIn", directive = authenticated::apply())]
    async fn revoke_share(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which share.")] input: RevokeShareInput,
    ) -> Result<Option<RevokeSharePayload>> {
        let mut checks = Checks::default();
        let id: ShareId = checks.id(&["shareId"], &input.share_id);
        let wire_id = input.share_id.clone();
        let call = Call::of(cx(ctx), "revokeShare", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, checks.done().map(|()| id), move |tx, id| {
            Box::pin(async move {
                take_back(tx, id).await?;
                Ok(RevokeSharePayload { revoked_id: Some(wire_id), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn give(tx: &Tx, draft: Draft) -> Result<Share, Error> {
    let viewer = tx.actor.principal()?;
    let found = conversation::rows::find_for_update(tx, viewer, draft.conversation).await?;
    let (talk, level) = found.ok_or_else(|| Error::refused(UserError::not_found(&["conversationId"])))?;
    policy::may_share(level)?;
    policy::outside_trash(&talk, &["conversationId"])?;
    let grantee = match &draft.grantee {
        Some(name) => user::rows::find_active(tx, viewer, name).await?,
        None => None,
    };
    let grantee = grantee.ok_or_else(|| Error::refused(UserError::not_found(&["grantee"])))?;
    let with_owner =
        || Error::refused(UserError::invalid(&["grantee"], "A conversation is not shared with its owner."));
    if grantee.id == talk.owner_id {
        return Err(with_owner());
    }
    let before = rows::find_between(tx, talk.id, grantee.id).await?;
    let row = match &before {
        Some(row) if row.level == draft.level => {
            tx.unchanged();
            return Ok(row.clone().into());
        }
        Some(row) => {
            let change = ActiveModel {
                id: Set(row.id),
                level: Set(draft.level),
                version: Set(row.version + 1),
                updated_at: Set(tx.at),
                ..Default::default()
            };
            rows::update(tx, change).await?
        }
        None => {
            let row = Model {
                id: ShareId(tx.new_id()),
                conversation_id: talk.id,
                grantee_id: grantee.id,
                level: draft.level,
                granted_by: Some(viewer.user),
                version: 1,
                created_at: tx.at,
                updated_at: tx.at,
            };
            rows::insert(tx, row).await.map_err(|cause| match violated_constraint(&cause) {
                Some("shares_not_with_owner") => with_owner(),
                _ => cause.into(),
            })?
        }
    };
    let change = Change::new("share.give", "share", row.id)
        .within(talk.id)
        .after(json!({ "grantee": row.grantee_id, "level": row.level.to_value() }));
    tx.record(match before {
        Some(before) => change.before(json!({ "grantee": before.grantee_id, "level": before.level.to_value() })),
        None => change,
    })
    .await?;
    Ok(row.into())
}

async fn take_back(tx: &Tx, id: ShareId) -> Result<(), Error> {
    let viewer = tx.actor.principal()?;
    let not_found = || Error::refused(UserError::not_found(&["shareId"]));
    let row = rows::find_to_revoke(tx, viewer, id).await?.ok_or_else(not_found)?;
    if row.grantee_id != viewer.user {
        tx.actor.require(Permission::SharesWrite)?;
        // Writers who were let in by this share are waited for, and later ones find it gone.
        let found = conversation::rows::find_for_update(tx, viewer, row.conversation_id).await?;
        policy::may_share(found.ok_or_else(not_found)?.1)?;
    }
    rows::delete(tx, row.id).await?;
    let change = Change::new("share.revoke", "share", row.id)
        .within(row.conversation_id)
        .before(json!({ "grantee": row.grantee_id, "level": row.level.to_value() }));
    tx.record(change).await
}
