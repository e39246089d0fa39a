//! Who sees which conversations, and what they may do there.

use entity::{conversation, share};
use sea_orm::{ColumnTrait, EntityName};

use crate::access::Permission;
use crate::auth::Principal;
use crate::database::shape::{Rule, equal};
use crate::domain::thing::object::AccessLevel;
use crate::domain::thing::reach;
use crate::error::{Error, Result, UserError};

/// Most messages of a copy.
pub const LONGEST_COPY: i32 = 5_000;

/// The conversations that exist for the viewer: one's own, and those outside the trash that were given to one or are open
/// to everybody. Asked of each row, so it costs the same however many there are; lists are read by [`parts`].
pub fn visible(viewer: &Principal) -> Rule<'static> {
    if !viewer.holds(Permission::ConversationsRead) {
        return Rule::none();
    }
    if viewer.holds_only_for_own(Permission::ConversationsRead) {
        return equal(conversation::Column::OwnerId, viewer.user);
    }
    Rule::kept("own, given or open", "", || reached("conversations"), &reach::asked_by(viewer))
}

/// Whether `column` names a conversation that exists for the viewer: for the nouns that live in conversations.
pub fn visible_through<C: ColumnTrait>(viewer: &Principal, column: C) -> Rule<'static> {
    if !viewer.holds(Permission::ConversationsRead) {
        return Rule::none();
    }
    let column = column.as_str();
    if viewer.holds_only_for_own(Permission::ConversationsRead) {
        let user = [viewer.user.0.into()];
        return Rule::kept("in own", column, move || within::<C>(column, "talk.owner_id = $1"), &user);
    }
    let text = move || within::<C>(column, &reached("talk"));
    Rule::kept("in own, given or open", column, text, &reach::asked_by(viewer))
}

fn reached(talk: &str) -> String {
    let given = reach::given_or_open(&format!("{talk}.id"), &format!("{talk}.workspace_id"));
    format!("{talk}.owner_id = $1 or {talk}.deleted_at is null and {given}")
}

/// Whether a column of `C`'s table names a conversation that `condition` holds for.
fn within<C: ColumnTrait>(column: &str, condition: &str) -> String {
    let (entity, talk) = (C::EntityName::default(), "select from conversations talk");
    let table = entity.table_name();
    format!("exists ({talk} where talk.id = \"{table}\".\"{column}\" and ({condition}))")
}

/// The conversations that are listed for the viewer: one's own, and those that were given to one. As a set, for lists that
/// the viewer's own may be few of.
pub fn listed(viewer: &Principal) -> Rule<'static> {
    if !viewer.holds(Permission::ConversationsRead) {
        return Rule::none();
    }
    if viewer.holds_only_for_own(Permission::ConversationsRead) {
        return equal(conversation::Column::OwnerId, viewer.user);
    }
    let text = || {
        let (gifts, subjects) = (reach::gifts(), reach::subjects(share::Level::Read));
        format!(
            "conversations.owner_id = $1 or conversations.deleted_at is null and (
                 conversations.id in ({gifts}) or conversations.workspace_id = any({subjects}))"
        )
    };
    Rule::kept("among own and given", "", text, &reach::asked_by(viewer))
}

/// The same in parts that have none in common, one's own, those that were given to one, and those in one's workspaces: of
/// each, an index has the first of a list.
pub fn parts(viewer: &Principal) -> [Rule<'static>; 3] {
    if !viewer.holds(Permission::ConversationsRead) {
        return [Rule::none(), Rule::none(), Rule::none()];
    }
    if viewer.holds_only_for_own(Permission::ConversationsRead) {
        return [equal(conversation::Column::OwnerId, viewer.user), Rule::none(), Rule::none()];
    }
    const OTHERS: &str = "conversations.owner_id <> $1 and conversations.deleted_at is null";
    let given = || format!("{OTHERS} and conversations.id in ({})", reach::gifts());
    let housed = || {
        let (gifts, subjects) = (reach::gifts(), reach::subjects(share::Level::Read));
        format!("{OTHERS} and conversations.workspace_id = any({subjects}) and conversations.id not in ({gifts})")
    };
    let asked = reach::asked_by(viewer);
    [
        equal(conversation::Column::OwnerId, viewer.user),
        Rule::kept("given", "", given, &asked),
        Rule::kept("in workspaces", "", housed, &asked),
    ]
}

/// What the viewer's workspaces hold, outside the trash.
pub fn housed(viewer: &Principal) -> Rule<'static> {
    if !viewer.holds(Permission::ConversationsRead) {
        return Rule::none();
    }
    if viewer.holds_only_for_own(Permission::ConversationsRead) {
        return equal(conversation::Column::OwnerId, viewer.user);
    }
    let text = || {
        let subjects = reach::subjects(share::Level::Read);
        format!("conversations.deleted_at is null and conversations.workspace_id = any({subjects})")
    };
    Rule::kept("housed", "", text, &reach::asked_by(viewer))
}

/// The conversations in which the viewer takes part with others: what tells them who those are. Not what is merely open.
pub fn known(talk: &str) -> String {
    let given = reach::given(&format!("{talk}.id"), &format!("{talk}.workspace_id"), share::Level::Read);
    format!("{talk}.owner_id = $1 or {talk}.deleted_at is null and {given}")
}

/// The participants who still are: what was given to them may have ended meanwhile.
pub fn participating(viewer: &Principal) -> Rule<'static> {
    let unexpired = reach::unexpired("given");
    let text = format!(
        "participants.is_owner or participants.is_author or exists (
             select from shares given where given.thing_id = participants.conversation_id
                and given.subject_id = participants.user_id and {unexpired})"
    )
    .replace("$2", "$1");
    Rule::text("still", text, &[viewer.at.into()])
}

/// The viewer's level, from the row and what was given to them.
pub fn level(viewer: &Principal, row: &conversation::Model, given: Option<share::Level>) -> Option<AccessLevel> {
    match row.owner_id == viewer.user {
        true => Some(AccessLevel::Owner),
        // Also for those who waited while the owner deleted it.
        false if row.deleted_at.is_some() => None,
        false if viewer.holds_only_for_own(Permission::ConversationsRead) => None,
        // Whoever writes only in their own conversations reads those of others.
        false
            if [Permission::ConversationsWrite, Permission::MessagesWrite].map(|it| viewer.holds_only_for_own(it))
                != [false; 2] =>
        {
            given.map(|_| AccessLevel::Read)
        }
        false => given.map(AccessLevel::from),
    }
}

/// What is in the trash does not change until it is restored; `path` names the input that led there.
pub fn outside_trash(row: &conversation::Model, path: &[&str]) -> Result<()> {
    match row.deleted_at {
        None => Ok(()),
        Some(_) => {
            Err(Error::refused(UserError::conflict(path, "The conversation is in the trash: restore it first.")))
        }
    }
}
