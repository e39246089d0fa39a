//! Who holds which role.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::{RoleId, UserId};
use entity::{role, user_role};
use sea_orm::sea_query::{Alias, Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::access::DefaultRole;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, Rule, among, below};
use crate::domain::role::policy;
use crate::domain::user::policy::active_accounts;
use crate::error::Result;

/// Marks the loader keys of role assignments.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Assignments;

const ASSIGNED_AT: Column<user_role::Model> = Column {
    expr: |table| Expr::col((Alias::new(table), user_role::Column::AssignedAt)),
    key: |row| Key::Time(row.assigned_at),
    sample: || Key::Time(DateTime::<Utc>::UNIX_EPOCH),
    cast: None,
};

/// The assignments of one user.
pub const ASSIGNMENTS_BY_TIME: Order<user_role::Model> = Order {
    list: "assignments",
    name: "time",
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
    list: "holders",
    name: "user",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), user_role::Column::UserId)),
        key: |row| Key::Id(row.user_id.0),
        sample: || Key::Id(Uuid::nil()),
        cast: None,
    }],
    descending: false,
};

/// Those that end, the soonest first.
pub const EXPIRING: Order<user_role::Model> = Order {
    list: "roleAssignments",
    name: "expiring",
    columns: &[
        Column {
            expr: |table| Expr::col((Alias::new(table), user_role::Column::ExpiresAt)),
            key: |row| Key::Time(row.expires_at.unwrap_or_default()),
            sample: || Key::Time(DateTime::<Utc>::UNIX_EPOCH),
            cast: None,
        },
        Column {
            expr: |table| Expr::col((Alias::new(table), user_role::Column::UserId)),
            key: |row| Key::Id(row.user_id.0),
            sample: || Key::Id(Uuid::nil()),
            cast: None,
        },
        Column {
            expr: |table| Expr::col((Alias::new(table), user_role::Column::RoleId)),
            key: |row| Key::Id(row.role_id.0),
            sample: || Key::Id(Uuid::nil()),
            cast: None,
        },
    ],
    descending: false,
};

/// Those that end before a moment and have not ended yet.
fn expiring(viewer: &Principal, before: DateTime<Utc>) -> Ask<'static, user_role::Entity> {
    assignments(viewer).filter(below(user_role::Column::ExpiresAt, before))
}

pub async fn page_of_expiring(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    before: DateTime<Utc>,
    window: &Window<user_role::Model>,
) -> Result<Slice<user_role::Model>> {
    keyset::page(db, expiring(viewer, before), window).await
}

pub async fn count_expiring(db: &impl ConnectionTrait, viewer: &Principal, before: DateTime<Utc>) -> Result<i64> {
    expiring(viewer, before).count(db).await
}

fn assignments(viewer: &Principal) -> Ask<'static, user_role::Entity> {
    let at = viewer.at;
    let unexpired = Rule::new("unexpired", [at.into()], move || policy::unexpired(at));
    Ask::of(policy::assignments_visible(viewer)).filter(unexpired)
}

pub async fn assignments_of_users(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    users: &[UserId],
    window: &Window<user_role::Model>,
) -> Result<HashMap<UserId, Slice<user_role::Model>>> {
    keyset::pages(db, assignments(viewer), user_role::Column::UserId, users, |row| row.user_id, window).await
}

pub async fn assignments_of_roles(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    roles: &[RoleId],
    window: &Window<user_role::Model>,
) -> Result<HashMap<RoleId, Slice<user_role::Model>>> {
    keyset::pages(db, assignments(viewer), user_role::Column::RoleId, roles, |row| row.role_id, window).await
}

pub async fn count_assignments_of_users(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    users: &[UserId],
) -> Result<HashMap<UserId, i64>> {
    let column = user_role::Column::UserId;
    assignments(viewer).filter(among(column, users)).count_by(db, column).await
}

pub async fn count_assignments_of_roles(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    roles: &[RoleId],
) -> Result<HashMap<RoleId, i64>> {
    let column = user_role::Column::RoleId;
    assignments(viewer).filter(among(column, roles)).count_by(db, column).await
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

/// Deletes the assignments that have expired, and says how many there were.
pub async fn forget_expired(db: &impl ConnectionTrait, role: RoleId, at: DateTime<Utc>) -> Result<u64> {
    let gone = user_role::Entity::delete_many()
        .filter(user_role::Column::RoleId.eq(role))
        .filter(user_role::Column::ExpiresAt.lte(at));
    Ok(gone.exec(db).await?.rows_affected)
}

/// Whether somebody besides `user` holds `admin` without expiry and can sign in. The caller holds the lock on the role.
pub async fn another_admin(
    db: &impl ConnectionTrait,
    role: &role::Model,
    user: UserId,
    at: DateTime<Utc>,
) -> Result<bool> {
    if role.name != DefaultRole::ADMIN {
        return Ok(true);
    }
    let other = user_role::Entity::find()
        .filter(user_role::Column::RoleId.eq(role.id))
        .filter(user_role::Column::UserId.ne(user))
        .filter(user_role::Column::ExpiresAt.is_null())
        .filter(user_role::Column::UserId.in_subquery(active_accounts(at)))
        .order_by_asc(user_role::Column::UserId)
        .one(db)
        .await?;
    Ok(other.is_some())
}
