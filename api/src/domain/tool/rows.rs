//! Every statement about tools.

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::{ToolId, UserId};
use entity::{share, tool};
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel};
use uuid::Uuid;

use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, Lock, Rule, among, equal};
use crate::domain::thing::object::AccessLevel;
use crate::domain::thing::rows::standings;
use crate::error::Result;

/// What tools can be narrowed by; without anything, those outside the trash.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Filter {
    pub name: Option<String>,
    pub owner: Option<UserId>,
    pub is_system: Option<bool>,
    pub is_active: Option<bool>,
    pub requires_approval: Option<bool>,
    pub in_trash: bool,
}

const ID: Column<tool::Model> = Column {
    expr: |table| Expr::col((Alias::new(table), tool::Column::Id)),
    key: |row| Key::Id(row.id.0),
    sample: || Key::Id(Uuid::nil()),
    cast: None,
};

pub const BY_NAME: Order<tool::Model> = Order {
    list: "tools",
    name: "name",
    columns: &[
        Column {
            expr: |table| Expr::col((Alias::new(table), tool::Column::Name)),
            key: |row| Key::Text(row.name.clone()),
            sample: || Key::Text(String::new()),
            cast: None,
        },
        ID,
    ],
    descending: false,
};

/// Ids grow with time, so they alone are the order of creation.
pub const BY_TIME: Order<tool::Model> = Order { list: "tools", name: "time", columns: &[ID], descending: false };

fn visible(viewer: &Principal) -> Ask<'static, tool::Entity> {
    Ask::of(policy::visible(viewer))
}

fn listed(viewer: &Principal, filter: &Filter) -> [Ask<'static, tool::Entity>; 3] {
    policy::parts(viewer).map(|part| narrowed(Ask::of(part), filter))
}

fn narrowed(ask: Ask<'static, tool::Entity>, filter: &Filter) -> Ask<'static, tool::Entity> {
    ask.filter(match filter.in_trash {
        true => Rule::new("in the trash", [], || tool::Column::DeletedAt.is_not_null()),
        false => Rule::new("outside the trash", [], || tool::Column::DeletedAt.is_null()),
    })
    .filter(filter.is_system.map(|is_system| match is_system {
        true => Rule::new("without owner", [], || tool::Column::OwnerId.is_null()),
        false => Rule::new("with owner", [], || tool::Column::OwnerId.is_not_null()),
    }))
    .filter(filter.name.clone().map(|name| equal(tool::Column::Name, name)))
    .filter(filter.owner.map(|owner| equal(tool::Column::OwnerId, owner)))
    .filter(filter.is_active.map(|is_active| equal(tool::Column::IsActive, is_active)))
    .filter(filter.requires_approval.map(|requires| equal(tool::Column::RequiresApproval, requires)))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[ToolId],
) -> Result<HashMap<ToolId, Arc<tool::Model>>> {
    visible(viewer).filter(among(tool::Column::Id, ids)).by_key(db, |row| row.id).await
}

pub async fn page(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    filter: &Filter,
    window: &Window<tool::Model>,
) -> Result<Slice<tool::Model>> {
    keyset::page_of_parts(db, listed(viewer, filter), window).await
}

pub async fn count(db: &impl ConnectionTrait, viewer: &Principal, filter: &Filter) -> Result<i64> {
    Ask::count_of_parts(listed(viewer, filter), db).await
}

/// The ids of tools by their names: one's own, and those of the installation where one has none of the name.
pub async fn by_names(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    names: Vec<String>,
) -> Result<HashMap<String, ToolId>> {
    let [own, common, _] = policy::parts(viewer);
    let mut found = HashMap::new();
    for part in [common, own] {
        let named =
            Rule::text("of names", "tools.deleted_at is null and tools.name = any($1)", &[names.clone().into()]);
        let rows = Ask::<tool::Entity>::of(part).filter(named).all(db).await?;
        found.extend(rows.into_iter().map(|row| (row.name, row.id)));
    }
    Ok(found)
}

/// What the viewer was given of tools, for their level there.
pub async fn levels(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    tools: &[ToolId],
) -> Result<HashMap<ToolId, share::Level>> {
    let given = standings(db, viewer, tools.iter().copied()).await?;
    Ok(given.into_iter().map(|(thing, standing)| (ToolId(thing.0), standing.level)).collect())
}

/// The visible tool with the viewer's level.
pub async fn find_with_level(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: ToolId,
) -> Result<Option<(tool::Model, AccessLevel)>> {
    let row = visible(viewer).filter(equal(tool::Column::Id, id)).one(db).await?;
    with_level(db, viewer, row).await
}

/// The visible tool with the viewer's level, locked.
pub async fn find_for_update(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: ToolId,
) -> Result<Option<(tool::Model, AccessLevel)>> {
    let row = visible(viewer).filter(equal(tool::Column::Id, id)).lock(Lock::ForChange).one(db).await?;
    with_level(db, viewer, row).await
}

/// The visible tool, held as it is until the end of the transaction: for a call of it, and for a copy.
pub async fn find_for_share(db: &impl ConnectionTrait, viewer: &Principal, id: ToolId) -> Result<Option<tool::Model>> {
    visible(viewer).filter(equal(tool::Column::Id, id)).lock(Lock::AsItIs).one(db).await
}

async fn with_level(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    row: Option<tool::Model>,
) -> Result<Option<(tool::Model, AccessLevel)>> {
    let Some(row) = row else { return Ok(None) };
    // The owner needs no look at the shares.
    let given = match row.owner_id == Some(viewer.user) {
        true => None,
        false => levels(db, viewer, &[row.id]).await?.remove(&row.id),
    };
    let level = policy::level(viewer, &row, given);
    Ok(level.map(|level| (row, level)))
}

pub async fn insert(db: &impl ConnectionTrait, row: tool::Model) -> Result<tool::Model, DbErr> {
    row.into_active_model().insert(db).await
}

pub async fn update(db: &impl ConnectionTrait, change: tool::ActiveModel) -> Result<tool::Model, DbErr> {
    change.update(db).await
}

/// Removes the tool with its shares; calls of it stay.
pub async fn purge(db: &impl ConnectionTrait, id: ToolId) -> Result<()> {
    tool::Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}
