//! Removing a message.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use entity::id::MessageId;
use entity::message::{ActiveModel, Status};
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::{Held, hold, stale};
use crate::access::Permission;
use crate::domain::conversation::object::Conversation;
use crate::domain::conversation::rows as conversation_rows;
use crate::domain::message::object::Message;
use crate::domain::message::{policy, rows};
use crate::error::Error;
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// What becomes of everything below a message that is removed.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
pub enum AnswersFate {
    /// It goes, too, down to the ends of all branches.
    Delete,
    /// It stays where it is. So does the message's place, empty and with `deletedAt`, unless nothing is below it.
    Keep,
}

/// A message to remove.
#[derive(InputObject)]
pub struct DeleteMessageInput {
    /// The message: one's own at the level COMMENT, any with WRITE.
    message_id: ID,
    /// What becomes of the answers to it and of everything below them. To delete what others wrote below needs the level
    /// WRITE.
    answers: AnswersFate,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `deleteMessage`.
    DeleteMessagePayload {
        /// How many messages are gone with it, itself included; 0 if its empty place stays.
        deleted_count: i32,
        /// Its empty place if that stays, or the message as it is now if `expectedVersion` was stale.
        message: Message,
        /// The conversation as it is now.
        conversation: Conversation,
    }
}

struct Removal {
    id: MessageId,
    answers: AnswersFate,
    expected_version: Option<i32>,
}

impl DeleteMessageInput {
    fn parse(self) -> Result<Removal, Error> {
        let mut checks = Checks::default();
        let id = checks.id(&["messageId"], &self.message_id);
        checks.done()?;
        Ok(Removal { id, answers: self.answers, expected_version: self.expected_version })
    }
}

#[derive(Default)]
pub struct DeleteMessage;

#[Object]
impl DeleteMessage {
    /// Removes a message for ever, with its versions and tool calls, and with what is below it or without. Positions are
    /// not given again. Whoever read a branch that is gone reads what is left above it. Needs `messages:write` and the
    /// level WRITE, or COMMENT for one's own.
    #[graphql(guard = "Requires(Permission::MessagesWrite)", directive = requiresPermission::apply(Permission::MessagesWrite))]
    async fn delete_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which message, and what becomes of the answers to it.")] input: DeleteMessageInput,
    ) -> Result<Option<DeleteMessagePayload>> {
        let call = Call::of(cx(ctx), "deleteMessage", &input, &input.idempotency_key);
        let payload =
            write::run(cx(ctx), call, input.parse(), |tx, removal| Box::pin(async move { remove(tx, removal).await }));
        Ok(payload.await?)
    }
}

async fn remove(tx: &Tx, removal: Removal) -> Result<DeleteMessagePayload, Error> {
    let viewer = tx.actor.principal()?;
    let Held { talk, level, row } = hold(tx, removal.id).await?;
    let below = rows::tree::below(tx, &row, viewer.user).await?;
    let takes_others = removal.answers == AnswersFate::Delete && below.by_others > 0;
    policy::may_delete(viewer, level, &row, takes_others)?;
    if let Some(stale) = stale(&row, removal.expected_version) {
        let user_errors = vec![stale];
        return Ok(DeleteMessagePayload { message: Some(row.into()), user_errors, ..Default::default() });
    }
    let stays = removal.answers == AnswersFate::Keep && below.messages > 0;
    let (deleted, message) = match stays {
        true => {
            policy::not_removed(&row)?;
            (0, Some(Message::from(rows::update(tx, emptied(tx, &row)).await?)))
        }
        false => (rows::tree::delete(tx, &row).await?, None),
    };
    let before = json!({ "role": row.role, "position": row.position, "length": row.content.chars().count() });
    let after = json!({ "deletedCount": deleted });
    let action = if stays { "message.empty" } else { "message.delete" };
    let record = Change::new(action, "message", row.id).within(row.conversation_id);
    tx.record(record.before(before).after(after)).await?;
    let conversation = conversation_rows::by_ids(tx, viewer, &[talk.id]).await?.remove(&talk.id).map(Conversation);
    Ok(DeleteMessagePayload { deleted_count: Some(deleted), message, conversation, ..Default::default() })
}

/// What is left of a message whose place stays.
fn emptied(tx: &Tx, row: &entity::message::Model) -> ActiveModel {
    ActiveModel {
        id: Set(row.id),
        content: Set(String::new()),
        model: Set(None),
        finish_reason: Set(None),
        prompt_tokens: Set(None),
        completion_tokens: Set(None),
        edited_at: Set(None),
        edited_by_id: Set(None),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        deleted_at: Set(Some(tx.at)),
        status: Set(Status::Complete),
        ..Default::default()
    }
}
