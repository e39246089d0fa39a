//! Every statement about workspaces.

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::WorkspaceId;
use entity::workspace;
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{ActiveModelTrait, ConnectionTrait, IntoActiveModel};
use uuid::Uuid;

use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, Lock, among, equal};
use crate::domain::thing::object::AccessLevel;
use crate::domain::thing::rows::standings;
use crate::error::Result;

pub const WORKSPACES_BY_TIME: Order<workspace::Model> = Order {
    list: "workspaces",
    name: "time",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), workspace::Column::Id)),
        key: |row| Key::Id(row.id.0),
        sample: || Key::Id(Uuid::nil()),
        cast: None,
    }],
    descending: false,
};

fn visible(viewer: &Principal) -> Ask<'static, workspace::Entity> {
    Ask::of(policy::visible(viewer))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[WorkspaceId],
) -> Result<HashMap<WorkspaceId, Arc<workspace::Model>>> {
    visible(viewer).filter(among(workspace::Column::Id, ids)).by_key(db, |row| row.id).await
}

pub async fn page(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    window: &Window<workspace::Model>,
) -> Result<Slice<workspace::Model>> {
    keyset::page(db, Ask::<workspace::Entity>::of(policy::listed(viewer)), window).await
}

pub async fn count(db: &impl ConnectionTrait, viewer: &Principal) -> Result<i64> {
    Ask::<workspace::Entity>::of(policy::listed(viewer)).count(db).await
}

/// What the viewer may do in each workspace.
pub async fn levels(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[WorkspaceId],
) -> Result<HashMap<WorkspaceId, AccessLevel>> {
    let found = standings(db, viewer, ids.iter().copied()).await?;
    Ok(found.into_iter().map(|(thing, standing)| (WorkspaceId(thing.0), standing.level.into())).collect())
}

/// The visible workspace with the viewer's level there.
pub async fn find_with_level(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: WorkspaceId,
) -> Result<Option<(workspace::Model, AccessLevel)>> {
    let Some(row) = visible(viewer).filter(equal(workspace::Column::Id, id)).one(db).await? else { return Ok(None) };
    Ok(levels(db, viewer, &[id]).await?.remove(&id).map(|level| (row, level)))
}

/// The visible workspace, locked, with the viewer's level there.
pub async fn find_for_update(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: WorkspaceId,
) -> Result<Option<(workspace::Model, AccessLevel)>> {
    let ask = visible(viewer).filter(equal(workspace::Column::Id, id)).lock(Lock::ForChange);
    let Some(row) = ask.one(db).await? else { return Ok(None) };
    Ok(levels(db, viewer, &[id]).await?.remove(&id).map(|level| (row, level)))
}

/// The workspace whoever asks, locked: for those who come in.
pub async fn hold(db: &impl ConnectionTrait, id: WorkspaceId) -> Result<Option<workspace::Model>> {
    Ask::<workspace::Entity>::of(equal(workspace::Column::Id, id)).lock(Lock::ForChange).one(db).await
}

pub async fn insert(db: &impl ConnectionTrait, row: workspace::Model) -> Result<workspace::Model> {
    Ok(row.into_active_model().insert(db).await?)
}

pub async fn update(db: &impl ConnectionTrait, change: workspace::ActiveModel) -> Result<workspace::Model> {
    Ok(change.update(db).await?)
}
