//! Ending: as meant, or before.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::MessageId;
use entity::message::{self, ActiveModel, Status};
use sea_orm::ActiveEnum;
use sea_orm::ActiveValue::{NotSet, Set};
use serde_json::json;

use super::{Held, hold, not_written, outdated, reread};
use crate::access::Permission;
use crate::domain::message::object::{FinishReason, Message};
use crate::domain::message::rows as message_rows;
use crate::domain::stream::rows;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A message that has been written.
#[derive(InputObject)]
pub struct FinishMessageInput {
    /// The message, which is being written.
    message_id: ID,
    /// Which attempt wrote: as `beginMessage` or `continueMessage` said.
    attempt: i32,
    /// Why the model stopped.
    #[graphql(default_with = "FinishReason::Stop")]
    finish_reason: FinishReason,
    /// The model that wrote it, 1 to 200 characters, if `beginMessage` did not say.
    model: Option<String>,
    /// Tokens that the model read.
    prompt_tokens: Option<i32>,
    /// Tokens that the model wrote.
    completion_tokens: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// A message to write no further.
#[derive(InputObject)]
pub struct CancelMessageInput {
    /// The message, which is being written or was interrupted.
    message_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `finishMessage`.
    FinishMessagePayload {
        /// The message, complete.
        message: Message,
    }
    /// The answer to `cancelMessage`.
    CancelMessagePayload {
        /// The message, with the text that it had.
        message: Message,
    }
}

struct Finish {
    id: MessageId,
    attempt: i32,
    reason: message::FinishReason,
    model: Option<String>,
    prompt_tokens: Option<i32>,
    completion_tokens: Option<i32>,
}

impl FinishMessageInput {
    fn parse(self) -> Result<Finish, Error> {
        let mut checks = Checks::default();
        let id = checks.id(&["messageId"], &self.message_id);
        let model = self.model.map(|model| checks.line(&["model"], &model, 1..=200));
        let prompt_tokens = checks.non_negative(&["promptTokens"], self.prompt_tokens);
        let completion_tokens = checks.non_negative(&["completionTokens"], self.completion_tokens);
        checks.done()?;
        let reason = self.finish_reason.into();
        Ok(Finish { id, attempt: self.attempt, reason, model, prompt_tokens, completion_tokens })
    }
}

impl CancelMessageInput {
    fn parse(&self) -> Result<MessageId, Error> {
        let mut checks = Checks::default();
        let id = checks.id(&["messageId"], &self.message_id);
        checks.done()?;
        Ok(id)
    }
}

#[derive(Default)]
pub struct FinishMessage;

#[Object]
impl FinishMessage {
    /// Says that a message has been written: it is COMPLETE. The same attempt may say so again. Needs `messages:write` and
    /// the level that `beginMessage` needs, WRITE where somebody else began it.
    #[graphql(guard = "Requires(Permission::MessagesWrite)", directive = requiresPermission::apply(Permission::MessagesWrite))]
    async fn finish_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which message, and how it ended.")] input: FinishMessageInput,
    ) -> Result<Option<FinishMessagePayload>> {
        let call = Call::of(cx(ctx), "finishMessage", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, finish| {
            Box::pin(async move {
                let message = Some(self::finish(tx, finish).await?);
                Ok(FinishMessagePayload { message, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

#[derive(Default)]
pub struct CancelMessage;

#[Object]
impl CancelMessage {
    /// Ends the writing of a message before its time; the text so far stays, and its writer is refused from now on. One that
    /// is cancelled already stays so; one that is COMPLETE is a `CONFLICT`. Needs `messages:write` and the level that
    /// `beginMessage` needs, WRITE where somebody else began it.
    #[graphql(guard = "Requires(Permission::MessagesWrite)", directive = requiresPermission::apply(Permission::MessagesWrite))]
    async fn cancel_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which message.")] input: CancelMessageInput,
    ) -> Result<Option<CancelMessagePayload>> {
        let call = Call::of(cx(ctx), "cancelMessage", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, id| {
            Box::pin(async move {
                let message = Some(cancel(tx, id).await?);
                Ok(CancelMessagePayload { message, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn finish(tx: &Tx, finish: Finish) -> Result<Message, Error> {
    let Held { row, state, .. } = hold(tx, finish.id).await?;
    let Some(state) = state else { return Err(Error::refused(not_written(&["messageId"]))) };
    if let Some(outdated) = outdated(&state, finish.attempt) {
        return Err(Error::refused(outdated));
    }
    match row.status {
        Status::Complete => {
            tx.unchanged();
            return Ok(row.into());
        }
        Status::Streaming => {}
        Status::Interrupted | Status::Cancelled => return Err(Error::refused(not_written(&["messageId"]))),
    }
    let change = ActiveModel {
        finish_reason: Set(Some(finish.reason)),
        model: finish.model.map_or(NotSet, |model| Set(Some(model))),
        prompt_tokens: Set(finish.prompt_tokens),
        completion_tokens: Set(finish.completion_tokens),
        ..ends(&row, Status::Complete)
    };
    end(tx, &row, change, "message.finish").await
}

async fn cancel(tx: &Tx, id: MessageId) -> Result<Message, Error> {
    let Held { row, .. } = hold(tx, id).await?;
    match row.status {
        Status::Cancelled => {
            tx.unchanged();
            Ok(row.into())
        }
        Status::Complete => {
            Err(Error::refused(UserError::conflict(&["messageId"], "The message is complete already.")))
        }
        Status::Streaming | Status::Interrupted => {
            let change = ActiveModel {
                finish_reason: Set(Some(message::FinishReason::Cancelled)),
                ..ends(&row, Status::Cancelled)
            };
            end(tx, &row, change, "message.cancel").await
        }
    }
}

fn ends(row: &message::Model, status: Status) -> ActiveModel {
    ActiveModel { id: Set(row.id), status: Set(status), ..Default::default() }
}

async fn end(tx: &Tx, row: &message::Model, change: ActiveModel, action: &'static str) -> Result<Message, Error> {
    if row.status == Status::Streaming {
        rows::end(tx, row.id, tx.at).await?;
    }
    let changed = message_rows::update(tx, ActiveModel { updated_at: Set(tx.at), ..change }).await?;
    let before = json!({ "status": row.status.to_value() });
    let after = json!({ "status": changed.status.to_value(), "length": changed.content.chars().count() });
    let record = Change::new(action, "message", row.id).within(row.conversation_id).before(before).after(after);
    tx.record(record).await?;
    let message = reread(tx, row.id).await?;
    message.map(Message::from).ok_or_else(|| Error::refused(UserError::not_found(&["messageId"])))
}
