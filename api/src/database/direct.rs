//! Statements sent through sqlx itself: seaORM's own way to it moves several kilobytes of state five times for each.

use std::future::{Future, poll_fn};
use std::pin::pin;

use sea_orm::sea_query::Values;
use sea_orm::sqlx::postgres::{PgQueryResult, PgRow};
use sea_orm::sqlx::query::Query;
use sea_orm::sqlx::{self, PgConnection, Postgres};
use sea_orm::{DbErr, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use tracing::Span;

/// More spans than are ever inside of each other.
const DEEPEST: usize = 8;

/// The rows of a statement.
pub(super) async fn rows(connection: &mut PgConnection, statement: Statement) -> Result<Vec<PgRow>, DbErr> {
    outside_of_spans(query(statement).fetch_all(connection)).await.map_err(query_error)
}

/// How many rows a statement has touched.
pub(super) async fn execute(connection: &mut PgConnection, statement: Statement) -> Result<PgQueryResult, DbErr> {
    let done = outside_of_spans(query(statement).execute(connection)).await;
    done.map_err(|cause| DbErr::Exec(RuntimeErr::SqlxError(cause.into())))
}

/// Runs a statement as if it were part of no span. sqlx enters and leaves the current one twice for each row, which costs
/// more than the row; it logs nothing of its own there.
async fn outside_of_spans<F: Future>(statement: F) -> F::Output {
    let mut statement = pin!(statement);
    poll_fn(|context| {
        let _left = Left::all();
        statement.as_mut().poll(context)
    })
    .await
}

/// Spans that have been left, from the innermost to the outermost, to be entered again.
struct Left(Vec<Span>);

impl Left {
    fn all() -> Self {
        let mut left = Vec::new();
        loop {
            let span = Span::current();
            if span.is_none() || left.len() == DEEPEST {
                return Self(left);
            }
            span.with_subscriber(|(id, to)| to.exit(id));
            left.push(span);
        }
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        for span in self.0.drain(..).rev() {
            span.with_subscriber(|(id, to)| to.enter(id));
        }
    }
}

fn query(statement: Statement) -> Query<'static, Postgres, SqlxValues> {
    sqlx::query_with(sqlx::AssertSqlSafe(statement.sql), SqlxValues(statement.values.unwrap_or(Values(Vec::new()))))
}

pub(super) fn query_error(cause: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(cause.into()))
}
