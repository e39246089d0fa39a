//! Every statement about invitations into teams and workspaces.

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::{MembershipInvitationId, TeamId, WorkspaceId};
use entity::membership_invitation::{self, Column as Of};
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbBackend, IntoActiveModel, Statement};
use uuid::Uuid;

use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, Lock, among, equal};
use crate::error::Result;

/// Marks the count of open invitations.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Open;

/// The latest first.
pub const LATEST: Order<membership_invitation::Model> = Order {
    list: "membership invitations",
    name: "latest",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), Of::Id)),
        key: |row| Key::Id(row.id.0),
        sample: || Key::Id(Uuid::nil()),
        cast: None,
    }],
    descending: true,
};

fn visible(viewer: &Principal) -> Ask<'static, membership_invitation::Entity> {
    Ask::of(policy::visible(viewer))
}

fn open(viewer: &Principal) -> Ask<'static, membership_invitation::Entity> {
    visible(viewer).filter(policy::open(viewer))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[MembershipInvitationId],
) -> Result<HashMap<MembershipInvitationId, Arc<membership_invitation::Model>>> {
    visible(viewer).filter(among(Of::Id, ids)).by_key(db, |row| row.id).await
}

/// The open ones to the viewer.
pub async fn page(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    window: &Window<membership_invitation::Model>,
) -> Result<Slice<membership_invitation::Model>> {
    let own = Ask::<membership_invitation::Entity>::of(policy::to_oneself(viewer)).filter(policy::open(viewer));
    keyset::page(db, own, window).await
}

pub async fn count(db: &impl ConnectionTrait, viewer: &Principal) -> Result<i64> {
    let own = Ask::<membership_invitation::Entity>::of(policy::to_oneself(viewer));
    own.filter(policy::open(viewer)).count(db).await
}

pub async fn pages_of_teams(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    teams: &[TeamId],
    window: &Window<membership_invitation::Model>,
) -> Result<HashMap<TeamId, Slice<membership_invitation::Model>>> {
    let team = |row: &membership_invitation::Model| row.team_id.unwrap_or(TeamId(Uuid::nil()));
    keyset::pages(db, open(viewer), Of::TeamId, teams, team, window).await
}

pub async fn count_of_teams(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    teams: &[TeamId],
) -> Result<HashMap<TeamId, i64>> {
    open(viewer).filter(among(Of::TeamId, teams)).count_by(db, Of::TeamId).await
}

pub async fn pages_of_workspaces(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    workspaces: &[WorkspaceId],
    window: &Window<membership_invitation::Model>,
) -> Result<HashMap<WorkspaceId, Slice<membership_invitation::Model>>> {
    let workspace = |row: &membership_invitation::Model| row.workspace_id.unwrap_or(WorkspaceId(Uuid::nil()));
    keyset::pages(db, open(viewer), Of::WorkspaceId, workspaces, workspace, window).await
}

pub async fn count_of_workspaces(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    workspaces: &[WorkspaceId],
) -> Result<HashMap<WorkspaceId, i64>> {
    open(viewer).filter(among(Of::WorkspaceId, workspaces)).count_by(db, Of::WorkspaceId).await
}

/// How the teams and workspaces are called that invitations lead into.
pub async fn names(
    db: &impl ConnectionTrait,
    ids: &[MembershipInvitationId],
) -> Result<HashMap<MembershipInvitationId, String>> {
    let sql = "select i.id, coalesce(t.name, w.name) from membership_invitations i
                 left join teams t on t.id = i.team_id left join workspaces w on w.id = i.workspace_id
                where i.id = any($1)";
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [ids.into()])).await?;
    rows.iter().map(|row| Ok((MembershipInvitationId(row.try_get_by_index(0)?), row.try_get_by_index(1)?))).collect()
}

/// The visible invitation, locked, so that it is answered once.
pub async fn find_for_update(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: MembershipInvitationId,
) -> Result<Option<membership_invitation::Model>> {
    visible(viewer).filter(equal(Of::Id, id)).lock(Lock::Alone).one(db).await
}

/// Whether it is to the viewer.
pub async fn is_to(db: &impl ConnectionTrait, viewer: &Principal, id: MembershipInvitationId) -> Result<bool> {
    let own = Ask::<membership_invitation::Entity>::of(policy::to_oneself(viewer)).filter(equal(Of::Id, id));
    Ok(own.one(db).await?.is_some())
}

pub async fn insert(
    db: &impl ConnectionTrait,
    row: membership_invitation::Model,
) -> Result<membership_invitation::Model> {
    Ok(row.into_active_model().insert(db).await?)
}

pub async fn update(
    db: &impl ConnectionTrait,
    change: membership_invitation::ActiveModel,
) -> Result<membership_invitation::Model> {
    Ok(change.update(db).await?)
}
