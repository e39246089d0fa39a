//! The reading side of a request.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{PgPool, Postgres, postgres::PgRow};
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};

use super::direct::{self, query_error};
use super::meter::{Meter, executed, found_all, found_one};
use super::transaction::Transaction;

/// The reading side of one request: the pool, and the meter of the request's statements.
#[derive(Clone)]
pub struct Reader {
    connection: DatabaseConnection,
    meter: Meter,
    /// Statements of this process, all requests together.
    sent: Arc<AtomicU32>,
    held: Arc<Mutex<Held>>,
}

/// A connection between two statements of a request that wants to keep it.
#[derive(Default)]
struct Held {
    wanted: bool,
    connection: Option<PoolConnection<Postgres>>,
    /// Statements of this request that wait for the pool. While there are any, nothing is kept: else requests that each
    /// hold one connection and wait for a second could wait for each other.
    waiting: u32,
}

/// A statement that waits for a connection, for as long as this lives.
struct Waiting<'a>(&'a Reader);

impl<'a> Waiting<'a> {
    fn new(reader: &'a Reader) -> Self {
        reader.held().waiting += 1;
        Self(reader)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.held().waiting -= 1;
    }
}

impl Reader {
    /// A reader for one request. With `recording` it also writes down what it does, for whoever asked.
    pub fn new(connection: DatabaseConnection, sent: Arc<AtomicU32>, recording: bool) -> Self {
        let meter = if recording { Meter::recording() } else { Meter::default() };
        Self { connection, meter, sent, held: Arc::default() }
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<PgRow>, DbErr> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let held = self.held().connection.take();
        let mut connection = match held {
            Some(connection) => connection,
            None => {
                let _waiting = Waiting::new(self);
                self.pool().acquire().await.map_err(query_error)?
            }
        };
        let rows = direct::rows(&mut connection, statement).await;
        let mut held = self.held();
        if held.wanted && held.waiting == 0 && held.connection.is_none() && rows.is_ok() {
            held.connection = Some(connection);
        }
        rows
    }

    /// From now on keeps one connection between its statements: giving one back and taking the next costs as much as a
    /// small read. Only for a query, which ends soon.
    pub fn hold(&self) {
        self.held().wanted = true;
    }

    /// Gives back what is kept.
    pub fn release(&self) {
        let mut held = self.held();
        (held.wanted, held.connection) = (false, None);
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pool(&self) -> &PgPool {
        self.connection.get_postgres_connection_pool()
    }

    /// Begins the transaction of a change in this request. In a task of its own, which goes on when the request is broken
    /// off: sqlx 0.9 does not roll back a transaction whose `BEGIN` it has sent and not seen answered.
    pub async fn begin(&self) -> Result<Transaction, DbErr> {
        let pool = self.pool().clone();
        let begun = tokio::spawn(async move { pool.begin().await }).await;
        // The task neither panics nor is it ended, but with the whole service.
        let begun = begun.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))?;
        let begun = begun.map_err(query_error)?;
        Ok(Transaction::new(begun, self.meter.clone(), self.sent.clone()))
    }

    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// The meter, for whoever reports what it has seen.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    pub fn statements(&self) -> u32 {
        self.meter.statements()
    }

    /// Whether a statement is under way.
    pub fn is_busy(&self) -> bool {
        self.meter.is_busy()
    }

    /// Notes that a loader reads so many keys at once, if anybody wants to know.
    pub fn batch(&self, loader: &'static str, keys: usize) {
        if let Some(record) = self.meter.record() {
            record.batch(loader, keys);
        }
    }
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let measured = self.meter.begin(&statement.sql);
        executed(measured, self.connection.execute_raw(statement).await)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let measured = self.meter.begin(sql);
        executed(measured, self.connection.execute_unprepared(sql).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let measured = self.meter.begin(&statement.sql);
        let rows = self.rows(statement).await;
        found_one(measured, rows.map(|rows| rows.into_iter().next().map(QueryResult::from)))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let measured = self.meter.begin(&statement.sql);
        let rows = self.rows(statement).await;
        found_all(measured, rows.map(|rows| rows.into_iter().map(QueryResult::from).collect()))
    }
}
