//! Roles themselves.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::RoleId;
use entity::role;
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
};

use crate::access::DefaultRole;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, Lock, among, equal};
use crate::domain::role::policy;
use crate::error::Result;

pub const ROLES_BY_NAME: Order<role::Model> = Order {
    list: "roles",
    name: "name",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), role::Column::Name)),
        key: |row| Key::Text(row.name.clone()),
        sample: || Key::Text(String::new()),
        cast: None,
    }],
    descending: false,
};

/// The children of one role.
pub const CHILDREN_BY_NAME: Order<role::Model> = Order { list: "role.children", ..ROLES_BY_NAME };

fn visible(viewer: &Principal) -> Ask<'static, role::Entity> {
    Ask::of(policy::visible(viewer))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[RoleId],
) -> Result<HashMap<RoleId, Arc<role::Model>>> {
    visible(viewer).filter(among(role::Column::Id, ids)).by_key(db, |row| row.id).await
}

pub async fn page(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    window: &Window<role::Model>,
) -> Result<Slice<role::Model>> {
    keyset::page(db, visible(viewer), window).await
}

pub async fn count(db: &impl ConnectionTrait, viewer: &Principal) -> Result<i64> {
    visible(viewer).count(db).await
}

/// The visible role, locked against concurrent changes of its grants and holders.
pub async fn find_for_update(db: &impl ConnectionTrait, viewer: &Principal, id: RoleId) -> Result<Option<role::Model>> {
    visible(viewer).filter(equal(role::Column::Id, id)).lock(Lock::Alone).one(db).await
}

/// The role `admin`, locked as above: whoever ends somebody's being an administrator takes turns.
pub async fn lock_admin(db: &impl ConnectionTrait) -> Result<Option<role::Model>> {
    let admin = Ask::<role::Entity>::of(equal(role::Column::Name, DefaultRole::ADMIN));
    admin.lock(Lock::Alone).one(db).await
}

/// The role, whoever asks: for what was decided when somebody saw it.
pub async fn find_by_id(db: &impl ConnectionTrait, id: RoleId) -> Result<Option<role::Model>> {
    Ok(role::Entity::find_by_id(id).one(db).await?)
}

pub async fn find_by_name(db: &impl ConnectionTrait, name: &str) -> Result<Option<role::Model>> {
    Ok(role::Entity::find().filter(role::Column::Name.eq(name)).one(db).await?)
}

pub async fn insert(db: &impl ConnectionTrait, row: role::Model) -> Result<role::Model, DbErr> {
    row.into_active_model().insert(db).await
}

pub async fn update(db: &impl ConnectionTrait, change: role::ActiveModel) -> Result<role::Model, DbErr> {
    change.update(db).await
}

/// Deletes the role with its grants. The database refuses while somebody holds it or it has children.
pub async fn delete(db: &impl ConnectionTrait, id: RoleId) -> Result<(), DbErr> {
    role::Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}

/// Grows the role's version, after its grants have changed.
pub async fn touch(db: &impl ConnectionTrait, row: &role::Model, at: DateTime<Utc>) -> Result<role::Model> {
    let changed =
        role::ActiveModel { id: Set(row.id), version: Set(row.version + 1), updated_at: Set(at), ..Default::default() };
    Ok(changed.update(db).await?)
}
