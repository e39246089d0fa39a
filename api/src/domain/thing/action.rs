//! What is done with things, and what each of it needs. The mutations ask this table before they write, and so does
//! whoever wants to know beforehand.

use async_graphql::Enum;

use super::object::AccessLevel;
use crate::access::Permission;
use crate::error::{Error, Result};

/// The kinds of things.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Conversation,
    Workspace,
    Tool,
    Advisor,
}

/// Something that is done with a conversation, a workspace, a tool or an advisor.
#[derive(Clone, Copy, Debug, Enum, Eq, Hash, PartialEq)]
pub enum ThingAction {
    /// See it and what is in it: `conversation`, `message`, `workspace`, `tool`, `advisor`.
    Read,
    /// Append a message with the role USER: `appendMessage`.
    AppendMessage,
    /// Append a message with another role: `appendMessage`.
    AppendAnswer,
    /// Edit a message of somebody else: `editMessage`. One's own need the level COMMENT.
    EditMessage,
    /// Remove a message of somebody else, or one's own with what others wrote below it: `deleteMessage`. One's own alone
    /// needs the level COMMENT.
    DeleteMessage,
    /// Record a tool call or what came of one: `recordToolCall`, `recordToolResult`, `startToolCall`, `cancelToolCall`.
    RecordToolCall,
    /// Decide about a tool call that waits for that: `approveToolCall`, `rejectToolCall`.
    ApproveToolCall,
    /// Change the thing itself: `updateConversation`, `updateWorkspace`, `updateTool`, `updateAdvisor`.
    Update,
    /// Share it, at the level READ: `share`.
    Share,
    /// Put a conversation into a workspace, asked of the workspace: `moveConversation`.
    PutIn,
    /// Take a conversation of somebody else out of a workspace, asked of the workspace: `moveConversation`.
    TakeOut,
    /// Put it into the trash: `deleteConversation`, `deleteWorkspace`, `deleteTool`,
    /// `deleteAdvisor`.
    Delete,
    /// Take it out of the trash: `restoreConversation`, `restoreWorkspace`, `restoreTool`,
    /// `restoreAdvisor`.
    Restore,
    /// Remove it for ever: `purgeConversation`, `purgeTool`, `purgeAdvisor`.
    Purge,
    /// Copy it into one's own: `forkTool`.
    Fork,
}

/// What something needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Need {
    pub kind: Kind,
    pub permission: Permission,
    pub level: AccessLevel,
    /// Whether the thing has to be in the trash, or outside; nothing where both will do.
    pub in_trash: Option<bool>,
}

impl ThingAction {
    /// Nothing for what is not done with things of this kind.
    pub fn need(self, kind: Kind) -> Option<Need> {
        use AccessLevel::{Comment, Manage, Owner, Read, Write};
        use Permission::{
            AdvisorsRead, AdvisorsWrite, ConversationsRead, ConversationsWrite, MessagesWrite, SharesWrite, TeamsWrite,
            ToolsApprove, ToolsRead, ToolsWrite,
        };
        let outside = Some(false);
        let (permission, level, in_trash) = match (kind, self) {
            (Kind::Advisor, Self::Read) => (AdvisorsRead, Read, None),
            (Kind::Tool, Self::Read) => (ToolsRead, Read, None),
            (_, Self::Read) => (ConversationsRead, Read, None),
            (_, Self::Share) => (SharesWrite, Manage, outside),
            (Kind::Conversation, Self::AppendMessage) => (MessagesWrite, Comment, outside),
            (
                Kind::Conversation,
                Self::AppendAnswer | Self::EditMessage | Self::DeleteMessage | Self::RecordToolCall,
            ) => (MessagesWrite, Write, outside),
            (Kind::Conversation, Self::ApproveToolCall) => (ToolsApprove, Write, outside),
            (Kind::Conversation, Self::Update) => (ConversationsWrite, Write, outside),
            (Kind::Conversation, Self::Delete | Self::Restore) => (ConversationsWrite, Owner, None),
            (Kind::Conversation, Self::Purge) => (ConversationsWrite, Owner, Some(true)),
            (Kind::Workspace, Self::PutIn) => (ConversationsWrite, Write, outside),
            (Kind::Workspace, Self::TakeOut) => (ConversationsWrite, Manage, outside),
            (Kind::Workspace, Self::Update) => (TeamsWrite, Manage, None),
            (Kind::Workspace, Self::Delete | Self::Restore) => (TeamsWrite, Owner, None),
            (Kind::Tool, Self::Fork) => (ToolsWrite, Read, outside),
            (Kind::Tool, Self::Update) => (ToolsWrite, Write, outside),
            (Kind::Tool, Self::Delete | Self::Restore) => (ToolsWrite, Owner, None),
            (Kind::Tool, Self::Purge) => (ToolsWrite, Owner, Some(true)),
            (Kind::Advisor, Self::Update) => (AdvisorsWrite, Write, outside),
            (Kind::Advisor, Self::Delete | Self::Restore) => (AdvisorsWrite, Owner, None),
            (Kind::Advisor, Self::Purge) => (AdvisorsWrite, Owner, Some(true)),
            // The rest is not done with things of these kinds.
            _ => return None,
        };
        Some(Need { kind, permission, level, in_trash })
    }

    /// Refuses those whose level is not enough.
    pub fn allow(self, kind: Kind, level: AccessLevel) -> Result<()> {
        match self.need(kind) {
            Some(need) => need.met(level),
            None => Err(Error::Forbidden("This is not done with a thing of this kind.")),
        }
    }
}

impl Need {
    pub fn met(self, level: AccessLevel) -> Result<()> {
        if level >= self.level {
            return Ok(());
        }
        Err(Error::Forbidden(match (self.kind, self.level) {
            (Kind::Conversation, AccessLevel::Owner) => "Only the owner of the conversation does this.",
            (Kind::Conversation, AccessLevel::Manage) => "This needs the level MANAGE on the conversation.",
            (Kind::Conversation, AccessLevel::Write) => "This needs the level WRITE on the conversation.",
            (Kind::Conversation, _) => "This needs the level COMMENT on the conversation.",
            (Kind::Advisor, AccessLevel::Owner) => "Only the owner of the advisor does this.",
            (Kind::Advisor, AccessLevel::Manage) => "This needs the level MANAGE on the advisor.",
            (Kind::Advisor, _) => "This needs the level WRITE on the advisor.",
            (Kind::Tool, AccessLevel::Owner) => "Only the owner of the tool does this.",
            (Kind::Tool, AccessLevel::Manage) => "This needs the level MANAGE on the tool.",
            (Kind::Tool, _) => "This needs the level WRITE on the tool.",
            (Kind::Workspace, AccessLevel::Owner) => "Only the owners of the workspace do this.",
            (Kind::Workspace, AccessLevel::Manage) => "This needs the level MANAGE in the workspace.",
            (Kind::Workspace, _) => "This needs the level WRITE in the workspace.",
        }))
    }
}
