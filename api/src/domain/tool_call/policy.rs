//! Who sees which tool calls.

use entity::tool_call;

use crate::auth::Principal;
use crate::database::shape::Rule;
use crate::domain::conversation::policy as conversation_policy;

/// The tool calls of the conversations that exist for the viewer.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    conversation_policy::visible_through(viewer, tool_call::Column::ConversationId)
}
