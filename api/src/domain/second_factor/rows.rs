//! Every statement about second factors. Whoever locks a user and their second factor locks the user first.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{SessionId, UserId};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use serde::{Deserialize, Serialize};

use super::policy;
use crate::auth::Principal;
use crate::error::{Error, Result};

/// Marks the loader keys of second factors.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SecondFactors;

/// What is told of a second factor.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Enrolled {
    pub since: DateTime<Utc>,
    pub codes_left: i32,
}

/// What codes are compared with.
pub struct Factor {
    /// Sealed.
    pub secret: Vec<u8>,
    pub confirmed_at: DateTime<Utc>,
    pub last_step: i64,
}

/// A second factor that counts for nothing yet.
pub struct Draft {
    /// Sealed.
    pub secret: Vec<u8>,
    pub begun_at: DateTime<Utc>,
}

fn statement(sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
}

/// Of those whom the viewer may see.
pub async fn of_users(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    users: &[UserId],
) -> Result<HashMap<UserId, Enrolled>> {
    let users: Vec<Value> = policy::visible(viewer, users).iter().map(|user| user.0.into()).collect();
    let users = Value::Array(sea_orm::sea_query::ArrayType::Uuid, Some(Box::new(users)));
    let sql = "
        select f.user_id, f.confirmed_at,
               (select count(*) from recovery_codes c where c.user_id = f.user_id and c.used_at is null)::int4
          from second_factors f where f.user_id = any($1)";
    let mut found = HashMap::new();
    for row in db.query_all_raw(statement(sql, [users])).await? {
        let enrolled = Enrolled { since: row.try_get_by_index(1)?, codes_left: row.try_get_by_index(2)? };
        found.insert(UserId(row.try_get_by_index(0)?), enrolled);
    }
    Ok(found)
}

/// The second factor of an account, for whoever has to show it.
pub async fn find(db: &impl ConnectionTrait, user: UserId) -> Result<Option<Factor>> {
    let sql = "select secret, confirmed_at, last_step from second_factors where user_id = $1";
    let Some(row) = db.query_one_raw(statement(sql, [user.0.into()])).await? else { return Ok(None) };
    Ok(Some(Factor {
        secret: row.try_get_by_index(0)?,
        confirmed_at: row.try_get_by_index(1)?,
        last_step: row.try_get_by_index(2)?,
    }))
}

/// Whether an account has a second factor that was not shown in this session since a moment; without one it never was.
pub async fn is_missing(
    db: &impl ConnectionTrait,
    user: UserId,
    session: SessionId,
    since: DateTime<Utc>,
) -> Result<bool> {
    let sql = "
        select from second_factors f
         where f.user_id = $1
           and not exists (select from sessions s where s.id = $2 and s.user_id = $1 and s.second_factor_at >= $3)";
    Ok(db.query_one_raw(statement(sql, [user.0.into(), session.0.into(), since.into()])).await?.is_some())
}

/// Notes that it was shown in a session.
pub async fn note_shown(db: &impl ConnectionTrait, session: SessionId, at: DateTime<Utc>) -> Result<()> {
    let sql = "update sessions set second_factor_at = $2 where id = $1";
    db.execute_raw(statement(sql, [session.0.into(), at.into()])).await?;
    Ok(())
}

/// Begins a second factor in a session; takes the place of one that was begun before.
pub async fn begin(
    db: &impl ConnectionTrait,
    user: UserId,
    session: SessionId,
    secret: Vec<u8>,
    at: DateTime<Utc>,
) -> Result<()> {
    let sql = "
        insert into second_factor_drafts (user_id, session_id, secret, begun_at) values ($1, $2, $3, $4)
        on conflict (user_id) do update
           set session_id = excluded.session_id, secret = excluded.secret, begun_at = excluded.begun_at";
    db.execute_raw(statement(sql, [user.0.into(), session.0.into(), secret.into(), at.into()])).await?;
    Ok(())
}

/// What was begun in this session and is not older than `lifetime`.
pub async fn find_draft(
    db: &impl ConnectionTrait,
    user: UserId,
    session: SessionId,
    at: DateTime<Utc>,
    lifetime: TimeDelta,
) -> Result<Option<Draft>> {
    let sql = "
        select secret, begun_at from second_factor_drafts where user_id = $1 and session_id = $2 and begun_at > $3";
    let values = [user.0.into(), session.0.into(), (at - lifetime).into()];
    let Some(row) = db.query_one_raw(statement(sql, values)).await? else { return Ok(None) };
    Ok(Some(Draft { secret: row.try_get_by_index(0)?, begun_at: row.try_get_by_index(1)? }))
}

/// What was begun is the second factor from now on: the one before is gone with its codes, and what it was shown for counts
/// in no session any more.
pub async fn confirm(db: &impl ConnectionTrait, user: UserId, step: i64, at: DateTime<Utc>) -> Result<()> {
    remove(db, user).await?;
    let sql = "
        with draft as (delete from second_factor_drafts where user_id = $1 returning secret)
        insert into second_factors (user_id, secret, confirmed_at, last_step) select $1, secret, $2, $3 from draft";
    db.execute_raw(statement(sql, [user.0.into(), at.into(), step.into()])).await?;
    Ok(())
}

/// Takes it away; whether there was one. What it was shown for counts in no session any more.
pub async fn remove(db: &impl ConnectionTrait, user: UserId) -> Result<bool> {
    let sql = "delete from second_factors where user_id = $1";
    let removed = db.execute_raw(statement(sql, [user.0.into()])).await?.rows_affected() > 0;
    if removed {
        let sql = "update sessions set second_factor_at = null where user_id = $1 and second_factor_at is not null";
        db.execute_raw(statement(sql, [user.0.into()])).await?;
    }
    Ok(removed)
}

/// Puts a new set of recovery codes in the place of the one before.
pub async fn replace_codes(db: &impl ConnectionTrait, user: UserId, hashes: Vec<Vec<u8>>) -> Result<()> {
    let sql = "delete from recovery_codes where user_id = $1";
    db.execute_raw(statement(sql, [user.0.into()])).await?;
    let sql = "insert into recovery_codes (user_id, hash) select $1, unnest($2::bytea[])";
    let inserted = db.execute_raw(statement(sql, [user.0.into(), hashes.into()])).await?;
    match inserted.rows_affected() {
        0 => Err(Error::internal(anyhow::anyhow!("no recovery codes were kept"))),
        _ => Ok(()),
    }
}

/// Whether it is a recovery code that nobody has used.
pub async fn is_unused(db: &impl ConnectionTrait, user: UserId, hash: &[u8]) -> Result<bool> {
    let sql = "select from recovery_codes where user_id = $1 and hash = $2 and used_at is null";
    Ok(db.query_one_raw(statement(sql, [user.0.into(), hash.to_vec().into()])).await?.is_some())
}

/// Uses a step of time up, and those before it. Of many that try one succeeds.
pub async fn use_step(db: &impl ConnectionTrait, user: UserId, since: DateTime<Utc>, step: i64) -> Result<bool> {
    let sql = "update second_factors set last_step = $3 where user_id = $1 and confirmed_at = $2 and last_step < $3";
    let used = db.execute_raw(statement(sql, [user.0.into(), since.into(), step.into()])).await?;
    Ok(used.rows_affected() == 1)
}

/// Uses a recovery code up. Of many that try one succeeds.
pub async fn use_code(db: &impl ConnectionTrait, user: UserId, hash: Vec<u8>, at: DateTime<Utc>) -> Result<bool> {
    let sql = "update recovery_codes set used_at = $3 where user_id = $1 and hash = $2 and used_at is null";
    let used = db.execute_raw(statement(sql, [user.0.into(), hash.into(), at.into()])).await?;
    Ok(used.rows_affected() == 1)
}
