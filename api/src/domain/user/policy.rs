//! Who sees which users, and what of them.

use entity::id::UserId;
use entity::user;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, Value};

use crate::access::Permission;
use crate::auth::Principal;
use crate::database::shape::{Rule, equal};

/// The users that exist for the viewer.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    if viewer.holds(Permission::UsersRead) {
        return Rule::all();
    }
    let user = viewer.user.0;
    if !viewer.holds(Permission::ConversationsRead) {
        return equal(user::Column::Id, user);
    }
    let values: [Value; 4] = std::array::from_fn(|_| user.into());
    Rule::new("known", values, move || {
        Condition::any().add(user::Column::Id.eq(user)).add(Expr::cust_with_values(ACQUAINTED, [user]))
    })
}

/// Whether the user takes part in a conversation that the viewer owns or was given; the trash counts for its owner only.
/// It probes from the viewer's conversations while those are few, else from the user's: so what somebody with ten
/// thousand of them costs depends on the other one. `offset 0` keeps the planner from turning a probe into a join.
const ACQUAINTED: &str = r#"
    case when (select count(*) from (select from participants few where few.user_id = $1 limit 101) few) <= 100
    then exists (
        select from participants mine
         where mine.user_id = $1
           and exists (select from participants theirs
                        where theirs.conversation_id = mine.conversation_id and theirs.user_id = "users"."id" offset 0)
           and (mine.is_owner or mine.is_grantee and exists (
                select from conversations talk where talk.id = mine.conversation_id and talk.deleted_at is null)))
    else exists (
        select from participants theirs
         where theirs.user_id = "users"."id"
           and exists (select from participants mine
                        where mine.conversation_id = theirs.conversation_id and mine.user_id = $1
                          and (mine.is_owner or mine.is_grantee and exists (
                               select from conversations talk
                                where talk.id = mine.conversation_id and talk.deleted_at is null))
                       offset 0))
    end"#;

/// Address, state, roles, permissions.
pub fn may_see_private(viewer: &Principal, subject: UserId) -> bool {
    viewer.user == subject || viewer.holds(Permission::UsersRead)
}
