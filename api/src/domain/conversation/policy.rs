//! Who sees which conversations, and what they may do there.

use async_graphql::Enum;
use entity::{conversation, share};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, JoinType, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use crate::access::Permission;
use crate::auth::Principal;
use crate::database::shape::{Rule, equal};
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

/// The conversations that exist for the viewer: one's own, and those shared with one that are not in the trash. Asked of
/// each row, so it costs the same however many there are; lists are read by [`parts`].
pub fn visible(viewer: &Principal) -> Rule<'static> {
    if !viewer.holds(Permission::ConversationsRead) {
        return Rule::none();
    }
    if viewer.holds_only_for_own(Permission::ConversationsRead) {
        return equal(conversation::Column::OwnerId, viewer.user);
    }
    let user = viewer.user.0;
    Rule::new("own or given", [user.into(), user.into()], move || {
        Condition::any().add(conversation::Column::OwnerId.eq(user)).add(
            conversation::Column::DeletedAt
                .is_null()
                .and(Expr::cust_with_values(format!("{GIVEN} = \"conversations\".\"id\" offset 0)"), [user])),
        )
    })
}

/// Whether `column` names a conversation that exists for the viewer: for the nouns that live in conversations.
pub fn visible_through(viewer: &Principal, column: impl ColumnTrait) -> Rule<'static> {
    if !viewer.holds(Permission::ConversationsRead) {
        return Rule::none();
    }
    if viewer.holds_only_for_own(Permission::ConversationsRead) {
        return in_own(viewer.user.0, column);
    }
    let user = viewer.user.0;
    Rule::new("in own or given", [user.into(), user.into()], move || {
        let talk = Alias::new("talk");
        let of = |column| Expr::col((talk.clone(), column));
        let mut select = Query::select();
        select
            .expr(Expr::cust("1"))
            .from_as(conversation::Entity, talk.clone())
            .and_where(of(conversation::Column::Id).eq(Expr::col(column.as_column_ref())))
            .cond_where(
                Condition::any().add(of(conversation::Column::OwnerId).eq(user)).add(
                    of(conversation::Column::DeletedAt)
                        .is_null()
                        .and(Expr::cust_with_values(format!("{GIVEN} = talk.id offset 0)"), [user])),
                ),
            );
        Expr::exists(select)
    })
}

/// Whether `column` names a conversation of this user's.
fn in_own(user: Uuid, column: impl ColumnTrait) -> Rule<'static> {
    Rule::new("in own", [user.into()], move || {
        let talk = Alias::new("talk");
        let of = |column| Expr::col((talk.clone(), column));
        let mut select = Query::select();
        select
            .expr(Expr::cust("1"))
            .from_as(conversation::Entity, talk.clone())
            .and_where(of(conversation::Column::Id).eq(Expr::col(column.as_column_ref())))
            .and_where(of(conversation::Column::OwnerId).eq(user));
        Expr::exists(select)
    })
}

/// A share of the viewer's on a conversation yet to be named. `offset 0` has the planner probe for it, not list them all.
const GIVEN: &str = "exists (select from shares given where given.grantee_id = $1 and given.conversation_id";

/// The same as a set, for lists that the viewer's own conversations may be few of.
pub fn listed(viewer: &Principal) -> Rule<'static> {
    if !viewer.holds(Permission::ConversationsRead) {
        return Rule::none();
    }
    if viewer.holds_only_for_own(Permission::ConversationsRead) {
        return equal(conversation::Column::OwnerId, viewer.user);
    }
    let user = viewer.user.0;
    Rule::new("among own and given", [user.into(), user.into()], move || {
        Expr::col((conversation::Entity, conversation::Column::Id)).in_subquery(own_and_given(user))
    })
}

fn own_and_given(user: Uuid) -> SelectStatement {
    let (mine, given, talk) = (Alias::new("mine"), Alias::new("given"), Alias::new("talk"));
    let mut shared = Query::select();
    shared
        .column((given.clone(), share::Column::ConversationId))
        .from_as(share::Entity, given.clone())
        .join_as(
            JoinType::InnerJoin,
            conversation::Entity,
            talk.clone(),
            Expr::col((talk.clone(), conversation::Column::Id)).equals((given.clone(), share::Column::ConversationId)),
        )
        .and_where(Expr::col((given, share::Column::GranteeId)).eq(user))
        .and_where(Expr::col((talk, conversation::Column::DeletedAt)).is_null());
    let mut own = Query::select();
    own.column((mine.clone(), conversation::Column::Id))
        .from_as(conversation::Entity, mine.clone())
        .and_where(Expr::col((mine, conversation::Column::OwnerId)).eq(user))
        .union(UnionType::All, shared);
    own
}

/// The visible conversations in two parts that have none in common: of each, an index has the first of a list.
pub fn parts(viewer: &Principal) -> [Rule<'static>; 2] {
    if !viewer.holds(Permission::ConversationsRead) {
        return [Rule::none(), Rule::none()];
    }
    if viewer.holds_only_for_own(Permission::ConversationsRead) {
        return [equal(conversation::Column::OwnerId, viewer.user), Rule::none()];
    }
    let user = viewer.user.0;
    let shared = Rule::new("given", [user.into(), user.into()], move || {
        let mut given = Query::select();
        given.column(share::Column::ConversationId).from(share::Entity).and_where(share::Column::GranteeId.eq(user));
        Expr::col((conversation::Entity, conversation::Column::Id))
            .in_subquery(given)
            .and(conversation::Column::OwnerId.ne(user))
            .and(conversation::Column::DeletedAt.is_null())
    });
    [equal(conversation::Column::OwnerId, user), shared]
}

/// The viewer's level, from the row and the share if there is one.
pub fn level(viewer: &Principal, row: &conversation::Model, share: Option<share::Level>) -> Option<AccessLevel> {
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
            share.map(|_| AccessLevel::Read)
        }
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
