//! Statements sent through sqlx itself: seaORM's own way to it moves several kilobytes of state five times for each.

use sea_orm::sea_query::Values;
use sea_orm::sqlx::postgres::{PgQueryResult, PgRow};
use sea_orm::sqlx::query::Query;
use sea_orm::sqlx::{self, PgConnection, Postgres};
use sea_orm::{DbErr, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;

/// The rows of a statement.
pub(super) async fn rows(connection: &mut PgConnection, statement: Statement) -> Result<Vec<PgRow>, DbErr> {
    query(statement).fetch_all(connection).await.map_err(query_error)
}

/// How many rows a statement has touched.
pub(super) async fn execute(connection: &mut PgConnection, statement: Statement) -> Result<PgQueryResult, DbErr> {
    query(statement).execute(connection).await.map_err(|cause| DbErr::Exec(RuntimeErr::SqlxError(cause.into())))
}

fn query(statement: Statement) -> Query<'static, Postgres, SqlxValues> {
    sqlx::query_with(sqlx::AssertSqlSafe(statement.sql), SqlxValues(statement.values.unwrap_or(Values(Vec::new()))))
}

pub(super) fn query_error(cause: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(cause.into()))
}
