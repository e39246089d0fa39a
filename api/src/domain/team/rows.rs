//! Every statement about teams and their members.

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::{TeamId, UserId};
use entity::{team, team_member};
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel};
use uuid::Uuid;

use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, Lock, among, equal};
use crate::error::Result;

/// Marks the count of a team's members.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Members;

pub const TEAMS_BY_TIME: Order<team::Model> = Order {
    list: "teams",
    name: "time",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), team::Column::Id)),
        key: |row| Key::Id(row.id.0),
        sample: || Key::Id(Uuid::nil()),
        cast: None,
    }],
    descending: false,
};

pub const MEMBERS: Order<team_member::Model> = Order {
    list: "members",
    name: "user",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), team_member::Column::UserId)),
        key: |row| Key::Id(row.user_id.0),
        sample: || Key::Id(Uuid::nil()),
        cast: None,
    }],
    descending: false,
};

fn visible(viewer: &Principal) -> Ask<'static, team::Entity> {
    Ask::of(policy::visible(viewer))
}

fn members(viewer: &Principal) -> Ask<'static, team_member::Entity> {
    Ask::of(policy::members_visible(viewer))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[TeamId],
) -> Result<HashMap<TeamId, Arc<team::Model>>> {
    visible(viewer).filter(among(team::Column::Id, ids)).by_key(db, |row| row.id).await
}

/// The teams that the viewer is in.
pub async fn page(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    window: &Window<team::Model>,
) -> Result<Slice<team::Model>> {
    keyset::page(db, Ask::<team::Entity>::of(policy::joined(viewer)), window).await
}

pub async fn count(db: &impl ConnectionTrait, viewer: &Principal) -> Result<i64> {
    Ask::<team::Entity>::of(policy::joined(viewer)).count(db).await
}

pub async fn pages_of_members(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    teams: &[TeamId],
    window: &Window<team_member::Model>,
) -> Result<HashMap<TeamId, Slice<team_member::Model>>> {
    keyset::pages(db, members(viewer), team_member::Column::TeamId, teams, |row| row.team_id, window).await
}

pub async fn count_of_members(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    teams: &[TeamId],
) -> Result<HashMap<TeamId, i64>> {
    let column = team_member::Column::TeamId;
    members(viewer).filter(among(column, teams)).count_by(db, column).await
}

/// What the viewer is in each team.
pub async fn roles_of_viewer(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    teams: &[TeamId],
) -> Result<HashMap<TeamId, team_member::Role>> {
    let own = Ask::<team_member::Entity>::of(equal(team_member::Column::UserId, viewer.user));
    let rows = own.filter(among(team_member::Column::TeamId, teams)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.team_id, row.role)).collect())
}

/// What somebody is in a team that is not deleted.
pub async fn role_of(db: &impl ConnectionTrait, user: UserId, id: TeamId) -> Result<Option<team_member::Role>> {
    let team = Ask::<team::Entity>::of(equal(team::Column::Id, id)).one(db).await?;
    match team.filter(|team| team.deleted_at.is_none()) {
        Some(_) => Ok(member(db, id, user).await?.map(|row| row.role)),
        None => Ok(None),
    }
}

pub async fn member(db: &impl ConnectionTrait, team: TeamId, user: UserId) -> Result<Option<team_member::Model>> {
    Ok(team_member::Entity::find_by_id((team, user)).one(db).await?)
}

/// The visible team, locked, so that changes of its members come one after the other.
pub async fn find_for_update(db: &impl ConnectionTrait, viewer: &Principal, id: TeamId) -> Result<Option<team::Model>> {
    visible(viewer).filter(equal(team::Column::Id, id)).lock(Lock::ForChange).one(db).await
}

/// The team whoever asks, locked: for those who come in.
pub async fn hold(db: &impl ConnectionTrait, id: TeamId) -> Result<Option<team::Model>> {
    Ask::<team::Entity>::of(equal(team::Column::Id, id)).lock(Lock::ForChange).one(db).await
}

pub async fn insert(db: &impl ConnectionTrait, row: team::Model) -> Result<team::Model> {
    Ok(row.into_active_model().insert(db).await?)
}

pub async fn update(db: &impl ConnectionTrait, change: team::ActiveModel) -> Result<team::Model> {
    Ok(change.update(db).await?)
}

pub async fn insert_member(db: &impl ConnectionTrait, row: team_member::Model) -> Result<team_member::Model> {
    Ok(row.into_active_model().insert(db).await?)
}

pub async fn update_member(
    db: &impl ConnectionTrait,
    change: team_member::ActiveModel,
) -> Result<team_member::Model, DbErr> {
    change.update(db).await
}

pub async fn delete_member(db: &impl ConnectionTrait, team: TeamId, user: UserId) -> Result<(), DbErr> {
    team_member::Entity::delete_by_id((team, user)).exec(db).await?;
    Ok(())
}
