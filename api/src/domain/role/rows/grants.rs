//! Permissions, and which role grants which.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::{PermissionId, RoleId, UserId};
use entity::{permission, role_permission, user_role};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, TryInsertResult,
};

use crate::access::{Permission, PermissionSet};
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, Rule, among};
use crate::database::{any, by_parent};
use crate::domain::role::policy;
use crate::error::Result;

pub const PERMISSIONS_BY_NAME: Order<permission::Model> = Order {
    list: "permissions",
    name: "name",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), permission::Column::Name)),
        key: |row| Key::Text(row.name.clone()),
        sample: || Key::Text(String::new()),
        cast: None,
    }],
    descending: false,
};

fn permissions() -> Ask<'static, permission::Entity> {
    Ask::of(Rule::all())
}

pub async fn permissions_by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[PermissionId],
) -> Result<HashMap<PermissionId, Arc<permission::Model>>> {
    if !policy::permissions_visible(viewer) {
        return Ok(HashMap::new());
    }
    permissions().filter(among(permission::Column::Id, ids)).by_key(db, |row| row.id).await
}

pub async fn permissions_page(
    db: &impl ConnectionTrait,
    window: &Window<permission::Model>,
) -> Result<Slice<permission::Model>> {
    keyset::page(db, permissions(), window).await
}

pub async fn permissions_count(db: &impl ConnectionTrait) -> Result<i64> {
    permissions().count(db).await
}

/// The permissions that each role grants.
pub async fn permissions_of(db: &impl ConnectionTrait, roles: &[RoleId]) -> Result<HashMap<RoleId, PermissionSet>> {
    let mut select = Query::select();
    select
        .column((role_permission::Entity, role_permission::Column::RoleId))
        .column((permission::Entity, permission::Column::Name))
        .from(role_permission::Entity)
        .inner_join(
            permission::Entity,
            Expr::col((permission::Entity, permission::Column::Id))
                .equals((role_permission::Entity, role_permission::Column::PermissionId)),
        )
        .and_where(any((role_permission::Entity, role_permission::Column::RoleId), roles));
    let rows = db.query_all(&select).await?;
    let granted = rows.iter().map(Granted::from_row).collect::<Result<Vec<_>, DbErr>>()?;
    let groups = by_parent(roles, granted, |row| row.role_id);
    Ok(groups
        .into_iter()
        .map(|(role, rows)| (role, PermissionSet::from_names(rows.iter().map(|row| row.name.as_str()))))
        .collect())
}

#[derive(FromQueryResult)]
struct Granted {
    role_id: RoleId,
    name: String,
}

impl Granted {
    fn from_row(row: &sea_orm::QueryResult) -> Result<Self, DbErr> {
        Self::from_query_result(row, "")
    }
}

/// The effective permissions of each user: those of all unexpired roles.
pub async fn effective_permissions(
    db: &impl ConnectionTrait,
    users: &[UserId],
    at: DateTime<Utc>,
) -> Result<HashMap<UserId, PermissionSet>> {
    let mut select = Query::select();
    select
        .distinct()
        .column((user_role::Entity, user_role::Column::UserId))
        .column((permission::Entity, permission::Column::Name))
        .from(user_role::Entity)
        .inner_join(
            role_permission::Entity,
            Expr::col((role_permission::Entity, role_permission::Column::RoleId))
                .equals((user_role::Entity, user_role::Column::RoleId)),
        )
        .inner_join(
            permission::Entity,
            Expr::col((permission::Entity, permission::Column::Id))
                .equals((role_permission::Entity, role_permission::Column::PermissionId)),
        )
        .and_where(any((user_role::Entity, user_role::Column::UserId), users))
        .cond_where(policy::unexpired(at));
    let mut names: HashMap<UserId, Vec<String>> = HashMap::new();
    for row in db.query_all(&select).await? {
        names.entry(UserId(row.try_get("", "user_id")?)).or_default().push(row.try_get("", "name")?);
    }
    Ok(names
        .into_iter()
        .map(|(user, names)| (user, PermissionSet::from_names(names.iter().map(String::as_str))))
        .collect())
}

/// Whether the grant is new.
pub async fn grant(
    db: &impl ConnectionTrait,
    role: RoleId,
    permissions: &[Permission],
    by: Option<UserId>,
    at: DateTime<Utc>,
) -> Result<bool> {
    if permissions.is_empty() {
        return Ok(false);
    }
    let names = permissions.iter().map(|permission| permission.name());
    let rows = permission::Entity::find().filter(permission::Column::Name.is_in(names)).all(db).await?;
    let grants = rows.into_iter().map(|permission| role_permission::ActiveModel {
        role_id: Set(role),
        permission_id: Set(permission.id),
        granted_by: Set(by),
        created_at: Set(at),
    });
    let inserted = role_permission::Entity::insert_many(grants)
        .on_conflict(
            OnConflict::columns([role_permission::Column::RoleId, role_permission::Column::PermissionId])
                .do_nothing()
                .to_owned(),
        )
        .try_insert()
        .exec_without_returning(db)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(count) if count > 0))
}

/// Whether there was such a grant.
pub async fn revoke(db: &impl ConnectionTrait, role: RoleId, revoked: Permission) -> Result<bool> {
    let mut ids = Query::select();
    ids.column(permission::Column::Id).from(permission::Entity).and_where(permission::Column::Name.eq(revoked.name()));
    let deleted = role_permission::Entity::delete_many()
        .filter(role_permission::Column::RoleId.eq(role))
        .filter(role_permission::Column::PermissionId.in_subquery(ids))
        .exec(db)
        .await?;
    Ok(deleted.rows_affected > 0)
}
