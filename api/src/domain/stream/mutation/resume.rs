//! Going on where a writer stopped.

use async_graphql::{Context, ID, InputObject, Object, Result};
use chrono::TimeDelta;
use entity::id::MessageId;
use entity::message::{ActiveModel, Status};
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::{Held, hold, not_written, reread};
use crate::access::Permission;
use crate::domain::message::object::Message;
use crate::domain::message::rows as message_rows;
use crate::domain::stream::object::MessageWriting;
use crate::domain::stream::rows;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A message to go on with.
#[derive(InputObject)]
pub struct ContinueMessageInput {
    /// The message, which was interrupted.
    message_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `continueMessage`.
    ContinueMessagePayload {
        /// The message, with the text so far.
        message: Message,
        /// What the writer has to say with its pieces.
        writing: MessageWriting,
    }
}

fn parse(id: &ID) -> Result<MessageId, Error> {
    let mut checks = Checks::default();
    let id = checks.id(&["messageId"], id);
    checks.done()?;
    Ok(id)
}

#[derive(Default)]
pub struct ContinueMessage;

#[Object]
impl ContinueMessage {
    /// Goes on with a message that was INTERRUPTED, after the last piece that was kept, as another attempt. One that is
    /// still being written, or has ended, is a `CONFLICT`. Needs `messages:write` and the level that `beginMessage` needs,
    /// WRITE where somebody else began it.
    #[graphql(guard = "Requires(Permission::MessagesWrite)", directive = requiresPermission::apply(Permission::MessagesWrite))]
    async fn continue_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which message.")] input: ContinueMessageInput,
    ) -> Result<Option<ContinueMessagePayload>> {
        let lease = cx(ctx).app.stream_lease;
        let call = Call::of(cx(ctx), "continueMessage", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.message_id), move |tx, id| {
            Box::pin(async move { resume(tx, id, lease).await })
        });
        Ok(payload.await?)
    }
}

async fn resume(tx: &Tx, id: MessageId, lease: TimeDelta) -> Result<ContinueMessagePayload, Error> {
    let Held { row, state, .. } = hold(tx, id).await?;
    let state = match (row.status, state) {
        (Status::Interrupted, Some(state)) => state,
        // Nobody has noticed yet that its writer is gone.
        (Status::Streaming, Some(state)) if state.lease_until < tx.at => state,
        (Status::Streaming, _) => {
            return Err(Error::refused(UserError::conflict(&["messageId"], "The message is still being written.")));
        }
        _ => return Err(Error::refused(not_written(&["messageId"]))),
    };
    rows::again(tx, id, tx.at + lease).await?;
    let change =
        ActiveModel { id: Set(id), status: Set(Status::Streaming), updated_at: Set(tx.at), ..Default::default() };
    message_rows::update(tx, change).await?;
    let after = json!({ "attempt": state.attempt + 1, "sequence": state.next_sequence });
    tx.record(Change::new("message.continue", "message", id).within(row.conversation_id).after(after)).await?;
    let message = reread(tx, id).await?.map(Message::from);
    let writing = rows::find_for_update(tx, id).await?.map(MessageWriting::from);
    Ok(ContinueMessagePayload { message, writing, ..Default::default() })
}
