//! Who sees which tool calls.

use entity::share::Level;
use entity::tool_call;

use crate::access::Permission;
use crate::auth::Principal;
use crate::database::shape::Rule;
use crate::domain::conversation::policy as conversation_policy;
use crate::domain::thing::action::{Kind, ThingAction};
use crate::domain::thing::object::AccessLevel;
use crate::domain::thing::reach;
use crate::error::{Error, Result};

/// The tool calls of the conversations that exist for the viewer.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    conversation_policy::visible_through(viewer, tool_call::Column::ConversationId)
}

/// The tool calls of the conversations where the viewer may decide about them, in parts that have none in common: one's own
/// conversations, and those of others in which one may write.
pub fn decidable(viewer: &Principal) -> [Rule<'static>; 2] {
    if !viewer.holds(Permission::ConversationsRead) || !viewer.holds(Permission::ToolsApprove) {
        return [Rule::none(), Rule::none()];
    }
    let own = "tool_calls.conversation_id in (
        select talk.id from conversations talk where talk.owner_id = $1 and talk.deleted_at is null)";
    let own = Rule::text("in own", own, &[viewer.user.0.into()]);
    let narrow = [
        Permission::ConversationsRead,
        Permission::ConversationsWrite,
        Permission::MessagesWrite,
        Permission::ToolsApprove,
    ];
    if narrow.map(|it| viewer.holds_only_for_own(it)).contains(&true) {
        return [own, Rule::none()];
    }
    let subjects = reach::subjects(Level::Write);
    let (rank, unexpired) = (Level::Write.rank(), reach::unexpired("given"));
    let others = format!(
        "tool_calls.conversation_id in (
            select talk.id from conversations talk
             where talk.owner_id <> $1 and talk.deleted_at is null
               and (talk.workspace_id = any({subjects}) or talk.id in (
                    select given.thing_id from shares given
                     where given.subject_id = any({subjects}) and given.rank >= {rank} and {unexpired})))"
    );
    [own, Rule::text("in those of others", others, &reach::asked_by(viewer))]
}

/// To approve or reject a call, with this level on its conversation.
pub fn may_decide(viewer: &Principal, level: AccessLevel) -> Result<()> {
    if level < AccessLevel::Owner && viewer.holds_only_for_own(Permission::ToolsApprove) {
        return Err(Error::Forbidden("You may decide only in your own conversations."));
    }
    ThingAction::ApproveToolCall.allow(Kind::Conversation, level)
}
