//! Every statement about roles, permissions and their assignments.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::{PermissionId, RoleId, UserId};
use entity::{permission, role, role_permission, user, user_role};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select, TryInsertResult,
};
use uuid::Uuid;

use super::policy;
use crate::access::{DefaultRole, Permission, PermissionSet};
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::{any, by_parent};
use crate::error::Result;

/// Marks the loader keys of role assignments.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Assignments;

pub const ROLES_BY_NAME: Order<role::Model> = Order {
    name: "roles.name",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), role::Column::Name)),
        key: |row| Key::Text(row.name.clone()),
        sample: || Key::Text(String::new()),
        cast: None,
    }],
    descending: false,
};

pub const PERMISSIONS_BY_NAME: Order<permission::Model> = Order {
    name: "permissions.name",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), permission::Column::Name)),
        key: |row| Key::Text(row.name.clone()),
        sample: || Key::Text(String::new()),
        cast: None,
    }],
    descending: false,
};

const ASSIGNED_AT: Column<user_role::Model> = Column {
    expr: |table| Expr::col((Alias::new(table), user_role::Column::AssignedAt)),
    key: |row| Key::Time(row.assigned_at),
    sample: || Key::Time(DateTime::<Utc>::UNIX_EPOCH),
    cast: None,
};

/// The assignments of one user.
pub const ASSIGNMENTS_BY_TIME: Order<user_role::Model> = Order {
    name: "assignments.time",
    columns: &[
        ASSIGNED_AT,
        Column {
            expr: |table| Expr::col((Alias::new(table), user_role::Column::RoleId)),
            key: |row| Key::Id(row.role_id.0),
            sample: || Key::Id(Uuid::nil()),
            cast: None,
        },
    ],
    descending: false,
};

/// The holders of one role.
pub const HOLDERS: Order<user_role::Model> = Order {
    name: "holders.user",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), user_role::Column::UserId)),
        key: |row| Key::Id(row.user_id.0),
        sample: || Key::Id(Uuid::nil()),
        cast: None,
    }],
    descending: false,
};

fn visible(viewer: &Principal) -> Select<role::Entity> {
    role::Entity::find().filter(policy::visible(viewer))
}

fn unexpired(at: DateTime<Utc>) -> Condition {
    Condition::any().add(user_role::Column::ExpiresAt.is_null()).add(user_role::Column::ExpiresAt.gt(at))
}

fn assignments(viewer: &Principal, at: DateTime<Utc>) -> Select<user_role::Entity> {
    user_role::Entity::find().filter(policy::assignments_visible(viewer)).filter(unexpired(at))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[RoleId],
) -> Result<HashMap<RoleId, Arc<role::Model>>> {
    let rows = visible(viewer).filter(any((role::Entity, role::Column::Id), ids)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
}

pub async fn page(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    window: &Window<role::Model>,
) -> Result<Slice<role::Model>> {
    keyset::page(db, visible(viewer), window).await
}

pub async fn count(db: &impl ConnectionTrait, viewer: &Principal) -> Result<i64> {
    Ok(visible(viewer).count(db).await?.try_into().unwrap_or(i64::MAX))
}

pub async fn permissions_by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[PermissionId],
) -> Result<HashMap<PermissionId, Arc<permission::Model>>> {
    if !policy::permissions_visible(viewer) {
        return Ok(HashMap::new());
    }
    let rows =
        permission::Entity::find().filter(any((permission::Entity, permission::Column::Id), ids)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
}

pub async fn permissions_page(
    db: &impl ConnectionTrait,
    window: &Window<permission::Model>,
) -> Result<Slice<permission::Model>> {
    keyset::page(db, permission::Entity::find(), window).await
}

pub async fn permissions_count(db: &impl ConnectionTrait) -> Result<i64> {
    Ok(permission::Entity::find().count(db).await?.try_into().unwrap_or(i64::MAX))
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
        .cond_where(unexpired(at));
    let mut names: HashMap<UserId, Vec<String>> = HashMap::new();
    for row in db.query_all(&select).await? {
        names.entry(UserId(row.try_get("", "user_id")?)).or_default().push(row.try_get("", "name")?);
    }
    Ok(names
        .into_iter()
        .map(|(user, names)| (user, PermissionSet::from_names(names.iter().map(String::as_str))))
        .collect())
}

pub async fn assignments_of_users(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    users: &[UserId],
    at: DateTime<Utc>,
    window: &Window<user_role::Model>,
) -> Result<HashMap<UserId, Slice<user_role::Model>>> {
    keyset::pages(db, assignments(viewer, at), user_role::Column::UserId, users, |row| row.user_id, window).await
}

pub async fn assignments_of_roles(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    roles: &[RoleId],
    at: DateTime<Utc>,
    window: &Window<user_role::Model>,
) -> Result<HashMap<RoleId, Slice<user_role::Model>>> {
    keyset::pages(db, assignments(viewer, at), user_role::Column::RoleId, roles, |row| row.role_id, window).await
}

pub async fn count_assignments_of_users(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    users: &[UserId],
    at: DateTime<Utc>,
) -> Result<HashMap<UserId, i64>> {
    let select = assignments(viewer, at).filter(any((user_role::Entity, user_role::Column::UserId), users));
    crate::database::count_by(db, select, user_role::Column::UserId).await
}

pub async fn count_assignments_of_roles(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    roles: &[RoleId],
    at: DateTime<Utc>,
) -> Result<HashMap<RoleId, i64>> {
    let select = assignments(viewer, at).filter(any((user_role::Entity, user_role::Column::RoleId), roles));
    crate::database::count_by(db, select, user_role::Column::RoleId).await
}

/// The visible role, locked against concurrent changes of its grants and holders.
pub async fn find_for_update(db: &impl ConnectionTrait, viewer: &Principal, id: RoleId) -> Result<Option<role::Model>> {
    Ok(visible(viewer).filter(role::Column::Id.eq(id)).lock_exclusive().one(db).await?)
}

pub async fn find_by_name(db: &impl ConnectionTrait, name: &str) -> Result<Option<role::Model>> {
    Ok(role::Entity::find().filter(role::Column::Name.eq(name)).one(db).await?)
}

pub async fn insert(db: &impl ConnectionTrait, row: role::Model) -> Result<role::Model, DbErr> {
    use sea_orm::IntoActiveModel;
    row.into_active_model().insert(db).await
}

/// Grows the role's version, after its grants have changed.
pub async fn touch(db: &impl ConnectionTrait, row: &role::Model, at: DateTime<Utc>) -> Result<role::Model> {
    let changed =
        role::ActiveModel { id: Set(row.id), version: Set(row.version + 1), updated_at: Set(at), ..Default::default() };
    Ok(changed.update(db).await?)
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

pub async fn find_assignment(
    db: &impl ConnectionTrait,
    user: UserId,
    role: RoleId,
) -> Result<Option<user_role::Model>> {
    Ok(user_role::Entity::find_by_id((user, role)).one(db).await?)
}

/// Gives the role, or changes when it ends.
pub async fn assign(db: &impl ConnectionTrait, row: user_role::Model) -> Result<()> {
    use sea_orm::IntoActiveModel;
    let (user, role) = (user_role::Column::UserId, user_role::Column::RoleId);
    user_role::Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::columns([user, role])
                .update_columns([
                    user_role::Column::AssignedBy,
                    user_role::Column::AssignedAt,
                    user_role::Column::ExpiresAt,
                ])
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub async fn remove(db: &impl ConnectionTrait, user: UserId, role: RoleId) -> Result<()> {
    user_role::Entity::delete_by_id((user, role)).exec(db).await?;
    Ok(())
}

/// Whether somebody besides `user` holds `admin` without expiry and can sign in. The caller holds the lock on the role.
pub async fn another_admin(db: &impl ConnectionTrait, role: &role::Model, user: UserId) -> Result<bool> {
    if role.name != DefaultRole::ADMIN {
        return Ok(true);
    }
    let mut active = Query::select();
    active.column(user::Column::Id).from(user::Entity).and_where(user::Column::State.eq(user::State::Active));
    let other = user_role::Entity::find()
        .filter(user_role::Column::RoleId.eq(role.id))
        .filter(user_role::Column::UserId.ne(user))
        .filter(user_role::Column::ExpiresAt.is_null())
        .filter(user_role::Column::UserId.in_subquery(active))
        .order_by_asc(user_role::Column::UserId)
        .one(db)
        .await?;
    Ok(other.is_some())
}
