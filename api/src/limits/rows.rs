//! Every statement about budgets.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use uuid::Uuid;

use crate::error::Result;

/// What a process asks of the budget of one scope.
pub struct Asked<'a> {
    pub scope: &'a str,
    pub process: Uuid,
    pub at: DateTime<Utc>,
    pub capacity: f64,
    pub restore: f64,
    /// By how much a request may go beyond the capacity when other processes may hold unspent blocks.
    pub slack: f64,
    /// Unspent units that go back.
    pub returned: f64,
    /// Units without which there is no use.
    pub least: f64,
    /// Units that would be welcome.
    pub most: f64,
}

/// What it got.
#[derive(Clone, Copy, Debug)]
pub struct Leased {
    pub granted: f64,
    /// Used by all processes, this lease included.
    pub used: f64,
    /// Of two readings the higher one is newer.
    pub version: i64,
}

/// Leases, returns, or both, in one statement that waits for those of other processes.
pub async fn lease(db: &DatabaseConnection, asked: &Asked<'_>) -> Result<Leased> {
    let sql = "select granted, now_used, now_version from lease_budget($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values = [
        asked.scope.into(),
        asked.process.into(),
        asked.at.into(),
        asked.capacity.into(),
        asked.restore.into(),
        asked.slack.into(),
        asked.returned.into(),
        asked.least.into(),
        asked.most.into(),
    ];
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    let row = row.ok_or_else(|| crate::error::Error::internal(anyhow::anyhow!("a lease answered nothing")))?;
    Ok(Leased { granted: row.try_get_by_index(0)?, used: row.try_get_by_index(1)?, version: row.try_get_by_index(2)? })
}

/// What a scope had used, and when; nothing if it is not known.
pub async fn peek(db: &DatabaseConnection, scope: &str) -> Result<Option<(f64, DateTime<Utc>)>> {
    let sql = "select used, at from budgets where scope = $1";
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [scope.into()])).await?;
    row.map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).transpose()
}

/// Forgets scopes that nobody has leased for since `before`: they have leaked empty.
pub async fn forget(db: &DatabaseConnection, before: DateTime<Utc>) -> Result<u64> {
    let sql = "delete from budgets where at < $1";
    let gone = db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [before.into()])).await?;
    Ok(gone.rows_affected())
}
