//! Shares themselves.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::{ShareId, ThingId, UserId};
use entity::share;
use sea_orm::sea_query::{Alias, Expr, ExprTrait};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, among, equal};
use crate::domain::share::policy;
use crate::error::Result;

/// Marks the count of a thing's shares.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Shares;

const ID: &[Column<share::Model>] = &[Column {
    expr: |table| Expr::col((Alias::new(table), share::Column::Id)),
    key: |row| Key::Id(row.id.0),
    sample: || Key::Id(Uuid::nil()),
    cast: None,
}];

/// Ids grow with time, so they alone are the order of creation.
pub const SHARES_BY_TIME: Order<share::Model> = Order { list: "shares", name: "time", columns: ID, descending: false };

/// The same with the latest first.
pub const LATEST_SHARES: Order<share::Model> =
    Order { list: "shares of somebody", name: "latest", columns: ID, descending: true };

/// Which of the shares that concern the viewer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Side {
    /// What the viewer was given.
    With,
    /// What the viewer gave.
    By,
}

fn visible(viewer: &Principal) -> Ask<'static, share::Entity> {
    Ask::of(policy::visible(viewer))
}

fn of_viewer(viewer: &Principal, side: Side) -> Ask<'static, share::Entity> {
    let side = match side {
        Side::With => policy::with_viewer(viewer),
        Side::By => equal(share::Column::GrantedBy, viewer.user),
    };
    visible(viewer).filter(side)
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[ShareId],
) -> Result<HashMap<ShareId, Arc<share::Model>>> {
    visible(viewer).filter(among(share::Column::Id, ids)).by_key(db, |row| row.id).await
}

pub async fn pages_of_things(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    things: &[ThingId],
    window: &Window<share::Model>,
) -> Result<HashMap<ThingId, Slice<share::Model>>> {
    keyset::pages(db, visible(viewer), share::Column::ThingId, things, |row| row.thing_id, window).await
}

pub async fn count_of_things(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    things: &[ThingId],
) -> Result<HashMap<ThingId, i64>> {
    let column = share::Column::ThingId;
    visible(viewer).filter(among(column, things)).count_by(db, column).await
}

pub async fn page_of_viewer(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    side: Side,
    window: &Window<share::Model>,
) -> Result<Slice<share::Model>> {
    keyset::page(db, of_viewer(viewer, side), window).await
}

pub async fn count_of_viewer(db: &impl ConnectionTrait, viewer: &Principal, side: Side) -> Result<i64> {
    of_viewer(viewer, side).count(db).await
}

/// The share that the viewer may want to take back: a visible one, or their own in any case.
pub async fn find_to_revoke(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: ShareId,
) -> Result<Option<share::Model>> {
    let own = policy::visible(viewer).condition().to_owned();
    let own = sea_orm::Condition::any().add(own).add(share::Column::GranteeId.eq(viewer.user));
    Ok(share::Entity::find().filter(own).filter(share::Column::Id.eq(id)).one(db).await?)
}

/// The share of a thing with a subject, be it over or not; the caller holds the lock on the thing.
pub async fn find_between(db: &impl ConnectionTrait, thing: ThingId, subject: Uuid) -> Result<Option<share::Model>> {
    Ok(share::Entity::find()
        .filter(share::Column::ThingId.eq(thing))
        .filter(Expr::col(Alias::new("subject_id")).eq(subject))
        .one(db)
        .await?)
}

/// What somebody gave of a thing; the caller holds the lock on the thing.
pub async fn given_by(db: &impl ConnectionTrait, thing: ThingId, giver: UserId) -> Result<Vec<share::Model>> {
    Ok(share::Entity::find()
        .filter(share::Column::ThingId.eq(thing))
        .filter(share::Column::GrantedBy.eq(giver))
        .all(db)
        .await?)
}

pub async fn insert(db: &impl ConnectionTrait, row: share::Model) -> Result<share::Model, DbErr> {
    row.into_active_model().insert(db).await
}

pub async fn update(db: &impl ConnectionTrait, change: share::ActiveModel) -> Result<share::Model, DbErr> {
    change.update(db).await
}

pub async fn delete(db: &impl ConnectionTrait, id: ShareId) -> Result<(), DbErr> {
    share::Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}

/// Removes what ended before `until`.
pub async fn forget_ended(db: &impl ConnectionTrait, until: DateTime<Utc>) -> Result<u64> {
    Ok(share::Entity::delete_many().filter(share::Column::ExpiresAt.lt(until)).exec(db).await?.rows_affected)
}
