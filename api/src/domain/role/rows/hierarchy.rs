//! Which role inherits from which.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::{RoleId, UserId};
use entity::role;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use uuid::Uuid;

use super::by_ids;
use crate::auth::Principal;
use crate::database::keyset::{self, Slice, Window};
use crate::database::shape::{Ask, among};
use crate::domain::role::policy;
use crate::error::Result;

/// Waits for everybody else who changes the hierarchy. To be called before any role is held.
pub async fn take_turns(db: &impl ConnectionTrait) -> Result<()> {
    db.execute_raw(Statement::from_string(DbBackend::Postgres, "select roles_take_turns()")).await?;
    Ok(())
}

/// The visible ancestors of each role, the nearest first.
pub async fn ancestors(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    roles: &[RoleId],
) -> Result<HashMap<RoleId, Vec<Arc<role::Model>>>> {
    let sql = "select a.id, l.id from unnest($1::uuid[]) a (id), role_lineage(a.id) l where l.distance > 0
                order by a.id, l.distance";
    let asked: Vec<Uuid> = roles.iter().map(|id| id.0).collect();
    let found = db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [asked.into()])).await?;
    let mut pairs = Vec::with_capacity(found.len());
    for row in found {
        pairs.push((RoleId(row.try_get_by_index(0)?), RoleId(row.try_get_by_index(1)?)));
    }
    let above: Vec<RoleId> = pairs.iter().map(|(_, above)| *above).collect();
    let rows = by_ids(db, viewer, &above).await?;
    let mut chains: HashMap<RoleId, Vec<Arc<role::Model>>> = roles.iter().map(|id| (*id, Vec::new())).collect();
    for (role, above) in pairs {
        chains.entry(role).or_default().extend(rows.get(&above).cloned());
    }
    Ok(chains)
}

fn visible(viewer: &Principal) -> Ask<'static, role::Entity> {
    Ask::of(policy::visible(viewer))
}

pub async fn children(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    parents: &[RoleId],
    window: &Window<role::Model>,
) -> Result<HashMap<RoleId, Slice<role::Model>>> {
    // Only children are read, and those have a parent.
    let parent = |row: &role::Model| row.parent_id.unwrap_or(row.id);
    keyset::pages(db, visible(viewer), role::Column::ParentId, parents, parent, window).await
}

pub async fn count_children(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    parents: &[RoleId],
) -> Result<HashMap<RoleId, i64>> {
    let column = role::Column::ParentId;
    visible(viewer).filter(among(column, parents)).count_by(db, column).await
}

/// The highest level among the active roles that somebody holds at a moment.
pub async fn level_of(db: &impl ConnectionTrait, user: UserId, at: DateTime<Utc>) -> Result<i32> {
    let sql = "select coalesce(max(r.level), 0) from user_roles h join roles r on r.id = h.role_id
                where h.user_id = $1 and (h.expires_at is null or h.expires_at > $2) and r.is_active";
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [user.0.into(), at.into()]));
    Ok(row.await?.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0))
}
