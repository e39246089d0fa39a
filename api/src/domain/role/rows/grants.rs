//! Permissions, and which role grants which.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::{PermissionId, RoleId, UserId};
use entity::{permission, role_permission};
use sea_orm::sea_query::{Alias, Expr, OnConflict, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, Statement, TryInsertResult,
    Value,
};
use uuid::Uuid;

use crate::access::{Pattern, PermissionSet};
use crate::auth::{Grants, Principal};
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, Rule, among};
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

/// What each role itself grants, without what it inherits.
pub async fn permissions_of(db: &impl ConnectionTrait, roles: &[RoleId]) -> Result<HashMap<RoleId, PermissionSet>> {
    let own = "select g.role_id, p.name from role_permissions g join permissions p on p.id = g.permission_id
                where g.role_id = any($1)";
    sets(db, own, roles, []).await
}

/// What those who hold each role may do through it.
pub async fn effective_permissions_of(
    db: &impl ConnectionTrait,
    roles: &[RoleId],
) -> Result<HashMap<RoleId, PermissionSet>> {
    sets(db, "select role_id, name from effective_grants where role_id = any($1)", roles, []).await
}

/// What these roles would give together if all of them, and all that they inherit from, were active. What this version
/// does not know may be anything to another one.
pub async fn reach(db: &impl ConnectionTrait, roles: &[RoleId]) -> Result<PermissionSet> {
    let all = "select distinct p.name from unnest($1::uuid[]) a (id), role_lineage(a.id) l
                 join role_permissions g on g.role_id = l.id join permissions p on p.id = g.permission_id";
    let asked: Vec<Uuid> = roles.iter().map(|id| id.0).collect();
    let mut reach = PermissionSet::default();
    for row in db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, all, [asked.into()])).await? {
        let name: String = row.try_get_by_index(0)?;
        reach = reach.either(Pattern::parse(&name).map_or_else(PermissionSet::everything, Pattern::covers));
    }
    Ok(reach)
}

/// The effective permissions of each user: those of all unexpired roles, whatever their conditions.
pub async fn effective_permissions(
    db: &impl ConnectionTrait,
    users: &[UserId],
    at: DateTime<Utc>,
) -> Result<HashMap<UserId, PermissionSet>> {
    let held = "select u.id, h.name from unnest($1::uuid[]) u (id), grants_held(u.id, $2) h";
    sets(db, held, users, [at.into()]).await
}

/// The effective grants of a user with their conditions.
pub async fn grants_held(db: &impl ConnectionTrait, user: UserId, at: DateTime<Utc>) -> Result<Grants> {
    let sql = "select name || coalesce(' ' || condition::text, '') from grants_held($1, $2)";
    let values = [user.0.into(), at.into()];
    let rows = db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    let written = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<Vec<String>, _>>()?;
    Ok(Grants::read(written.iter().map(String::as_str)))
}

/// What a user holds without any condition.
pub async fn unconditional(db: &impl ConnectionTrait, user: UserId, at: DateTime<Utc>) -> Result<PermissionSet> {
    let held = "select u.id, h.name from unnest($1::uuid[]) u (id), grants_held(u.id, $2) h where h.condition is null";
    Ok(sets(db, held, &[user], [at.into()]).await?.remove(&user).unwrap_or_default())
}

/// Rows of an id and the name of a permission, as a set for each of the ids.
async fn sets<I: Copy + Eq + Hash + From<Uuid> + Into<Uuid>>(
    db: &impl ConnectionTrait,
    sql: &str,
    ids: &[I],
    more: impl IntoIterator<Item = Value>,
) -> Result<HashMap<I, PermissionSet>> {
    let asked: Vec<Uuid> = ids.iter().map(|id| (*id).into()).collect();
    let values = std::iter::once(asked.into()).chain(more);
    let mut sets: HashMap<I, PermissionSet> = ids.iter().map(|id| (*id, PermissionSet::default())).collect();
    for row in db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await? {
        let name: String = row.try_get_by_index(1)?;
        let set = sets.entry(row.try_get_by_index::<Uuid>(0)?.into()).or_default();
        *set = set.either(PermissionSet::from_names([name.as_str()]));
    }
    Ok(sets)
}

/// What a role is granted, as it is written down.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The name of the permission.
    pub name: String,
    /// The condition in JSON.
    pub condition: Option<String>,
    pub granted_by: Option<UserId>,
    pub granted_at: DateTime<Utc>,
}

/// The grants of each role itself, by name.
pub async fn grants_of(db: &impl ConnectionTrait, roles: &[RoleId]) -> Result<HashMap<RoleId, Vec<Grant>>> {
    let sql = "select g.role_id, p.name, g.condition::text, g.granted_by, g.created_at
                 from role_permissions g join permissions p on p.id = g.permission_id
                where g.role_id = any($1) order by g.role_id, p.name";
    let asked: Vec<Uuid> = roles.iter().map(|id| id.0).collect();
    let mut grants: HashMap<RoleId, Vec<Grant>> = roles.iter().map(|id| (*id, Vec::new())).collect();
    for row in db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [asked.into()])).await? {
        let by: Option<Uuid> = row.try_get_by_index(3)?;
        grants.entry(RoleId(row.try_get_by_index(0)?)).or_default().push(Grant {
            name: row.try_get_by_index(1)?,
            condition: row.try_get_by_index(2)?,
            granted_by: by.map(UserId),
            granted_at: row.try_get_by_index(4)?,
        });
    }
    Ok(grants)
}

/// Grants a permission under a condition, or changes the condition; false if it was granted so already.
pub async fn set_grant(
    db: &impl ConnectionTrait,
    role: RoleId,
    granted: Pattern,
    condition: Option<serde_json::Value>,
    by: UserId,
    at: DateTime<Utc>,
) -> Result<bool> {
    let sql = "insert into role_permissions as old (role_id, permission_id, condition, granted_by, created_at)
        select $1, p.id, $3, $4, $5 from permissions p where p.name = $2
        on conflict (role_id, permission_id) do update
           set condition = excluded.condition, granted_by = excluded.granted_by, created_at = excluded.created_at
         where old.condition is distinct from excluded.condition";
    let values = [role.0.into(), granted.name().into(), condition.into(), by.0.into(), at.into()];
    let written = db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    Ok(written.rows_affected() > 0)
}

/// Whether the grant is new.
pub async fn grant(
    db: &impl ConnectionTrait,
    role: RoleId,
    permissions: &[Pattern],
    by: Option<UserId>,
    at: DateTime<Utc>,
) -> Result<bool> {
    if permissions.is_empty() {
        return Ok(false);
    }
    let names = permissions.iter().map(|pattern| pattern.name());
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
pub async fn revoke(db: &impl ConnectionTrait, role: RoleId, revoked: Pattern) -> Result<bool> {
    let mut ids = Query::select();
    ids.column(permission::Column::Id).from(permission::Entity).and_where(permission::Column::Name.eq(revoked.name()));
    let deleted = role_permission::Entity::delete_many()
        .filter(role_permission::Column::RoleId.eq(role))
        .filter(role_permission::Column::PermissionId.in_subquery(ids))
        .exec(db)
        .await?;
    Ok(deleted.rows_affected > 0)
}
