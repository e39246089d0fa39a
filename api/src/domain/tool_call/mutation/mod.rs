//! Root mutations about tool calls, one file an operation.

pub mod decide;
pub mod record;
pub mod result;
pub mod step;

use async_graphql::MergedObject;
use entity::conversation::Model as Conversation;
use entity::id::ToolCallId;
use entity::tool_call::Model;

use super::rows;
use crate::domain::conversation::{self, policy as conversation_policy};
use crate::domain::thing::object::AccessLevel;
use crate::error::{Error, UserError};
use crate::write::Tx;

#[derive(Default, MergedObject)]
pub struct ToolCallMutation(
    record::RecordToolCall,
    result::RecordToolResult,
    step::ToolCallStep,
    decide::DecideToolCall,
);

/// Longest raw arguments or error, in characters.
const LONGEST: usize = 100_000;

/// A call that is locked, after its conversation.
struct Locked {
    row: Model,
    talk: Conversation,
    level: AccessLevel,
}

impl Locked {
    async fn find(tx: &Tx, id: ToolCallId) -> Result<Self, Error> {
        let viewer = tx.actor.principal()?;
        let not_found = || Error::refused(UserError::not_found(&["toolCallId"]));
        let place = rows::by_ids(tx, viewer, &[id]).await?.remove(&id).ok_or_else(not_found)?.conversation_id;
        let (talk, level) = conversation::rows::find_for_share(tx, viewer, place).await?.ok_or_else(not_found)?;
        let row = rows::find_for_update(tx, viewer, id).await?.ok_or_else(not_found)?;
        Ok(Self { row, talk, level })
    }

    fn outside_trash(&self) -> Result<(), Error> {
        conversation_policy::outside_trash(&self.talk, &["toolCallId"])
    }

    /// The refusal of a change that is based on an earlier version.
    fn stale(&self, expected: Option<i32>) -> Option<UserError> {
        let message = "The tool call has changed meanwhile; its present state is in the answer.";
        let stale = expected.filter(|version| *version != self.row.version);
        stale.map(|_| UserError::conflict(&["expectedVersion"], message))
    }
}

/// The refusal of what the call does not do any more, or not yet.
fn no_way(message: &str) -> UserError {
    UserError::conflict(&["toolCallId"], message)
}
