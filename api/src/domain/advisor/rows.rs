//! Every statement about advisors.

pub mod talks;

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::{AdvisorId, UserId};
use entity::{advisor, share};
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel};
use uuid::Uuid;

use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, Lock, Rule, among, equal};
use crate::domain::thing::object::AccessLevel;
use crate::domain::thing::rows::standings;
use crate::error::{Error, Result, UserError, violated_constraint};

/// What advisors can be narrowed by; without anything, those outside the trash.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Filter {
    pub name: Option<String>,
    pub owner: Option<UserId>,
    pub in_trash: bool,
}

const ID: Column<advisor::Model> = Column {
    expr: |table| Expr::col((Alias::new(table), advisor::Column::Id)),
    key: |row| Key::Id(row.id.0),
    sample: || Key::Id(Uuid::nil()),
    cast: None,
};

pub const BY_NAME: Order<advisor::Model> = Order {
    list: "advisors",
    name: "name",
    columns: &[
        Column {
            expr: |table| Expr::col((Alias::new(table), advisor::Column::Name)),
            key: |row| Key::Text(row.name.clone()),
            sample: || Key::Text(String::new()),
            cast: None,
        },
        ID,
    ],
    descending: false,
};

/// Ids grow with time, so they alone are the order of creation.
pub const BY_TIME: Order<advisor::Model> = Order { list: "advisors", name: "time", columns: &[ID], descending: false };

fn visible(viewer: &Principal) -> Ask<'static, advisor::Entity> {
    Ask::of(policy::visible(viewer))
}

fn listed(viewer: &Principal, filter: &Filter) -> [Ask<'static, advisor::Entity>; 2] {
    policy::parts(viewer).map(|part| narrowed(Ask::of(part), filter))
}

fn narrowed(ask: Ask<'static, advisor::Entity>, filter: &Filter) -> Ask<'static, advisor::Entity> {
    ask.filter(match filter.in_trash {
        true => Rule::new("in the trash", [], || advisor::Column::DeletedAt.is_not_null()),
        false => Rule::new("outside the trash", [], || advisor::Column::DeletedAt.is_null()),
    })
    .filter(filter.name.clone().map(|name| equal(advisor::Column::Name, name)))
    .filter(filter.owner.map(|owner| equal(advisor::Column::OwnerId, owner)))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[AdvisorId],
) -> Result<HashMap<AdvisorId, Arc<advisor::Model>>> {
    visible(viewer).filter(among(advisor::Column::Id, ids)).by_key(db, |row| row.id).await
}

pub async fn page(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    filter: &Filter,
    window: &Window<advisor::Model>,
) -> Result<Slice<advisor::Model>> {
    keyset::page_of_parts(db, listed(viewer, filter), window).await
}

pub async fn count(db: &impl ConnectionTrait, viewer: &Principal, filter: &Filter) -> Result<i64> {
    Ask::count_of_parts(listed(viewer, filter), db).await
}

/// What the viewer was given of advisors, for their level there.
pub async fn levels(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    advisors: &[AdvisorId],
) -> Result<HashMap<AdvisorId, share::Level>> {
    let given = standings(db, viewer, advisors.iter().copied()).await?;
    Ok(given.into_iter().map(|(thing, standing)| (AdvisorId(thing.0), standing.level)).collect())
}

/// The visible advisor with the viewer's level.
pub async fn find_with_level(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: AdvisorId,
) -> Result<Option<(advisor::Model, AccessLevel)>> {
    let row = visible(viewer).filter(equal(advisor::Column::Id, id)).one(db).await?;
    with_level(db, viewer, row).await
}

/// The visible advisor with the viewer's level, locked.
pub async fn find_for_update(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: AdvisorId,
) -> Result<Option<(advisor::Model, AccessLevel)>> {
    let row = visible(viewer).filter(equal(advisor::Column::Id, id)).lock(Lock::ForChange).one(db).await?;
    with_level(db, viewer, row).await
}

/// The visible advisor, held as it is until the end of the transaction: for a conversation with it.
pub async fn find_for_share(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: AdvisorId,
) -> Result<Option<(advisor::Model, AccessLevel)>> {
    let row = visible(viewer).filter(equal(advisor::Column::Id, id)).lock(Lock::AsItIs).one(db).await?;
    with_level(db, viewer, row).await
}

async fn with_level(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    row: Option<advisor::Model>,
) -> Result<Option<(advisor::Model, AccessLevel)>> {
    let Some(row) = row else { return Ok(None) };
    // The owner needs no look at the shares.
    let given = match row.owner_id == viewer.user {
        true => None,
        false => levels(db, viewer, &[row.id]).await?.remove(&row.id),
    };
    let level = policy::level(viewer, &row, given);
    Ok(level.map(|level| (row, level)))
}

/// What a caller hears when the database refuses a row: that a name is taken. Every other fault stays what it is.
pub fn refused(cause: DbErr, path: &str) -> Error {
    match violated_constraint(&cause) {
        Some("advisors_owner_name_key") => {
            Error::refused(UserError::conflict(&[path], "Its owner has an advisor of this name."))
        }
        _ => cause.into(),
    }
}

/// Whether somebody has an advisor of the name, outside the trash.
pub async fn has_name(db: &impl ConnectionTrait, owner: UserId, name: &str) -> Result<bool> {
    let text = "advisors.deleted_at is null and lower(advisors.name) = lower($1)";
    let named = Rule::text("of the name", text, &[name.into()]);
    let ask = Ask::<advisor::Entity>::of(equal(advisor::Column::OwnerId, owner)).filter(named);
    Ok(ask.count(db).await? > 0)
}

pub async fn insert(db: &impl ConnectionTrait, row: advisor::Model) -> Result<advisor::Model, DbErr> {
    row.into_active_model().insert(db).await
}

pub async fn update(db: &impl ConnectionTrait, change: advisor::ActiveModel) -> Result<advisor::Model, DbErr> {
    change.update(db).await
}

/// Removes the advisor with its shares; conversations with it go on without it.
pub async fn purge(db: &impl ConnectionTrait, id: AdvisorId) -> Result<()> {
    advisor::Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}
