//! Into the trash, out of it, and away for ever.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::conversation::{ActiveModel, Model};
use entity::id::ConversationId;
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::{get, stale};
use crate::access::Permission;
use crate::domain::conversation::object::Conversation;
use crate::domain::conversation::rows;
use crate::domain::thing::action::{Kind, ThingAction};
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A conversation to put into the trash.
#[derive(InputObject)]
pub struct DeleteConversationInput {
    /// The conversation; only its owner deletes it.
    conversation_id: ID,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// A conversation to take out of the trash.
#[derive(InputObject)]
pub struct RestoreConversationInput {
    /// The conversation; only its owner restores it.
    conversation_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// A conversation to remove for ever.
#[derive(InputObject)]
pub struct PurgeConversationInput {
    /// The conversation, which must be in the trash.
    conversation_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `deleteConversation`.
    DeleteConversationPayload {
        /// The conversation as it is now, also when `expectedVersion` was stale.
        conversation: Conversation,
    }
    /// The answer to `restoreConversation`.
    RestoreConversationPayload {
        /// The conversation as it is now.
        conversation: Conversation,
    }
    /// The answer to `purgeConversation`.
    PurgeConversationPayload {
        /// The id that no longer names anything.
        purged_id: ID,
    }
}

fn parse_id(id: &ID) -> Result<ConversationId, Error> {
    let mut checks = Checks::default();
    let id = checks.id(&["conversationId"], id);
    checks.done()?;
    Ok(id)
}

#[derive(Default)]
pub struct ConversationTrash;

#[Object]
impl ConversationTrash {
    /// Puts a conversation into its owner's trash; from then on only the owner sees it. Needs `conversations:write` and
    /// the level OWNER.
    #[graphql(guard = "Requires(Permission::ConversationsWrite)", directive = requiresPermission::apply(Permission::ConversationsWrite))]
    async fn delete_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: DeleteConversationInput,
    ) -> Result<Option<DeleteConversationPayload>> {
        let expected_version = input.expected_version;
        let call = Call::of(cx(ctx), "deleteConversation", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse_id(&input.conversation_id), move |tx, id| {
            Box::pin(async move {
                let (row, level) = get(tx, id).await?;
                ThingAction::Delete.allow(Kind::Conversation, level)?;
                if let Some(stale) = stale(&row, expected_version) {
                    return Ok(DeleteConversationPayload { conversation: Some(row.into()), user_errors: vec![stale] });
                }
                let conversation = Some(set_trash(tx, row, true).await?);
                Ok(DeleteConversationPayload { conversation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Takes a conversation out of the trash, with its shares as they were. Needs `conversations:write` and the level
    /// OWNER.
    #[graphql(guard = "Requires(Permission::ConversationsWrite)", directive = requiresPermission::apply(Permission::ConversationsWrite))]
    async fn restore_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: RestoreConversationInput,
    ) -> Result<Option<RestoreConversationPayload>> {
        let call = Call::of(cx(ctx), "restoreConversation", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse_id(&input.conversation_id), |tx, id| {
            Box::pin(async move {
                let (row, level) = get(tx, id).await?;
                ThingAction::Restore.allow(Kind::Conversation, level)?;
                let conversation = Some(set_trash(tx, row, false).await?);
                Ok(RestoreConversationPayload { conversation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Removes a conversation from the trash for ever, with its messages, tool calls and shares. Needs
    /// `conversations:write` and the level OWNER.
    #[graphql(guard = "Requires(Permission::ConversationsWrite)", directive = requiresPermission::apply(Permission::ConversationsWrite))]
    async fn purge_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: PurgeConversationInput,
    ) -> Result<Option<PurgeConversationPayload>> {
        let wire_id = input.conversation_id.clone();
        let call = Call::of(cx(ctx), "purgeConversation", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse_id(&input.conversation_id), move |tx, id| {
            Box::pin(async move {
                let (row, level) = get(tx, id).await?;
                ThingAction::Purge.allow(Kind::Conversation, level)?;
                if row.deleted_at.is_none() {
                    let message = "Only what is in the trash is purged: delete it first.";
                    return Err(Error::refused(UserError::conflict(&["conversationId"], message)));
                }
                rows::purge(tx, id).await?;
                let gone = json!({ "messageCount": row.message_count });
                tx.record(Change::new("conversation.purge", "conversation", id).within(id).before(gone)).await?;
                Ok(PurgeConversationPayload { purged_id: Some(wire_id), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn set_trash(tx: &Tx, row: Model, in_trash: bool) -> Result<Conversation, Error> {
    if row.deleted_at.is_some() == in_trash {
        tx.unchanged();
        return Ok(row.into());
    }
    let change = ActiveModel {
        id: Set(row.id),
        deleted_at: Set(in_trash.then_some(tx.at)),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        ..Default::default()
    };
    let changed = rows::update(tx, change).await?;
    let action = if in_trash { "conversation.delete" } else { "conversation.restore" };
    let record = Change::new(action, "conversation", row.id)
        .within(row.id)
        .before(json!({ "deletedAt": row.deleted_at }))
        .after(json!({ "deletedAt": changed.deleted_at }));
    tx.record(record).await?;
    Ok(changed.into())
}
