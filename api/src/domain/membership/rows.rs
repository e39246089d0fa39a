//! Every statement about invitations into teams and workspaces.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::{MembershipInvitationId, TeamId, UserId, WorkspaceId};
use entity::membership_invitation::{self, Answer, Column as Of};
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};
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

/// Waits for whoever else invites as the same person.
pub async fn take_turns(db: &impl ConnectionTrait, inviter: UserId) -> Result<()> {
    let sql = "select pg_advisory_xact_lock(hashtextextended('invites ' || $1, 0))";
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [inviter.0.to_string().into()])).await?;
    Ok(())
}

/// When somebody made the invitation after which they made `count` less one.
pub async fn made_before(db: &impl ConnectionTrait, inviter: UserId, count: u64) -> Result<Option<DateTime<Utc>>> {
    let latest = membership_invitation::Entity::find().filter(Of::InvitedBy.eq(inviter)).order_by_desc(Of::Id);
    Ok(latest.offset(count - 1).limit(1).one(db).await?.map(|row| row.created_at))
}

/// Ends those to the same person and place that ended by themselves, so that another one can take their place; then tells
/// whether one is still open, and how many are into the place. The caller holds the lock on the place.
pub async fn beside(db: &impl ConnectionTrait, new: &membership_invitation::Model) -> Result<(bool, i64)> {
    let (place, person) = (place_of(new), person_of(new));
    membership_invitation::Entity::update_many()
        .col_expr(Of::Answer, Expr::val(Answer::Lapsed.to_value()))
        .col_expr(Of::AnsweredAt, Expr::val(new.created_at))
        .filter(place.clone().add(person.clone()).add(Of::Answer.is_null()).add(Of::ExpiresAt.lte(new.created_at)))
        .exec(db)
        .await?;
    let open = membership_invitation::Entity::find()
        .filter(place.add(Of::Answer.is_null()).add(Of::ExpiresAt.gt(new.created_at)));
    let same = open.clone().filter(person).count(db).await?;
    Ok((same > 0, i64::try_from(open.count(db).await?).unwrap_or(i64::MAX)))
}

fn place_of(row: &membership_invitation::Model) -> Condition {
    match row.team_id {
        Some(team) => Condition::all().add(Of::TeamId.eq(team)),
        None => Condition::all().add(Of::WorkspaceId.eq(row.workspace_id)),
    }
}

fn person_of(row: &membership_invitation::Model) -> Condition {
    match row.user_id {
        Some(user) => Condition::all().add(Of::UserId.eq(user)),
        None => Condition::all().add(Of::Email.eq(row.email.clone())),
    }
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
