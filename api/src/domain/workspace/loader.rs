//! What is loaded about workspaces in batches.

use entity::id::WorkspaceId;
use entity::workspace;

use super::rows;
use crate::domain::thing::object::AccessLevel;
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

/// Marks the viewer's level in a workspace.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct OwnLevel;

loads_by_id!(WorkspaceId => workspace::Model, rows::by_ids);

loads_under!(Under<WorkspaceId, OwnLevel> => AccessLevel,
async |at: &Loads, workspaces: &[WorkspaceId], _: &OwnLevel| {
    rows::levels(&at.db, &at.viewer()?, workspaces).await
});
