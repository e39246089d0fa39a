//! Who sees which tool calls.

use entity::tool_call;
use sea_orm::Condition;

use crate::auth::Principal;
use crate::domain::conversation::policy as conversation_policy;

/// The tool calls of the conversations that exist for the viewer.
pub fn visible(viewer: &Principal) -> Condition {
    conversation_policy::visible_through(viewer, (tool_call::Entity, tool_call::Column::ConversationId))
}
