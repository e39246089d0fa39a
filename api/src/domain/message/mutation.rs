//! Root mutations about messages.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result};
use entity::id::{ConversationId, MessageId};
use entity::message::{self, ActiveModel, Model};
use sea_orm::{ActiveEnum, ActiveValue::Set};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::object::{FinishReason, Message, MessageRole};
use super::{policy, rows};
use crate::access::Permission;
use crate::domain::conversation::{self, policy as conversation_policy};
use crate::error::{Error, UserError, violated_constraint};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars;
use crate::write::{self, Call, Change, Creation, Tx};

/// Longest text of a message, in characters.
const LONGEST: usize = 200_000;

/// A new message.
#[derive(InputObject)]
pub struct AppendMessageInput {
    /// The conversation, with the level COMMENT or higher.
    conversation_id: ID,
    /// The message it answers, in the same conversation. Left out, it follows the message appended last; null begins
    /// another tree.
    parent_id: MaybeUndefined<ID>,
    /// Who speaks; at the level COMMENT only USER.
    #[graphql(default_with = "MessageRole::User")]
    role: MessageRole,
    /// The text, at most 200,000 characters, kept as it is; may be empty, as when a model only calls tools.
    content: String,
    /// The model that wrote it, 1 to 200 characters.
    model: Option<String>,
    /// Why the model stopped.
    finish_reason: Option<FinishReason>,
    /// Tokens that the model read.
    prompt_tokens: Option<i32>,
    /// Tokens that the model wrote.
    completion_tokens: Option<i32>,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// An edit of a message.
#[derive(InputObject)]
pub struct EditMessageInput {
    /// The message: one's own at the level COMMENT, any with WRITE.
    message_id: ID,
    /// The new text, at most 200,000 characters.
    content: String,
    /// The version that the edit is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `appendMessage`.
    AppendMessagePayload {
        /// The new message, or the one that this `clientId` made earlier.
        message: Message,
    }
    /// The answer to `editMessage`.
    EditMessagePayload {
        /// The message as it is now, also when `expectedVersion` was stale.
        message: Message,
    }
}

/// Which message the new one answers.
#[derive(Clone, Copy, Serialize)]
enum Parent {
    Latest,
    None,
    Message(MessageId),
}

#[derive(Serialize)]
struct NewMessage {
    conversation: ConversationId,
    parent: Parent,
    role: String,
    content: String,
    model: Option<String>,
    finish_reason: Option<String>,
    prompt_tokens: Option<i32>,
    completion_tokens: Option<i32>,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl AppendMessageInput {
    fn parse(self) -> Result<NewMessage, Error> {
        let mut checks = Checks::default();
        let conversation = checks.id(&["conversationId"], &self.conversation_id);
        let parent = match self.parent_id {
            MaybeUndefined::Undefined => Parent::Latest,
            MaybeUndefined::Null => Parent::None,
            MaybeUndefined::Value(id) => Parent::Message(checks.id(&["parentId"], &id)),
        };
        let content = checks.text(&["content"], self.content, 0..=LONGEST);
        let model = self.model.map(|model| checks.line(&["model"], &model, 1..=200));
        let prompt_tokens = checks.non_negative(&["promptTokens"], self.prompt_tokens);
        let completion_tokens = checks.non_negative(&["completionTokens"], self.completion_tokens);
        let client_id = checks.client_id(self.client_id.as_ref());
        checks.done()?;
        Ok(NewMessage {
            conversation,
            parent,
            role: message::Role::from(self.role).to_value(),
            content,
            model,
            finish_reason: self.finish_reason.map(|reason| message::FinishReason::from(reason).to_value()),
            prompt_tokens,
            completion_tokens,
            client_id,
        })
    }
}

struct Edit {
    id: MessageId,
    content: String,
    expected_version: Option<i32>,
}

impl EditMessageInput {
    fn parse(self) -> Result<Edit, Error> {
        let mut checks = Checks::default();
        let id = checks.id(&["messageId"], &self.message_id);
        let content = checks.text(&["content"], self.content, 0..=LONGEST);
        checks.done()?;
        Ok(Edit { id, content, expected_version: self.expected_version })
    }
}

#[derive(Default)]
pub struct MessageMutation;

#[Object]
impl MessageMutation {
    /// Appends a message to a conversation, on any branch. Needs `messages:write` and the level COMMENT.
    #[graphql(guard = "Requires(Permission::MessagesWrite)", directive = requiresPermission::apply(Permission::MessagesWrite))]
    async fn append_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message.")] input: AppendMessageInput,
    ) -> Result<Option<AppendMessagePayload>> {
        let call = Call::of(cx(ctx), "appendMessage", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move {
                let message = Some(append(tx, draft).await?);
                Ok(AppendMessagePayload { message, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Replaces the text of a message. Needs `messages:write` and the level WRITE, or COMMENT for one's own.
    #[graphql(guard = "Requires(Permission::MessagesWrite)", directive = requiresPermission::apply(Permission::MessagesWrite))]
    async fn edit_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The edit.")] input: EditMessageInput,
    ) -> Result<Option<EditMessagePayload>> {
        let call = Call::of(cx(ctx), "editMessage", &input, &input.idempotency_key);
        let payload =
            write::run(cx(ctx), call, input.parse(), |tx, edit| Box::pin(async move { apply(tx, edit).await }));
        Ok(payload.await?)
    }
}

async fn append(tx: &Tx, draft: NewMessage) -> Result<Message, Error> {
    let viewer = tx.actor.principal()?;
    let found = conversation::rows::find_for_update(tx, viewer, draft.conversation).await?;
    let (talk, level) = found.ok_or_else(|| Error::refused(UserError::not_found(&["conversationId"])))?;
    let role = message::Role::try_from_value(&draft.role)?;
    policy::may_append(level, role)?;
    conversation_policy::outside_trash(&talk, &["conversationId"])?;
    let id = MessageId(tx.new_id());
    if let Creation::Again(first) = tx.claim("message.append", draft.client_id, &draft, id).await? {
        let first = rows::find(tx, viewer, MessageId(first)).await?;
        return first.map(Message::from).ok_or_else(|| Error::refused(UserError::not_found(&["clientId"])));
    }
    let row = Model {
        id,
        conversation_id: draft.conversation,
        parent_id: match draft.parent {
            Parent::Latest => talk.last_message_id,
            Parent::None => None,
            Parent::Message(id) => Some(id),
        },
        depth: 0,
        position: 0,
        author_id: Some(viewer.user),
        role,
        content: draft.content,
        model: draft.model,
        finish_reason: draft.finish_reason.as_ref().map(message::FinishReason::try_from_value).transpose()?,
        prompt_tokens: draft.prompt_tokens,
        completion_tokens: draft.completion_tokens,
        version: 1,
        created_at: tx.at,
        updated_at: tx.at,
        edited_at: None,
    };
    let row = rows::insert(tx, row).await.map_err(|cause| match violated_constraint(&cause) {
        // A parent elsewhere and no parent at all look alike.
        Some("messages_parent_fkey") => Error::refused(UserError::not_found(&["parentId"])),
        _ => cause.into(),
    })?;
    let after = json!({ "role": draft.role, "position": row.position, "parent": row.parent_id, "length": row.content.chars().count() });
    tx.record(Change::new("message.append", "message", id).within(row.conversation_id).after(after)).await?;
    Ok(row.into())
}

async fn apply(tx: &Tx, edit: Edit) -> Result<EditMessagePayload, Error> {
    let viewer = tx.actor.principal()?;
    let not_found = || Error::refused(UserError::not_found(&["messageId"]));
    let place = rows::find(tx, viewer, edit.id).await?.ok_or_else(not_found)?.conversation_id;
    let (talk, level) = conversation::rows::find_for_share(tx, viewer, place).await?.ok_or_else(not_found)?;
    let row = rows::find_for_update(tx, viewer, edit.id).await?.ok_or_else(not_found)?;
    policy::may_edit(viewer, level, &row)?;
    conversation_policy::outside_trash(&talk, &["messageId"])?;
    if edit.expected_version.is_some_and(|version| version != row.version) {
        let message = "The message has changed meanwhile; its present state is in the answer.";
        let stale = UserError::conflict(&["expectedVersion"], message);
        return Ok(EditMessagePayload { message: Some(row.into()), user_errors: vec![stale] });
    }
    if row.content == edit.content {
        tx.unchanged();
        return Ok(EditMessagePayload { message: Some(row.into()), ..Default::default() });
    }
    let change = ActiveModel {
        id: Set(row.id),
        content: Set(edit.content),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        edited_at: Set(Some(tx.at)),
        ..Default::default()
    };
    let changed = rows::update(tx, change).await?;
    let record = Change::new("message.edit", "message", row.id)
        .within(row.conversation_id)
        .before(json!({ "version": row.version, "length": row.content.chars().count() }))
        .after(json!({ "version": changed.version, "length": changed.content.chars().count() }));
    tx.record(record).await?;
    Ok(EditMessagePayload { message: Some(changed.into()), ..Default::default() })
}
