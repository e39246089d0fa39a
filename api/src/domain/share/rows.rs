//! Every statement about shares.

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::{ConversationId, ShareId, UserId};
use entity::share;
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
};
use uuid::Uuid;

use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, among};
use crate::error::Result;

/// Marks the count of a conversation's shares.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Shares;

/// Ids grow with time, so they alone are the order of creation.
pub const SHARES_BY_TIME: Order<share::Model> = Order {
    list: "shares",
    name: "time",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), share::Column::Id)),
        key: |row| Key::Id(row.id.0),
        sample: || Key::Id(Uuid::nil()),
        cast: None,
    }],
    descending: false,
};

fn visible(viewer: &Principal) -> Ask<'static, share::Entity> {
    Ask::of(policy::visible(viewer))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[ShareId],
) -> Result<HashMap<ShareId, Arc<share::Model>>> {
    visible(viewer).filter(among(share::Column::Id, ids)).by_key(db, |row| row.id).await
}

pub async fn pages_of_conversations(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    conversations: &[ConversationId],
    window: &Window<share::Model>,
) -> Result<HashMap<ConversationId, Slice<share::Model>>> {
    let column = share::Column::ConversationId;
    keyset::pages(db, visible(viewer), column, conversations, |row| row.conversation_id, window).await
}

pub async fn count_of_conversations(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, i64>> {
    let column = share::Column::ConversationId;
    visible(viewer).filter(among(column, conversations)).count_by(db, column).await
}

/// The share that the viewer may want to take back: a visible one, or their own in any case.
pub async fn find_to_revoke(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: ShareId,
) -> Result<Option<share::Model>> {
    let own = Condition::any().add(policy::visible(viewer).condition()).add(share::Column::GranteeId.eq(viewer.user));
    Ok(share::Entity::find().filter(own).filter(share::Column::Id.eq(id)).one(db).await?)
}

/// The share of a conversation with somebody; the caller holds the lock on the conversation.
pub async fn find_between(
    db: &impl ConnectionTrait,
    conversation: ConversationId,
    grantee: UserId,
) -> Result<Option<share::Model>> {
    Ok(share::Entity::find()
        .filter(share::Column::ConversationId.eq(conversation))
        .filter(share::Column::GranteeId.eq(grantee))
        .one(db)
        .await?)
}

pub async fn insert(db: &impl ConnectionTrait, row: share::Model) -> Result<share::Model, DbErr> {
    row.into_active_model().insert(db).await
}

pub async fn update(db: &impl ConnectionTrait, change: share::ActiveModel) -> Result<share::Model> {
    Ok(change.update(db).await?)
}

pub async fn delete(db: &impl ConnectionTrait, id: ShareId) -> Result<()> {
    share::Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}
