//! Every statement about invitations.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::{InvitationId, RoleId, UserId};
use entity::invitation::{self, Column as Of};
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect,
};
use uuid::Uuid;

use super::object::InvitationState;
use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, Lock, among, equal};
use crate::error::Result;

/// The latest first, unless turned around.
pub const BY_CREATED: Order<invitation::Model> = Order {
    list: "invitations",
    name: "created",
    columns: &[
        Column {
            expr: |table| Expr::col((Alias::new(table), Of::CreatedAt)),
            key: |row| Key::Time(row.created_at),
            sample: || Key::Time(DateTime::<Utc>::UNIX_EPOCH),
            cast: None,
        },
        Column {
            expr: |table| Expr::col((Alias::new(table), Of::Id)),
            key: |row| Key::Id(row.id.0),
            sample: || Key::Id(Uuid::nil()),
            cast: None,
        },
    ],
    descending: true,
};

fn visible(viewer: &Principal) -> Ask<'static, invitation::Entity> {
    Ask::of(policy::visible(viewer))
}

fn filtered(viewer: &Principal, state: Option<InvitationState>) -> Ask<'static, invitation::Entity> {
    visible(viewer).filter(state.map(|state| policy::in_state(state, viewer.at)))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[InvitationId],
) -> Result<HashMap<InvitationId, Arc<invitation::Model>>> {
    visible(viewer).filter(among(Of::Id, ids)).by_key(db, |row| row.id).await
}

pub async fn page(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    state: Option<InvitationState>,
    window: &Window<invitation::Model>,
) -> Result<Slice<invitation::Model>> {
    keyset::page(db, filtered(viewer, state), window).await
}

pub async fn count(db: &impl ConnectionTrait, viewer: &Principal, state: Option<InvitationState>) -> Result<i64> {
    filtered(viewer, state).count(db).await
}

/// Whether an open invitation gives this role.
pub async fn gives(db: &impl ConnectionTrait, role: RoleId, at: DateTime<Utc>) -> Result<bool> {
    let open = Ask::<invitation::Entity>::of(policy::in_state(InvitationState::Open, at));
    Ok(open.filter(equal(Of::RoleId, role)).count(db).await? > 0)
}

/// The visible invitation, held for a change.
pub async fn find_for_update(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: InvitationId,
) -> Result<Option<invitation::Model>> {
    visible(viewer).filter(equal(Of::Id, id)).lock(Lock::ForChange).one(db).await
}

pub async fn insert(db: &impl ConnectionTrait, row: invitation::Model) -> Result<invitation::Model> {
    Ok(row.into_active_model().insert(db).await?)
}

/// The open invitation of that code, locked; for whoever registers, before there is a viewer.
pub async fn find_open_for_update(
    db: &impl ConnectionTrait,
    code_hash: &[u8],
    at: DateTime<Utc>,
) -> Result<Option<invitation::Model>> {
    Ok(invitation::Entity::find()
        .filter(Of::CodeHash.eq(code_hash))
        .filter(policy::in_state(InvitationState::Open, at).condition())
        .lock_exclusive()
        .one(db)
        .await?)
}

pub async fn mark_used(db: &impl ConnectionTrait, id: InvitationId, by: UserId, at: DateTime<Utc>) -> Result<()> {
    let used =
        invitation::ActiveModel { id: Set(id), used_at: Set(Some(at)), used_by: Set(Some(by)), ..Default::default() };
    used.update(db).await?;
    Ok(())
}

pub async fn revoke(db: &impl ConnectionTrait, id: InvitationId, at: DateTime<Utc>) -> Result<invitation::Model> {
    let revoked = invitation::ActiveModel { id: Set(id), revoked_at: Set(Some(at)), ..Default::default() };
    Ok(revoked.update(db).await?)
}
