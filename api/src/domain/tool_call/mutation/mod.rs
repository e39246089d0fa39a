//! Root mutations about tool calls, one file an operation.

pub mod record;
pub mod result;

use async_graphql::MergedObject;

#[derive(Default, MergedObject)]
pub struct ToolCallMutation(record::RecordToolCall, result::RecordToolResult);

/// Longest raw arguments or error, in characters.
const LONGEST: usize = 100_000;
