//! The transaction of a change.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use sea_orm::sqlx::{Executor, Postgres, Transaction as Begun};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use tokio::sync::Mutex;

use super::direct::{self, query_error};
use super::meter::{Meter, executed, found_all, found_one};

/// A transaction whose statements count as the request's. Dropped without an end it is rolled back.
pub struct Transaction {
    /// One statement at a time.
    begun: Mutex<Begun<'static, Postgres>>,
    meter: Meter,
    sent: Arc<AtomicU32>,
}

impl Transaction {
    pub(super) fn new(begun: Begun<'static, Postgres>, meter: Meter, sent: Arc<AtomicU32>) -> Self {
        Self { begun: Mutex::new(begun), meter, sent }
    }

    pub async fn commit(self) -> Result<(), DbErr> {
        self.begun.into_inner().commit().await.map_err(query_error)
    }

    pub async fn rollback(self) -> Result<(), DbErr> {
        self.begun.into_inner().rollback().await.map_err(query_error)
    }

    fn count(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let measured = self.meter.begin(&statement.sql);
        self.count();
        let done = direct::execute(&mut *self.begun.lock().await, statement).await;
        executed(measured, done.map(ExecResult::from))
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let measured = self.meter.begin(sql);
        self.count();
        let sql = sea_orm::sqlx::AssertSqlSafe(sql.to_owned());
        let done = self.begun.lock().await.execute(sql).await;
        executed(measured, done.map(ExecResult::from).map_err(|cause| DbErr::Exec(RuntimeErr::SqlxError(cause.into()))))
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let measured = self.meter.begin(&statement.sql);
        self.count();
        let rows = direct::rows(&mut *self.begun.lock().await, statement).await;
        found_one(measured, rows.map(|rows| rows.into_iter().next().map(QueryResult::from)))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let measured = self.meter.begin(&statement.sql);
        self.count();
        let rows = direct::rows(&mut *self.begun.lock().await, statement).await;
        found_all(measured, rows.map(|rows| rows.into_iter().map(QueryResult::from).collect()))
    }
}
