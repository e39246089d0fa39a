//! Every statement about those who take part in conversations.

use std::collections::HashMap;

use entity::id::ConversationId;
use entity::participant;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Alias, Expr};
use uuid::Uuid;

use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, among};
use crate::error::Result;

pub const PARTICIPANTS: Order<participant::Model> = Order {
    list: "participants",
    name: "user",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), participant::Column::UserId)),
        key: |row| Key::Id(row.user_id.0),
        sample: || Key::Id(Uuid::nil()),
        cast: None,
    }],
    descending: false,
};

fn visible_participants(viewer: &Principal) -> Ask<'static, participant::Entity> {
    Ask::of(policy::visible_through(viewer, participant::Column::ConversationId)).filter(policy::participating(viewer))
}

pub async fn participants(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    conversations: &[ConversationId],
    window: &Window<participant::Model>,
) -> Result<HashMap<ConversationId, Slice<participant::Model>>> {
    let column = participant::Column::ConversationId;
    keyset::pages(db, visible_participants(viewer), column, conversations, |row| row.conversation_id, window).await
}

pub async fn count_participants(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, i64>> {
    let column = participant::Column::ConversationId;
    visible_participants(viewer).filter(among(column, conversations)).count_by(db, column).await
}
