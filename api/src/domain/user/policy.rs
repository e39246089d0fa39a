//! Who sees which users, and what of them.

use entity::id::UserId;
use entity::{conversation, participant, user};
use sea_orm::Condition;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, JoinType, Query, SelectStatement, UnionType};

use crate::access::Permission;
use crate::auth::Principal;

/// The users that exist for the viewer.
pub fn visible(viewer: &Principal) -> Condition {
    if viewer.holds(Permission::UsersRead) {
        return Condition::all();
    }
    let id = Expr::col((user::Entity, user::Column::Id));
    if !viewer.holds(Permission::ConversationsRead) {
        return Condition::all().add(id.eq(viewer.user.0));
    }
    let mut known = Query::select();
    known.expr(Expr::val(viewer.user.0).cast_as("uuid")).union(UnionType::All, acquaintances(viewer.user));
    Condition::all().add(id.in_subquery(known))
}

/// Those who take part in a conversation that the viewer owns or was given; the trash counts for its owner only.
fn acquaintances(viewer: UserId) -> SelectStatement {
    let (mine, theirs, talk) = (Alias::new("mine"), Alias::new("theirs"), Alias::new("talk"));
    let mut select = Query::select();
    select
        .column((theirs.clone(), participant::Column::UserId))
        .from_as(participant::Entity, mine.clone())
        .join_as(JoinType::InnerJoin, participant::Entity, theirs.clone(), same_conversation(&mine, &theirs))
        .join_as(
            JoinType::InnerJoin,
            conversation::Entity,
            talk.clone(),
            Expr::col((talk.clone(), conversation::Column::Id))
                .equals((mine.clone(), participant::Column::ConversationId)),
        )
        .and_where(Expr::col((mine.clone(), participant::Column::UserId)).eq(viewer.0))
        .cond_where(
            Condition::any().add(Expr::col((mine.clone(), participant::Column::IsOwner))).add(
                Expr::col((mine, participant::Column::IsGrantee))
                    .and(Expr::col((talk, conversation::Column::DeletedAt)).is_null()),
            ),
        );
    select
}

fn same_conversation(left: &Alias, right: &Alias) -> Expr {
    Expr::col((right.clone(), participant::Column::ConversationId))
        .equals((left.clone(), participant::Column::ConversationId))
}

/// Address, state, roles, permissions.
pub fn may_see_private(viewer: &Principal, subject: UserId) -> bool {
    viewer.user == subject || viewer.holds(Permission::UsersRead)
}
