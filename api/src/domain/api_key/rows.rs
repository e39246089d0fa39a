//! Every statement about API keys.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::api_key;
use entity::id::{ApiKeyId, UserId};
use sea_orm::sea_query::{Alias, Expr, ExprTrait};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, Lock, among, equal};
use crate::error::Result;

/// Marks the loader keys of API keys.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ApiKeys;

/// Ids grow with time, so they alone are the order of creation.
pub const KEYS_BY_TIME: Order<api_key::Model> = Order {
    list: "api keys",
    name: "time",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), api_key::Column::Id)),
        key: |row| Key::Id(row.id.0),
        sample: || Key::Id(Uuid::nil()),
        cast: None,
    }],
    descending: true,
};

fn visible(viewer: &Principal) -> Ask<'static, api_key::Entity> {
    Ask::of(policy::visible(viewer))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[ApiKeyId],
) -> Result<HashMap<ApiKeyId, Arc<api_key::Model>>> {
    visible(viewer).filter(among(api_key::Column::Id, ids)).by_key(db, |row| row.id).await
}

pub async fn pages_of_users(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    users: &[UserId],
    window: &Window<api_key::Model>,
) -> Result<HashMap<UserId, Slice<api_key::Model>>> {
    keyset::pages(db, visible(viewer), api_key::Column::UserId, users, |row| row.user_id, window).await
}

pub async fn count_of_users(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    users: &[UserId],
) -> Result<HashMap<UserId, i64>> {
    let column = api_key::Column::UserId;
    visible(viewer).filter(among(column, users)).count_by(db, column).await
}

/// The viewer's key of that id, held for a change.
pub async fn find_for_change(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: ApiKeyId,
) -> Result<Option<api_key::Model>> {
    visible(viewer).filter(equal(api_key::Column::Id, id)).lock(Lock::ForChange).one(db).await
}

/// The key of that id, if it was not revoked; for a creation that is sent again.
pub async fn find(db: &impl ConnectionTrait, viewer: &Principal, id: ApiKeyId) -> Result<Option<api_key::Model>> {
    visible(viewer).filter(equal(api_key::Column::Id, id)).one(db).await
}

pub async fn count(db: &impl ConnectionTrait, viewer: &Principal) -> Result<i64> {
    visible(viewer).count(db).await
}

pub async fn insert(db: &impl ConnectionTrait, row: api_key::Model) -> Result<api_key::Model> {
    Ok(row.into_active_model().insert(db).await?)
}

pub async fn update(db: &impl ConnectionTrait, change: api_key::ActiveModel) -> Result<api_key::Model> {
    Ok(change.update(db).await?)
}

/// Revokes all keys of a user; how many there were.
pub async fn revoke_all(db: &impl ConnectionTrait, user: UserId, at: DateTime<Utc>) -> Result<u64> {
    let revoked = api_key::Entity::update_many()
        .col_expr(api_key::Column::RevokedAt, Expr::val(at))
        .col_expr(api_key::Column::Version, Expr::col(api_key::Column::Version).add(1))
        .col_expr(api_key::Column::UpdatedAt, Expr::val(at))
        .filter(api_key::Column::UserId.eq(user))
        .filter(api_key::Column::RevokedAt.is_null());
    Ok(revoked.exec(db).await?.rows_affected)
}
