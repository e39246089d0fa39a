//! Every statement about devices.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::device;
use entity::id::{DeviceId, UserId};
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait, Statement, Value,
};
use uuid::Uuid;

use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, Lock, among, equal};
use crate::error::{Error, Result};

/// Marks the loader keys of devices.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Devices;

/// Seen last comes first.
pub const DEVICES_BY_SEEN: Order<device::Model> = Order {
    list: "devices",
    name: "seen",
    columns: &[
        Column {
            expr: |table| Expr::col((Alias::new(table), device::Column::LastSeenAt)),
            key: |row| Key::Time(row.last_seen_at),
            sample: || Key::Time(DateTime::<Utc>::UNIX_EPOCH),
            cast: None,
        },
        Column {
            expr: |table| Expr::col((Alias::new(table), device::Column::Id)),
            key: |row| Key::Id(row.id.0),
            sample: || Key::Id(Uuid::nil()),
            cast: None,
        },
    ],
    descending: true,
};

/// The device without a token, made if it is new. The update is what makes two sign-ins at once find one another's.
const RECOGNISE: &str = "
    insert into devices (id, user_id, fingerprint, name, platform, created_at, updated_at, last_seen_at)
    values ($1, $2, $3, $4, $5, $6, $6, $6)
    on conflict (user_id, fingerprint) where trusted_until is null
    do update set last_seen_at = greatest(devices.last_seen_at, excluded.last_seen_at)
    returning id, id = $1, exists (select from devices d where d.user_id = $2)";

fn visible(viewer: &Principal) -> Ask<'static, device::Entity> {
    Ask::of(policy::visible(viewer))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[DeviceId],
) -> Result<HashMap<DeviceId, Arc<device::Model>>> {
    visible(viewer).filter(among(device::Column::Id, ids)).by_key(db, |row| row.id).await
}

/// The viewer's device of that id, held for a change.
pub async fn find_for_change(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: DeviceId,
) -> Result<Option<device::Model>> {
    visible(viewer).filter(equal(device::Column::Id, id)).lock(Lock::ForChange).one(db).await
}

pub async fn pages_of_users(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    users: &[UserId],
    window: &Window<device::Model>,
) -> Result<HashMap<UserId, Slice<device::Model>>> {
    keyset::pages(db, visible(viewer), device::Column::UserId, users, |row| row.user_id, window).await
}

pub async fn count_of_users(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    users: &[UserId],
) -> Result<HashMap<UserId, i64>> {
    let column = device::Column::UserId;
    visible(viewer).filter(among(column, users)).count_by(db, column).await
}

/// A device as it shows itself at a sign-in.
pub struct Shown {
    pub id: DeviceId,
    pub user: UserId,
    pub fingerprint: Vec<u8>,
    pub name: String,
    pub platform: device::Platform,
}

/// What a sign-in found.
pub struct Recognised {
    pub id: DeviceId,
    /// It is new, and it is not the user's first.
    pub is_unexpected: bool,
}

/// The device that looks like this; a new one if none does. For `account` only, before there is a viewer.
pub async fn recognise(db: &impl ConnectionTrait, shown: Shown, at: DateTime<Utc>) -> Result<Recognised> {
    let values: [Value; 6] = [
        shown.id.0.into(),
        shown.user.0.into(),
        shown.fingerprint.into(),
        shown.name.into(),
        shown.platform.to_value().into(),
        at.into(),
    ];
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, RECOGNISE, values)).await?;
    let row = row.ok_or_else(|| Error::internal(anyhow::anyhow!("a device was neither found nor made")))?;
    // What the statement sees of the table is from before it.
    let (is_new, had_others): (bool, bool) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
    Ok(Recognised { id: DeviceId(row.try_get_by_index(0)?), is_unexpected: is_new && had_others })
}

/// The trusted device of a user. For `account` only, before there is a viewer.
pub async fn find_trusted(
    db: &impl ConnectionTrait,
    user: UserId,
    id: DeviceId,
    at: DateTime<Utc>,
) -> Result<Option<device::Model>> {
    let found = Ask::<device::Entity>::of(equal(device::Column::Id, id)).filter(equal(device::Column::UserId, user));
    Ok(found.one(db).await?.filter(|row| row.trusted_until.is_some_and(|until| until > at)))
}

/// Notes that somebody signs in with it.
pub async fn see(db: &impl ConnectionTrait, id: DeviceId, at: DateTime<Utc>) -> Result<()> {
    device::ActiveModel { id: Set(id), last_seen_at: Set(at), ..Default::default() }.update(db).await?;
    Ok(())
}

pub async fn update(db: &impl ConnectionTrait, change: device::ActiveModel) -> Result<device::Model> {
    Ok(change.update(db).await?)
}

/// Ends the trust in all devices of a user. They are recognised by nothing any more: others may look like them by now.
pub async fn untrust_all(db: &impl ConnectionTrait, user: UserId, at: DateTime<Utc>) -> Result<u64> {
    let sql = "
        update devices set trusted_until = null, fingerprint = uuid_send(id), version = version + 1, updated_at = $2
         where user_id = $1 and trusted_until is not null";
    let values: [Value; 2] = [user.0.into(), at.into()];
    let untrusted = db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    Ok(untrusted.rows_affected())
}

pub async fn delete(db: &impl ConnectionTrait, id: DeviceId) -> Result<()> {
    device::Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}
