//! Who sees which messages, and who may write where.

use entity::message;

use crate::auth::Principal;
use crate::database::shape::Rule;
use crate::domain::conversation::policy::{self as conversation_policy, AccessLevel};
use crate::error::{Error, Result};

/// The messages of the conversations that exist for the viewer.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    conversation_policy::visible_through(viewer, message::Column::ConversationId)
}

pub fn may_append(level: AccessLevel, role: message::Role) -> Result<()> {
    match (level, role) {
        (AccessLevel::Read, _) => Err(Error::Forbidden("This needs the level COMMENT on the conversation.")),
        (AccessLevel::Comment, message::Role::User) | (AccessLevel::Write | AccessLevel::Owner, _) => Ok(()),
        (AccessLevel::Comment, _) => {
            Err(Error::Forbidden("At the level COMMENT one appends messages of role USER only."))
        }
    }
}

pub fn may_edit(viewer: &Principal, level: AccessLevel, row: &message::Model) -> Result<()> {
    let own = row.author_id == Some(viewer.user);
    match level {
        AccessLevel::Write | AccessLevel::Owner => Ok(()),
        AccessLevel::Comment if own => Ok(()),
        AccessLevel::Comment => Err(Error::Forbidden("At the level COMMENT one edits one's own messages only.")),
        AccessLevel::Read => Err(Error::Forbidden("This needs the level COMMENT on the conversation.")),
    }
}

pub fn may_record_tool_calls(level: AccessLevel) -> Result<()> {
    match level >= AccessLevel::Write {
        true => Ok(()),
        false => Err(Error::Forbidden("This needs the level WRITE on the conversation.")),
    }
}
