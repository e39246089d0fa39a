//! Root mutations about workspaces, one file an operation.

pub mod create;
pub mod life;
pub mod place;
pub mod update;

use async_graphql::MergedObject;
use entity::id::WorkspaceId;
use entity::workspace::Model;

use super::rows;
use crate::domain::thing::object::AccessLevel;
use crate::error::{Error, UserError};
use crate::write::Tx;

#[derive(Default, MergedObject)]
pub struct WorkspaceMutation(create::CreateWorkspace, update::UpdateWorkspace, life::WorkspaceLife, place::Moving);

/// The visible workspace, locked, with the viewer's level there.
async fn get(tx: &Tx, id: WorkspaceId) -> Result<(Model, AccessLevel), Error> {
    let found = rows::find_for_update(tx, tx.actor.principal()?, id).await?;
    found.ok_or_else(|| Error::refused(UserError::not_found(&["id"])))
}

/// The refusal of a change that is based on an earlier version.
fn stale(version: i32, expected: Option<i32>) -> Option<UserError> {
    let message = "The workspace has changed meanwhile; its present state is in the answer.";
    expected.filter(|expected| *expected != version).map(|_| UserError::conflict(&["expectedVersion"], message))
}
