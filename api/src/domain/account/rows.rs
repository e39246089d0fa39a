//! Every statement about sessions.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::{DeviceId, SessionId, UserId};
use entity::session;
use entity::session::EndReason;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Query};
use sea_orm::{ActiveEnum, ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

pub mod confirmations;
pub mod passwords;

use super::policy;
use crate::auth::Principal;
use crate::auth::refresh::RefreshToken;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, among};
use crate::domain::user::policy::active_accounts;
use crate::error::Result;

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[SessionId],
) -> Result<HashMap<SessionId, Arc<session::Model>>> {
    let ask = Ask::<session::Entity>::of(policy::visible(viewer));
    ask.filter(among(session::Column::Id, ids)).by_key(db, |row| row.id).await
}

/// Marks the loader keys of live sessions.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Sessions;

/// Used last comes first.
pub const SESSIONS_BY_ACTIVITY: Order<session::Model> = Order {
    list: "sessions",
    name: "activity",
    columns: &[
        Column {
            expr: |table| Expr::col((Alias::new(table), session::Column::LastActiveAt)),
            key: |row| Key::Time(row.last_active_at),
            sample: || Key::Time(DateTime::<Utc>::UNIX_EPOCH),
            cast: None,
        },
        Column {
            expr: |table| Expr::col((Alias::new(table), session::Column::Id)),
            key: |row| Key::Id(row.id.0),
            sample: || Key::Id(Uuid::nil()),
            cast: None,
        },
    ],
    descending: true,
};

fn live(viewer: &Principal) -> Ask<'static, session::Entity> {
    Ask::of(policy::visible(viewer)).filter(policy::live(viewer.at))
}

pub async fn pages_of_users(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    users: &[UserId],
    window: &Window<session::Model>,
) -> Result<HashMap<UserId, Slice<session::Model>>> {
    keyset::pages(db, live(viewer), session::Column::UserId, users, |row| row.user_id, window).await
}

pub async fn count_of_users(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    users: &[UserId],
) -> Result<HashMap<UserId, i64>> {
    let column = session::Column::UserId;
    live(viewer).filter(among(column, users)).count_by(db, column).await
}

pub async fn find(db: &impl ConnectionTrait, id: SessionId) -> Result<Option<session::Model>> {
    Ok(session::Entity::find_by_id(id).one(db).await?)
}

pub async fn insert(db: &impl ConnectionTrait, row: session::Model) -> Result<session::Model> {
    Ok(row.into_active_model().insert(db).await?)
}

/// Moves the session on if the token is its latest, or the one before whose successor has not been used: in one
/// statement, so that of parallel refreshes all get the same successor.
pub async fn advance(
    db: &impl ConnectionTrait,
    token: RefreshToken,
    address: Option<String>,
    idle_expires_at: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<Option<session::Model>> {
    let next = token.generation.saturating_add(1);
    let generation = Expr::col(session::Column::Generation);
    let moved = session::Entity::update_many()
        .col_expr(session::Column::Generation, Func::greatest([generation.clone(), Expr::val(next)]).into())
        .col_expr(session::Column::LastActiveAt, Expr::val(at))
        .col_expr(session::Column::IdleExpiresAt, Expr::val(idle_expires_at))
        .col_expr(session::Column::Address, Expr::val(address))
        .filter(session::Column::Id.eq(token.session))
        .filter(policy::is_live(at))
        .filter(generation.clone().gte(token.generation))
        .filter(generation.lte(next))
        .exec_with_returning(db)
        .await?;
    Ok(moved.into_iter().next())
}

/// Whether the session and its account can still be used.
pub async fn is_live(db: &impl ConnectionTrait, id: SessionId, at: DateTime<Utc>) -> Result<bool> {
    let live = session::Entity::find_by_id(id)
        .filter(policy::is_live(at))
        .filter(session::Column::UserId.in_subquery(active_accounts(at)));
    Ok(live.one(db).await?.is_some())
}

/// Ends a live session; the row if there was one.
pub async fn end(
    db: &impl ConnectionTrait,
    id: SessionId,
    reason: EndReason,
    at: DateTime<Utc>,
) -> Result<Option<session::Model>> {
    let ended = session::Entity::update_many()
        .col_expr(session::Column::EndedAt, Expr::val(at))
        .col_expr(session::Column::EndReason, Expr::val(reason.to_value()))
        .filter(session::Column::Id.eq(id))
        .filter(policy::is_live(at))
        .exec_with_returning(db)
        .await?;
    Ok(ended.into_iter().next())
}

/// Ends all live sessions of a user; how many there were.
pub async fn end_all(db: &impl ConnectionTrait, user: UserId, reason: EndReason, at: DateTime<Utc>) -> Result<u64> {
    end_those(db, session::Column::UserId.eq(user), reason, at).await
}

/// Ends all live sessions of a user but one; how many there were.
pub async fn end_others(
    db: &impl ConnectionTrait,
    user: UserId,
    kept: SessionId,
    reason: EndReason,
    at: DateTime<Utc>,
) -> Result<u64> {
    end_those(db, session::Column::UserId.eq(user).and(session::Column::Id.ne(kept)), reason, at).await
}

/// Ends all live sessions of a device; how many there were.
pub async fn end_of_device(
    db: &impl ConnectionTrait,
    device: DeviceId,
    reason: EndReason,
    at: DateTime<Utc>,
) -> Result<u64> {
    end_those(db, session::Column::DeviceId.eq(device), reason, at).await
}

/// Ends the live sessions of a user beyond the `most` that were used last.
pub async fn evict(db: &impl ConnectionTrait, user: UserId, most: u64, at: DateTime<Utc>) -> Result<u64> {
    let mut beyond = Query::select();
    beyond
        .column(session::Column::Id)
        .from(session::Entity)
        .and_where(session::Column::UserId.eq(user))
        .cond_where(policy::is_live(at))
        .order_by(session::Column::LastActiveAt, sea_orm::Order::Desc)
        .order_by(session::Column::Id, sea_orm::Order::Desc)
        .offset(most);
    end_those(db, session::Column::Id.in_subquery(beyond), EndReason::Evicted, at).await
}

async fn end_those(db: &impl ConnectionTrait, those: Expr, reason: EndReason, at: DateTime<Utc>) -> Result<u64> {
    let ended = session::Entity::update_many()
        .col_expr(session::Column::EndedAt, Expr::val(at))
        .col_expr(session::Column::EndReason, Expr::val(reason.to_value()))
        .filter(those)
        .filter(policy::is_live(at))
        .exec(db)
        .await?;
    Ok(ended.rows_affected)
}
