//! Who sees which shares.

use entity::{conversation, share};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition};

use crate::access::Permission;
use crate::auth::Principal;
use crate::database::shape::Rule;

/// All shares of one's own conversations, and one's own shares on those of others that exist for one.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    if !viewer.holds(Permission::ConversationsRead) {
        return Rule::none();
    }
    let user = viewer.user.0;
    Rule::new("of own or to oneself", [user.into(), user.into()], move || {
        let talk = Alias::new("talk");
        let of = |column| Expr::col((talk.clone(), column));
        let mut select = Query::select();
        select
            .expr(Expr::cust("1"))
            .from_as(conversation::Entity, talk.clone())
            .and_where(of(conversation::Column::Id).equals((share::Entity, share::Column::ConversationId)))
            .cond_where(
                Condition::any()
                    .add(of(conversation::Column::OwnerId).eq(user))
                    .add(of(conversation::Column::DeletedAt).is_null().and(share::Column::GranteeId.eq(user))),
            );
        Expr::exists(select)
    })
}
