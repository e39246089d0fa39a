//! Root mutations about conversations.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result};
use entity::conversation::{ActiveModel, Model, Status};
use entity::id::ConversationId;
use sea_orm::ActiveValue::Set;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::object::{Conversation, ConversationStatus};
use super::policy::{self, AccessLevel};
use super::rows;
use crate::access::Permission;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::Requires;
use crate::graphql::payload::payloads;
use crate::graphql::scalars;
use crate::write::{self, Change, Creation, Tx};

/// A new conversation.
#[derive(InputObject)]
pub struct CreateConversationInput {
    /// The title, 1 to 200 characters; leave it out to name the conversation later.
    title: Option<String>,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
}

/// A change of a conversation; what is left out stays.
#[derive(InputObject)]
pub struct UpdateConversationInput {
    /// The conversation, with the level WRITE.
    conversation_id: ID,
    /// The new title, 1 to 200 characters; null takes it away.
    title: MaybeUndefined<String>,
    /// Put it aside or bring it back.
    status: Option<ConversationStatus>,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
}

/// A conversation to put into the trash.
#[derive(InputObject)]
pub struct DeleteConversationInput {
    /// The conversation; only its owner deletes it.
    conversation_id: ID,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
}

/// A conversation to take out of the trash.
#[derive(InputObject)]
pub struct RestoreConversationInput {
    /// The conversation; only its owner restores it.
    conversation_id: ID,
}

/// A conversation to remove for ever.
#[derive(InputObject)]
pub struct PurgeConversationInput {
    /// The conversation, which must be in the trash.
    conversation_id: ID,
}

payloads! {
    /// The answer to `createConversation`.
    CreateConversationPayload {
        /// The new conversation, or the one that this `clientId` made earlier.
        conversation: Conversation,
    }
    /// The answer to `updateConversation`.
    UpdateConversationPayload {
        /// The conversation as it is now, also when `expectedVersion` was stale.
        conversation: Conversation,
    }
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

#[derive(Serialize)]
struct NewConversation {
    title: Option<String>,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl CreateConversationInput {
    fn parse(self) -> Result<NewConversation, Error> {
        let mut checks = Checks::default();
        let title = self.title.map(|title| checks.line(&["title"], &title, 1..=200));
        let client_id = checks.client_id(self.client_id.as_ref());
        checks.done()?;
        Ok(NewConversation { title, client_id })
    }
}

struct ConversationPatch {
    id: ConversationId,
    title: MaybeUndefined<String>,
    status: Option<Status>,
    expected_version: Option<i32>,
}

impl UpdateConversationInput {
    fn parse(self) -> Result<ConversationPatch, Error> {
        let mut checks = Checks::default();
        let id = checks.id(&["conversationId"], &self.conversation_id);
        let title = self.title.map_value(|title| checks.line(&["title"], &title, 1..=200));
        checks.done()?;
        Ok(ConversationPatch {
            id,
            title,
            status: self.status.map(Status::from),
            expected_version: self.expected_version,
        })
    }
}

fn parse_id(id: &ID) -> Result<ConversationId, Error> {
    let mut checks = Checks::default();
    let id = checks.id(&["conversationId"], id);
    checks.done()?;
    Ok(id)
}

#[derive(Default)]
pub struct ConversationMutation;

#[Object]
impl ConversationMutation {
    /// Starts a conversation that the viewer owns. Needs `conversations:write`.
    #[graphql(guard = "Requires(Permission::ConversationsWrite)")]
    async fn create_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation.")] input: CreateConversationInput,
    ) -> Result<Option<CreateConversationPayload>> {
        let payload = write::run(cx(ctx), input.parse(), |tx, draft| {
            Box::pin(async move {
                let conversation = Some(create(tx, draft).await?);
                Ok(CreateConversationPayload { conversation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Retitles a conversation, puts it aside or brings it back. Needs `conversations:write` and the level WRITE.
    #[graphql(guard = "Requires(Permission::ConversationsWrite)")]
    async fn update_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateConversationInput,
    ) -> Result<Option<UpdateConversationPayload>> {
        let payload = write::run(cx(ctx), input.parse(), |tx, patch| {
            Box::pin(async move {
                let (row, level) = get(tx, patch.id).await?;
                policy::may_change(level)?;
                if let Some(stale) = stale(&row, patch.expected_version) {
                    return Ok(UpdateConversationPayload { conversation: Some(row.into()), user_errors: vec![stale] });
                }
                let conversation = Some(update(tx, row, patch).await?);
                Ok(UpdateConversationPayload { conversation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Puts a conversation into its owner's trash; from then on only the owner sees it. Needs `conversations:write` and
    /// the level OWNER.
    #[graphql(guard = "Requires(Permission::ConversationsWrite)")]
    async fn delete_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: DeleteConversationInput,
    ) -> Result<Option<DeleteConversationPayload>> {
        let expected_version = input.expected_version;
        let payload = write::run(cx(ctx), parse_id(&input.conversation_id), move |tx, id| {
            Box::pin(async move {
                let (row, level) = get(tx, id).await?;
                policy::may_delete(level)?;
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
    #[graphql(guard = "Requires(Permission::ConversationsWrite)")]
    async fn restore_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: RestoreConversationInput,
    ) -> Result<Option<RestoreConversationPayload>> {
        let payload = write::run(cx(ctx), parse_id(&input.conversation_id), |tx, id| {
            Box::pin(async move {
                let (row, level) = get(tx, id).await?;
                policy::may_delete(level)?;
                let conversation = Some(set_trash(tx, row, false).await?);
                Ok(RestoreConversationPayload { conversation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Removes a conversation from the trash for ever, with its messages, tool calls and shares. Needs
    /// `conversations:write` and the level OWNER.
    #[graphql(guard = "Requires(Permission::ConversationsWrite)")]
    async fn purge_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: PurgeConversationInput,
    ) -> Result<Option<PurgeConversationPayload>> {
        let wire_id = input.conversation_id.clone();
        let payload = write::run(cx(ctx), parse_id(&input.conversation_id), move |tx, id| {
            Box::pin(async move {
                let (row, level) = get(tx, id).await?;
                policy::may_delete(level)?;
                if row.deleted_at.is_none() {
                    let message = "Only what is in the trash is purged: delete it first.";
                    return Err(Error::refused(UserError::conflict(&["conversationId"], message)));
                }
                rows::purge(tx, id).await?;
                let gone = json!({ "title": row.title, "messageCount": row.message_count });
                tx.record(Change::new("conversation.purge", "conversation", id).within(id).before(gone)).await?;
                Ok(PurgeConversationPayload { purged_id: Some(wire_id), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn get(tx: &Tx, id: ConversationId) -> Result<(Model, AccessLevel), Error> {
    let found = rows::find_for_update(tx, tx.actor.principal()?, id).await?;
    found.ok_or_else(|| Error::refused(UserError::not_found(&["conversationId"])))
}

fn stale(row: &Model, expected: Option<i32>) -> Option<UserError> {
    let message = "The conversation has changed meanwhile; its present state is in the answer.";
    expected.filter(|version| *version != row.version).map(|_| UserError::conflict(&["expectedVersion"], message))
}

async fn create(tx: &Tx, draft: NewConversation) -> Result<Conversation, Error> {
    let viewer = tx.actor.principal()?;
    let id = ConversationId(tx.new_id());
    if let Creation::Again(first) = tx.claim("conversation.create", draft.client_id, &draft, id).await? {
        let first = ConversationId(first);
        let row = rows::by_ids(tx, viewer, &[first]).await?.remove(&first);
        return row.map(Conversation).ok_or_else(|| Error::refused(UserError::not_found(&["clientId"])));
    }
    let row = Model {
        id,
        owner_id: viewer.user,
        advisor_id: None,
        title: draft.title,
        status: Status::Active,
        archived_at: None,
        deleted_at: None,
        message_count: 0,
        next_position: 1,
        last_message_id: None,
        last_activity_at: tx.at,
        version: 1,
        created_at: tx.at,
        updated_at: tx.at,
    };
    let row = rows::insert(tx, row).await?;
    let after = json!({ "title": row.title });
    tx.record(Change::new("conversation.create", "conversation", id).within(id).after(after)).await?;
    Ok(row.into())
}

async fn update(tx: &Tx, row: Model, patch: ConversationPatch) -> Result<Conversation, Error> {
    let title = match patch.title {
        MaybeUndefined::Undefined => row.title.clone(),
        MaybeUndefined::Null => None,
        MaybeUndefined::Value(title) => Some(title),
    };
    let status = patch.status.unwrap_or(row.status);
    if title == row.title && status == row.status {
        tx.unchanged();
        return Ok(row.into());
    }
    let archived_at = match status {
        Status::Active => None,
        Status::Archived => row.archived_at.or(Some(tx.at)),
    };
    let change = ActiveModel {
        id: Set(row.id),
        title: Set(title.clone()),
        status: Set(status),
        archived_at: Set(archived_at),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        ..Default::default()
    };
    let changed = rows::update(tx, change).await?;
    let record = Change::new("conversation.update", "conversation", row.id)
        .within(row.id)
        .before(json!({ "title": row.title, "archived": row.status == Status::Archived }))
        .after(json!({ "title": title, "archived": status == Status::Archived }));
    tx.record(record).await?;
    Ok(changed.into())
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
