//! Root mutations about conversations, one file an operation.

pub mod create;
pub mod fork;
pub mod select;
pub mod trash;
pub mod update;

use async_graphql::MergedObject;
use entity::conversation::Model;
use entity::id::ConversationId;

use super::rows;
use crate::domain::thing::object::AccessLevel;
use crate::error::{Error, UserError};
use crate::write::Tx;

#[derive(Default, MergedObject)]
pub struct ConversationMutation(
    create::CreateConversation,
    update::UpdateConversation,
    select::SelectBranch,
    fork::ForkConversation,
    trash::ConversationTrash,
);

/// The conversation, locked, with the viewer's level there.
async fn get(tx: &Tx, id: ConversationId) -> Result<(Model, AccessLevel), Error> {
    let found = rows::find_for_update(tx, tx.actor.principal()?, id).await?;
    found.ok_or_else(|| Error::refused(UserError::not_found(&["conversationId"])))
}

/// The refusal of a change that is based on an earlier version.
fn stale(row: &Model, expected: Option<i32>) -> Option<UserError> {
    let message = "The conversation has changed meanwhile; its present state is in the answer.";
    expected.filter(|version| *version != row.version).map(|_| UserError::conflict(&["expectedVersion"], message))
}
