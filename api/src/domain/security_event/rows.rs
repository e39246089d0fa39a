//! Every statement about security events.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::{SecurityEventId, UserId};
use entity::security_event;
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, among};
use crate::error::Result;

/// Marks the loader keys of security events.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SecurityEvents;

/// The latest comes first.
pub const EVENTS_BY_TIME: Order<security_event::Model> = Order {
    list: "security events",
    name: "time",
    columns: &[
        Column {
            expr: |table| Expr::col((Alias::new(table), security_event::Column::At)),
            key: |row| Key::Time(row.at),
            sample: || Key::Time(DateTime::<Utc>::UNIX_EPOCH),
            cast: None,
        },
        Column {
            expr: |table| Expr::col((Alias::new(table), security_event::Column::Id)),
            key: |row| Key::Id(row.id.0),
            sample: || Key::Id(Uuid::nil()),
            cast: None,
        },
    ],
    descending: true,
};

/// Removes what is older than it may be; how much that was.
pub async fn forget_old(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64> {
    let old = security_event::Entity::delete_many().filter(security_event::Column::At.lt(before));
    Ok(old.exec(db).await?.rows_affected)
}

fn visible(viewer: &Principal) -> Ask<'static, security_event::Entity> {
    Ask::of(policy::visible(viewer))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[SecurityEventId],
) -> Result<HashMap<SecurityEventId, Arc<security_event::Model>>> {
    visible(viewer).filter(among(security_event::Column::Id, ids)).by_key(db, |row| row.id).await
}

pub async fn pages_of_users(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    users: &[UserId],
    window: &Window<security_event::Model>,
) -> Result<HashMap<UserId, Slice<security_event::Model>>> {
    keyset::pages(db, visible(viewer), security_event::Column::UserId, users, |row| row.user_id, window).await
}

pub async fn count_of_users(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    users: &[UserId],
) -> Result<HashMap<UserId, i64>> {
    let column = security_event::Column::UserId;
    visible(viewer).filter(among(column, users)).count_by(db, column).await
}
