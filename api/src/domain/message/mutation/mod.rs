//! Root mutations about messages, one file an operation.

pub mod append;
pub mod branch;
pub mod delete;
pub mod edit;
mod said;

use async_graphql::MergedObject;
use entity::id::MessageId;
use entity::{conversation, message};

use super::rows;
use crate::domain::conversation::{policy as conversation_policy, rows as conversation_rows};
use crate::domain::thing::object::AccessLevel;
use crate::error::{Error, UserError};
use crate::write::Tx;

#[derive(Default, MergedObject)]
pub struct MessageMutation(append::AppendMessage, branch::BranchMessage, edit::EditMessage, delete::DeleteMessage);

/// A message that is locked, its conversation, and what the viewer may do there.
struct Held {
    talk: conversation::Model,
    level: AccessLevel,
    row: message::Model,
}

/// Locks a message outside the trash and, before it, its conversation.
async fn hold(tx: &Tx, id: MessageId) -> Result<Held, Error> {
    let viewer = tx.actor.principal()?;
    let not_found = || Error::refused(UserError::not_found(&["messageId"]));
    let place = rows::find(tx, viewer, id).await?.ok_or_else(not_found)?.conversation_id;
    let (talk, level) = conversation_rows::find_for_update(tx, viewer, place).await?.ok_or_else(not_found)?;
    let row = rows::find_for_update(tx, viewer, id).await?.ok_or_else(not_found)?;
    conversation_policy::outside_trash(&talk, &["messageId"])?;
    Ok(Held { talk, level, row })
}

/// The refusal of a change that is based on an earlier version.
fn stale(row: &message::Model, expected: Option<i32>) -> Option<UserError> {
    let message = "The message has changed meanwhile; its present state is in the answer.";
    expected.filter(|version| *version != row.version).map(|_| UserError::conflict(&["expectedVersion"], message))
}
