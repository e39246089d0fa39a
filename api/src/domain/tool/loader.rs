//! What is loaded about tools in batches.

use entity::id::ToolId;
use entity::{share, tool};

use super::rows;
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

/// Marks what the viewer was given of a tool.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Given;

loads_by_id!(ToolId => tool::Model, rows::by_ids);

loads_under!(Under<ToolId, Given> => share::Level,
async |at: &Loads, tools: &[ToolId], _: &Given| {
    rows::levels(&at.db, &at.viewer()?, tools).await
});
