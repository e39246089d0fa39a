//! Appending a message.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result};
use entity::id::{ConversationId, MessageId};
use entity::{conversation, message};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::said::{Said, SaidInput};
use crate::access::Permission;
use crate::domain::conversation::{policy as conversation_policy, rows as conversation_rows};
use crate::domain::message::object::{FinishReason, Message, MessageRole};
use crate::domain::message::{policy, rows};
use crate::error::{Error, UserError, violated_constraint};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars;
use crate::write::{self, Call, Change, Creation, Tx};

/// A new message.
#[derive(InputObject)]
pub struct AppendMessageInput {
    /// The conversation, with the level COMMENT or higher.
    conversation_id: ID,
    /// The message it answers, in the same conversation. Left out, it continues the branch that the viewer reads
    /// (`Conversation.activeLeaf`); null begins another tree.
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

payloads! {
    /// The answer to `appendMessage`.
    AppendMessagePayload {
        /// The new message, or the one that this `clientId` made earlier.
        message: Message,
    }
}

/// Which message the new one answers.
#[derive(Clone, Copy, Serialize)]
enum Parent {
    Active,
    None,
    Message(MessageId),
}

#[derive(Serialize)]
struct NewMessage {
    conversation: ConversationId,
    parent: Parent,
    role: String,
    said: Said,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl AppendMessageInput {
    fn parse(self) -> Result<NewMessage, Error> {
        let mut checks = Checks::default();
        let conversation = checks.id(&["conversationId"], &self.conversation_id);
        let parent = match self.parent_id {
            MaybeUndefined::Undefined => Parent::Active,
            MaybeUndefined::Null => Parent::None,
            MaybeUndefined::Value(id) => Parent::Message(checks.id(&["parentId"], &id)),
        };
        let said = SaidInput {
            content: self.content,
            model: self.model,
            finish_reason: self.finish_reason,
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.completion_tokens,
        };
        let said = said.check(&mut checks);
        let client_id = checks.client_id(self.client_id.as_ref());
        checks.done()?;
        Ok(NewMessage { conversation, parent, role: message::Role::from(self.role).to_value(), said, client_id })
    }
}

#[derive(Default)]
pub struct AppendMessage;

#[Object]
impl AppendMessage {
    /// Appends a message to a conversation, on any branch; from then on that branch is the one that the viewer reads. Needs
    /// `messages:write` and the level COMMENT.
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
}

async fn append(tx: &Tx, draft: NewMessage) -> Result<Message, Error> {
    let viewer = tx.actor.principal()?;
    let found = conversation_rows::find_for_update(tx, viewer, draft.conversation).await?;
    let (talk, level) = found.ok_or_else(|| Error::refused(UserError::not_found(&["conversationId"])))?;
    let role = message::Role::try_from_value(&draft.role)?;
    policy::may_append(level, role)?;
    conversation_policy::outside_trash(&talk, &["conversationId"])?;
    let id = MessageId(tx.new_id());
    if let Creation::Again(first) = tx.claim("message.append", draft.client_id, &draft, id).await? {
        return again(tx, first).await;
    }
    let parent = match draft.parent {
        Parent::Active => conversation_rows::branch::leaf_of(tx, viewer, &talk).await?,
        Parent::None => None,
        Parent::Message(id) => Some(id),
    };
    put(tx, "message.append", &talk, id, parent, role, draft.said).await
}

/// What a `clientId` made earlier.
pub(super) async fn again(tx: &Tx, first: Uuid) -> Result<Message, Error> {
    let first = rows::find(tx, tx.actor.principal()?, MessageId(first)).await?;
    first.map(Message::from).ok_or_else(|| Error::refused(UserError::not_found(&["clientId"])))
}

/// Writes a message below `parent` and records it.
pub(super) async fn put(
    tx: &Tx,
    action: &'static str,
    talk: &conversation::Model,
    id: MessageId,
    parent: Option<MessageId>,
    role: message::Role,
    said: Said,
) -> Result<Message, Error> {
    let row = said.by(tx.actor.principal()?.user, tx.at, message::Model::new(id, talk.id, parent, role, tx.at))?;
    let row = rows::insert(tx, row).await.map_err(|cause| match violated_constraint(&cause) {
        // A parent elsewhere and no parent at all look alike.
        Some("messages_parent_fkey") => Error::refused(UserError::not_found(&["parentId"])),
        _ => cause.into(),
    })?;
    let after = json!({ "role": role.to_value(), "position": row.position, "parent": row.parent_id, "length": row.content.chars().count() });
    tx.record(Change::new(action, "message", id).within(row.conversation_id).after(after)).await?;
    Ok(row.into())
}
