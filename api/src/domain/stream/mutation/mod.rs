//! Root mutations about messages that are being written, one file an operation.

pub mod begin;
pub mod end;
pub mod piece;
pub mod resume;

use async_graphql::MergedObject;
use entity::id::MessageId;
use entity::message;

use super::rows::{self, State};
use crate::domain::conversation::{policy as conversation_policy, rows as conversation_rows};
use crate::domain::message::{policy, rows as message_rows};
use crate::error::{Error, UserError};
use crate::write::Tx;

#[derive(Default, MergedObject)]
pub struct StreamMutation(
    begin::BeginMessage,
    piece::AppendToMessage,
    resume::ContinueMessage,
    end::FinishMessage,
    end::CancelMessage,
);

/// A message whose stream is locked, for those who may write it.
struct Held {
    row: message::Model,
    state: Option<State>,
}

async fn hold(tx: &Tx, id: MessageId) -> Result<Held, Error> {
    let viewer = tx.actor.principal()?;
    let not_found = || Error::refused(UserError::not_found(&["messageId"]));
    let place = message_rows::find(tx, viewer, id).await?.ok_or_else(not_found)?.conversation_id;
    let (talk, level) = conversation_rows::find_for_share(tx, viewer, place).await?.ok_or_else(not_found)?;
    let row = message_rows::find_for_update(tx, viewer, id).await?.ok_or_else(not_found)?;
    policy::may_append(level, row.role)?;
    policy::may_edit(viewer, level, &row)?;
    conversation_policy::outside_trash(&talk, &["messageId"])?;
    let state = rows::find_for_update(tx, id).await?;
    Ok(Held { row, state })
}

/// The message as others now see it.
async fn reread(tx: &Tx, id: MessageId) -> Result<Option<message::Model>, Error> {
    message_rows::find(tx, tx.actor.principal()?, id).await
}

/// The refusal of what needs a message that is being written.
fn not_written(path: &[&str]) -> UserError {
    UserError::conflict(path, "The message is not being written.")
}

/// The refusal of a writer whose message somebody else has continued.
fn outdated(state: &State, attempt: i32) -> Option<UserError> {
    let message = "The message has been continued by another attempt.";
    (state.attempt != attempt).then(|| UserError::conflict(&["attempt"], message))
}
