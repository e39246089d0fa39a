//! Writing the closed set of permissions and the default roles into a database. Idempotent; run at every start.

use chrono::{DateTime, Utc};
use entity::id::{PermissionId, RoleId};
use entity::{permission, role};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseConnection, EntityTrait, TransactionTrait};

use super::rows;
use crate::access::{DEFAULT_ROLES, DefaultRole, Pattern, Permission};
use crate::clock::Clock;
use crate::error::Result;

/// Adds what this version knows and the database does not. What an operator changed stays: a default role gets its
/// grants only when the role, or the permission, first appears.
pub async fn seed(connection: &DatabaseConnection, clock: &Clock) -> Result<()> {
    let transaction = connection.begin().await?;
    transaction.execute_unprepared("lock table roles, permissions in share row exclusive mode").await?;
    let at = clock.now();
    let new_permissions = add_permissions(&transaction, clock, at).await?;
    for default in DEFAULT_ROLES {
        let (role, is_new) = find_or_add(&transaction, default, clock, at).await?;
        let granted: Vec<Pattern> =
            default.grants().filter(|pattern| is_new || new_permissions.contains(pattern)).collect();
        rows::grant(&transaction, role, &granted, None, at).await?;
    }
    transaction.commit().await?;
    Ok(())
}

async fn add_permissions(db: &impl ConnectionTrait, clock: &Clock, at: DateTime<Utc>) -> Result<Vec<Pattern>> {
    let known: Vec<String> = permission::Entity::find().all(db).await?.into_iter().map(|row| row.name).collect();
    let all: Vec<Pattern> = Permission::ALL.iter().copied().map(Pattern::One).chain(Pattern::wildcards()).collect();
    let missing: Vec<Pattern> = all.iter().copied().filter(|pattern| !known.contains(&pattern.name())).collect();
    for permission in all {
        let row = permission::ActiveModel {
            id: Set(PermissionId(clock.new_id())),
            name: Set(permission.name()),
            resource: Set(permission.resource().to_owned()),
            action: Set(permission.action().to_owned()),
            description: Set(permission.description()),
            created_at: Set(at),
        };
        let same_name =
            OnConflict::column(permission::Column::Name).update_column(permission::Column::Description).to_owned();
        permission::Entity::insert(row).on_conflict(same_name).exec_without_returning(db).await?;
    }
    Ok(missing)
}

async fn find_or_add(
    db: &impl ConnectionTrait,
    default: &DefaultRole,
    clock: &Clock,
    at: DateTime<Utc>,
) -> Result<(RoleId, bool)> {
    if let Some(row) = rows::find_by_name(db, default.name).await? {
        return Ok((row.id, false));
    }
    let row = role::Model {
        id: RoleId(clock.new_id()),
        name: default.name.to_owned(),
        description: default.description.to_owned(),
        is_default: true,
        parent_id: None,
        is_active: true,
        level: default.level,
        version: 1,
        created_at: at,
        updated_at: at,
    };
    Ok((rows::insert(db, row).await?.id, true))
}
