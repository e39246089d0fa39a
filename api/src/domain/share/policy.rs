//! Who sees which shares.

use entity::{conversation, share};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition};

use crate::auth::Principal;
use crate::domain::conversation::policy as conversation_policy;

/// All shares of one's own conversations, and one's own shares on those of others that exist for one.
pub fn visible(viewer: &Principal) -> Condition {
    let mine = Alias::new("mine");
    let mut owned = Query::select();
    owned
        .column((mine.clone(), conversation::Column::Id))
        .from_as(conversation::Entity, mine.clone())
        .and_where(Expr::col((mine, conversation::Column::OwnerId)).eq(viewer.user.0));
    let conversation = (share::Entity, share::Column::ConversationId);
    conversation_policy::visible_through(viewer, conversation).add(
        Condition::any().add(share::Column::GranteeId.eq(viewer.user)).add(Expr::col(conversation).in_subquery(owned)),
    )
}
