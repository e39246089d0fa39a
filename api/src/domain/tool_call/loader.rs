//! What is loaded about tool calls in batches.

use entity::id::ToolCallId;
use entity::tool_call;

use super::rows::{self, ToolCalls};
use crate::database::keyset::{Slice, Window};
use crate::domain::message::rows::Place;
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

loads_by_id!(ToolCallId => tool_call::Model, rows::by_ids);

loads_under!(Under<Place, Window<tool_call::Model>> => Slice<tool_call::Model>,
async |at: &Loads, messages: &[Place], window: &Window<tool_call::Model>| {
    rows::pages_of_messages(&at.db, &at.viewer()?, messages, window).await
});

loads_under!(CountUnder<Place, ToolCalls> => i64,
async |at: &Loads, messages: &[Place], _: &ToolCalls| {
    rows::count_of_messages(&at.db, &at.viewer()?, messages).await
});
