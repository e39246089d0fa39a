//! The transaction of a change.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{AssertSqlSafe, Executor, Postgres};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::direct::{self, query_error};
use super::meter::{Meter, executed, found_all, found_one};
use super::rest::Rest;

/// A transaction whose statements count as the request's. Dropped without an end it is rolled back.
pub struct Transaction {
    /// One statement at a time.
    begun: Mutex<Begun>,
    meter: Meter,
    sent: Arc<AtomicU32>,
}

/// The connection of a transaction that has begun, or for which `begin` has been sent: whoever is broken off between
/// the two leaves no transaction open either.
struct Begun {
    /// Nothing once it has ended.
    connection: Option<PoolConnection<Postgres>>,
    rest: Arc<Rest>,
}

impl Begun {
    fn connection(&mut self) -> Result<&mut PoolConnection<Postgres>, DbErr> {
        let over = || DbErr::Conn(RuntimeErr::Internal("the transaction is over".to_owned()));
        self.connection.as_mut().ok_or_else(over)
    }

    /// Sends a statement that begins or ends it.
    async fn send(&mut self, statement: &'static str) -> Result<(), DbErr> {
        self.connection()?.execute(statement).await.map(drop).map_err(query_error)
    }

    /// The same for one that ends it.
    async fn end(mut self, statement: &'static str) -> Result<(), DbErr> {
        self.send(statement).await?;
        if let Some(connection) = self.connection.take() {
            self.rest.give(connection);
        }
        Ok(())
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(async move {
                // What cannot be rolled back is closed, and with it the transaction.
                if connection.execute("rollback").await.is_err() {
                    connection.close_on_drop();
                }
            })),
            Err(_) => drop(connection.leak()),
        }
    }
}

impl Transaction {
    pub(super) async fn begin(rest: Arc<Rest>, meter: Meter, sent: Arc<AtomicU32>) -> Result<Self, DbErr> {
        let connection = Some(rest.take().await?);
        let mut begun = Begun { connection, rest };
        begun.send("begin").await?;
        Ok(Self { begun: Mutex::new(begun), meter, sent })
    }

    pub async fn commit(self) -> Result<(), DbErr> {
        self.begun.into_inner().end("commit").await
    }

    pub async fn rollback(self) -> Result<(), DbErr> {
        self.begun.into_inner().end("rollback").await
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
        let done = direct::execute(self.begun.lock().await.connection()?, statement).await;
        executed(measured, done.map(ExecResult::from))
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let measured = self.meter.begin(sql);
        self.count();
        let sql = AssertSqlSafe(sql.to_owned());
        let done = self.begun.lock().await.connection()?.execute(sql).await;
        executed(measured, done.map(ExecResult::from).map_err(|cause| DbErr::Exec(RuntimeErr::SqlxError(cause.into()))))
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let measured = self.meter.begin(&statement.sql);
        self.count();
        let rows = direct::rows(self.begun.lock().await.connection()?, statement).await;
        found_one(measured, rows.map(|rows| rows.into_iter().next().map(QueryResult::from)))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let measured = self.meter.begin(&statement.sql);
        self.count();
        let rows = direct::rows(self.begun.lock().await.connection()?, statement).await;
        found_all(measured, rows.map(|rows| rows.into_iter().map(QueryResult::from).collect()))
    }
}
