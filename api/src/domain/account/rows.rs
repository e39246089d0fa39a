//! Every statement about sessions.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::{SessionId, UserId};
use entity::session;
use entity::session::EndReason;
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{ActiveEnum, ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::policy;
use crate::auth::Principal;
use crate::auth::refresh::RefreshToken;
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

pub async fn insert(db: &impl ConnectionTrait, row: session::Model) -> Result<session::Model> {
    Ok(row.into_active_model().insert(db).await?)
}

/// Moves the session on if the token is its latest, or the one before whose successor has not been used: in one
/// statement, so that of parallel refreshes all get the same successor.
pub async fn advance(
    db: &impl ConnectionTrait,
    token: RefreshToken,
    at: DateTime<Utc>,
) -> Result<Option<session::Model>> {
    let next = token.generation.saturating_add(1);
    let generation = Expr::col(session::Column::Generation);
    let moved = session::Entity::update_many()
        .col_expr(session::Column::Generation, Func::greatest([generation.clone(), Expr::val(next)]).into())
        .col_expr(session::Column::LastActiveAt, Expr::val(at))
        .filter(session::Column::Id.eq(token.session))
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(at))
        .filter(generation.clone().gte(token.generation))
        .filter(generation.lte(next))
        .exec_with_returning(db)
        .await?;
    Ok(moved.into_iter().next())
}

/// Whether the session and its account can still be used.
pub async fn is_live(db: &impl ConnectionTrait, id: SessionId, at: DateTime<Utc>) -> Result<bool> {
    let live = session::Entity::find_by_id(id)
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(at))
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
        .filter(session::Column::EndedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(at))
        .exec_with_returning(db)
        .await?;
    Ok(ended.into_iter().next())
}

/// Ends all live sessions of a user; how many there were.
pub async fn end_all(db: &impl ConnectionTrait, user: UserId, reason: EndReason, at: DateTime<Utc>) -> Result<u64> {
    let ended = session::Entity::update_many()
        .col_expr(session::Column::EndedAt, Expr::val(at))
        .col_expr(session::Column::EndReason, Expr::val(reason.to_value()))
        .filter(session::Column::UserId.eq(user))
        .filter(session::Column::EndedAt.is_null())
        .exec(db)
        .await?;
    Ok(ended.rows_affected)
}
