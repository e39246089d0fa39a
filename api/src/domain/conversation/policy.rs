//! Who sees which conversations, and what they may do there.

use async_graphql::Enum;
use entity::{conversation, share};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, IntoColumnRef, Query, UnionType};
use sea_orm::{ColumnTrait, Condition};

use crate::access::Permission;
use crate::auth::Principal;
use crate::error::{Error, Result, UserError};

/// What somebody may do in a conversation; each level includes the ones before it.
#[derive(Clone, Copy, Debug, Enum, Eq, Ord, PartialEq, PartialOrd)]
pub enum AccessLevel {
    /// See it.
    Read,
    /// Append own messages, anywhere in the tree.
    Comment,
    /// Edit messages, retitle, archive, record tool calls.
    Write,
    /// Everything: share it and delete it, too.
    Owner,
}

impl From<share::Level> for AccessLevel {
    fn from(level: share::Level) -> Self {
        match level {
            share::Level::Read => Self::Read,
            share::Level::Comment => Self::Comment,
            share::Level::Write => Self::Write,
        }
    }
}

/// The conversations that exist for the viewer: one's own, and those shared with one that are not in the trash.
pub fn visible(viewer: &Principal) -> Condition {
    visible_through(viewer, (conversation::Entity, conversation::Column::Id))
}

/// Whether `column` names a conversation that exists for the viewer: for the nouns that live in conversations.
pub fn visible_through(viewer: &Principal, column: impl IntoColumnRef) -> Condition {
    let (mine, given) = (Alias::new("mine"), Alias::new("given"));
    let mut own = Query::select();
    own.column((mine.clone(), conversation::Column::Id))
        .from_as(conversation::Entity, mine.clone())
        .and_where(Expr::col((mine, conversation::Column::OwnerId)).eq(viewer.user.0));
    let mut shared = Query::select();
    shared
        .column((given.clone(), share::Column::ConversationId))
        .from_as(share::Entity, given.clone())
        .inner_join(
            conversation::Entity,
            Expr::col((conversation::Entity, conversation::Column::Id))
                .equals((given.clone(), share::Column::ConversationId)),
        )
        .and_where(Expr::col((given, share::Column::GranteeId)).eq(viewer.user.0))
        .and_where(conversation::Column::DeletedAt.is_null());
    if !viewer.holds(Permission::ConversationsRead) {
        return Condition::all().add(Expr::cust("false"));
    }
    Condition::all().add(Expr::col(column).in_subquery(own.union(UnionType::All, shared).take()))
}

/// The viewer's level, from the row and the share if there is one.
pub fn level(viewer: &Principal, row: &conversation::Model, share: Option<share::Level>) -> Option<AccessLevel> {
    match row.owner_id == viewer.user {
        true => Some(AccessLevel::Owner),
        // Also for those who waited while the owner deleted it.
        false if row.deleted_at.is_some() => None,
        false => share.map(AccessLevel::from),
    }
}

/// Retitle, archive, bring back.
pub fn may_change(level: AccessLevel) -> Result<()> {
    at_least(level, AccessLevel::Write, "This needs the level WRITE on the conversation.")
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

/// Put into the trash, restore, purge.
pub fn may_delete(level: AccessLevel) -> Result<()> {
    at_least(level, AccessLevel::Owner, "Only the owner deletes or restores a conversation.")
}

/// Share it and take shares back.
pub fn may_share(level: AccessLevel) -> Result<()> {
    at_least(level, AccessLevel::Owner, "Only the owner shares a conversation.")
}

fn at_least(level: AccessLevel, needed: AccessLevel, refusal: &'static str) -> Result<()> {
    if level >= needed { Ok(()) } else { Err(Error::Forbidden(refusal)) }
}
