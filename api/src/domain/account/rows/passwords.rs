//! Every statement about passwords and verified addresses.

use chrono::{DateTime, Utc};
use entity::confirmation::Purpose;
use entity::id::UserId;
use entity::user;
use sea_orm::sea_query::{Expr, ExprTrait, Func, LockType};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::confirmations;
use crate::error::Result;

/// The account, locked, if its password is still the one that was verified: whoever signs in waits here for a change of
/// password that goes on at the same time.
pub async fn still(db: &impl ConnectionTrait, seen: &user::Model) -> Result<Option<user::Model>> {
    let same = match seen.password_changed_at {
        Some(at) => user::Column::PasswordChangedAt.eq(at),
        None => user::Column::PasswordChangedAt.is_null(),
    };
    Ok(user::Entity::find_by_id(seen.id).filter(same).lock(LockType::NoKeyUpdate).one(db).await?)
}

/// Puts a dearer hash of the same password in the place of the one that was verified.
pub async fn upgrade(db: &impl ConnectionTrait, id: UserId, from: &str, to: &str) -> Result<()> {
    let upgraded = user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::val(to))
        .filter(user::Column::Id.eq(id))
        .filter(user::Column::PasswordHash.eq(from));
    upgraded.exec(db).await?;
    Ok(())
}

/// Sets a new password; tokens that were mailed for one open nothing any more. With `verifies` whoever sets it has read a mail to the account's address.
pub async fn set(db: &impl ConnectionTrait, id: UserId, hash: &str, verifies: bool, at: DateTime<Utc>) -> Result<()> {
    let mut set = user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::val(hash))
        .col_expr(user::Column::PasswordChangedAt, Expr::val(at))
        .col_expr(user::Column::Version, Expr::col(user::Column::Version).add(1))
        .col_expr(user::Column::UpdatedAt, Expr::val(at))
        .filter(user::Column::Id.eq(id));
    if verifies {
        set = set.col_expr(user::Column::EmailVerifiedAt, verified_since(at));
    }
    set.exec(db).await?;
    confirmations::close(db, id, Some(Purpose::PasswordReset), at).await
}

/// The first time counts.
fn verified_since(at: DateTime<Utc>) -> Expr {
    Func::coalesce([Expr::col(user::Column::EmailVerifiedAt), Expr::val(at)]).into()
}

/// Marks the address as verified; the account as it is then.
pub async fn verify_email(db: &impl ConnectionTrait, id: UserId, at: DateTime<Utc>) -> Result<Option<user::Model>> {
    let verified = user::Entity::update_many()
        .col_expr(user::Column::EmailVerifiedAt, verified_since(at))
        .col_expr(user::Column::Version, Expr::col(user::Column::Version).add(1))
        .col_expr(user::Column::UpdatedAt, Expr::val(at))
        .filter(user::Column::Id.eq(id));
    Ok(verified.exec_with_returning(db).await?.into_iter().next())
}
