//! Who sees which messages, and who may write where.

use entity::{message, share};

use crate::access::Permission;
use crate::auth::Principal;
use crate::database::shape::Rule;
use crate::domain::conversation::policy as conversation_policy;
use crate::domain::thing::action::{Kind, ThingAction};
use crate::domain::thing::object::AccessLevel;
use crate::domain::thing::reach;
use crate::error::{Error, Result, UserError};

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

/// One's own as one appends, unless what others wrote goes with it; all else as the level has it.
pub fn may_delete(viewer: &Principal, level: AccessLevel, row: &message::Model, takes_others: bool) -> Result<()> {
    match row.author_id == Some(viewer.user) && !takes_others {
        true => ThingAction::AppendMessage.allow(Kind::Conversation, level),
        false => ThingAction::DeleteMessage.allow(Kind::Conversation, level),
    }
}

/// Refuses to change what was removed, or is being written.
pub fn still_says(row: &message::Model) -> Result<()> {
    not_removed(row)?;
    match row.status {
        message::Status::Streaming => {
            let refusal = "The message is being written: wait for its end, or cancel it.";
            Err(Error::refused(UserError::conflict(&["messageId"], refusal)))
        }
        _ => Ok(()),
    }
}

pub fn not_removed(row: &message::Model) -> Result<()> {
    match row.deleted_at {
        None => Ok(()),
        Some(_) => Err(Error::refused(UserError::conflict(&["messageId"], "The message was removed."))),
    }
}

/// What messages said earlier, for those who might edit them now: their authors at the level COMMENT, everybody with WRITE.
pub fn visible_versions(viewer: &Principal) -> Rule<'static> {
    let needed = [Permission::ConversationsRead, Permission::MessagesWrite];
    if needed.iter().any(|permission| !viewer.holds(*permission)) {
        return Rule::none();
    }
    let others = match needed.iter().any(|permission| viewer.holds_only_for_own(*permission)) {
        true => "false".to_owned(),
        false => {
            let [write, comment] = [share::Level::Write, share::Level::Comment]
                .map(|level| reach::given("talk.id", "talk.workspace_id", level));
            format!("talk.deleted_at is null and ({write} or said.author_id = $1 and {comment})")
        }
    };
    let text = format!(
        "exists (select from messages said join conversations talk on talk.id = said.conversation_id
                  where said.id = message_versions.message_id and (talk.owner_id = $1 or {others}))"
    );
    Rule::text("versions of what one may edit", text, &reach::asked_by(viewer))
}
