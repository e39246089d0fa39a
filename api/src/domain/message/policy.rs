//! Who sees which messages, and who may write where.

use entity::message;

use crate::access::Permission;
use crate::auth::Principal;
use crate::database::shape::Rule;
use crate::domain::conversation::policy as conversation_policy;
use crate::domain::thing::action::{Kind, ThingAction};
use crate::domain::thing::object::AccessLevel;
use crate::error::Result;

/// The messages of the conversations that exist for the viewer.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    conversation_policy::visible_through(viewer, message::Column::ConversationId)
}

/// The messages that are read beside conversations which exist for the viewer, of those conversations: the same, asked once
/// for both.
pub fn visible_beside_conversations(viewer: &Principal) -> Rule<'static> {
    if !viewer.holds(Permission::ConversationsRead) {
        return Rule::none();
    }
    Rule::kept("beside theirs", "", || "messages.conversation_id = conversations.id".to_owned(), &[])
}

pub fn may_append(level: AccessLevel, role: message::Role) -> Result<()> {
    match role {
        message::Role::User => ThingAction::AppendMessage.allow(Kind::Conversation, level),
        message::Role::System | message::Role::Assistant | message::Role::Tool => {
            ThingAction::AppendAnswer.allow(Kind::Conversation, level)
        }
    }
}

/// One's own as one appends, those of others as the level has it.
pub fn may_edit(viewer: &Principal, level: AccessLevel, row: &message::Model) -> Result<()> {
    match row.author_id == Some(viewer.user) {
        true => ThingAction::AppendMessage.allow(Kind::Conversation, level),
        false => ThingAction::EditMessage.allow(Kind::Conversation, level),
    }
}

pub fn may_record_tool_calls(level: AccessLevel) -> Result<()> {
    ThingAction::RecordToolCall.allow(Kind::Conversation, level)
}
