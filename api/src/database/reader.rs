//! The reading side of a request.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{Postgres, postgres::PgRow};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use super::direct;
use super::meter::{Meter, executed, found_all, found_one};
use super::rest::Rest;
use super::transaction::Transaction;

/// The reading side of one request: its connections, and the meter of its statements.
#[derive(Clone)]
pub struct Reader {
    rest: Arc<Rest>,
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
    /// Statements of this request that wait for a connection. While there are any, nothing is kept: else requests that
    /// each hold one connection and wait for a second could wait for each other.
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
    pub fn new(rest: Arc<Rest>, sent: Arc<AtomicU32>, recording: bool) -> Self {
        let meter = if recording { Meter::recording() } else { Meter::default() };
        Self { rest, meter, sent, held: Arc::default() }
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<PgRow>, DbErr> {
        let mut connection = self.take().await?;
        let rows = direct::rows(&mut connection, statement).await?;
        self.give(connection);
        Ok(rows)
    }

    async fn touched(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut connection = self.take().await?;
        let done = direct::execute(&mut connection, statement).await?;
        self.give(connection);
        Ok(done.into())
    }

    async fn take(&self) -> Result<PoolConnection<Postgres>, DbErr> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let held = self.held().connection.take();
        match held {
            Some(connection) => Ok(connection),
            None => {
                let _waiting = Waiting::new(self);
                self.rest.take().await
            }
        }
    }

    /// What is not given back, because a statement on it failed or was broken off, goes to the pool, which looks at it.
    fn give(&self, connection: PoolConnection<Postgres>) {
        let mut held = self.held();
        if held.wanted && held.waiting == 0 && held.connection.is_none() {
            held.connection = Some(connection);
        } else {
            drop(held);
            self.rest.give(connection);
        }
    }

    /// From now on keeps one connection between its statements. Only for a query, which ends soon.
    pub fn hold(&self) {
        self.held().wanted = true;
    }

    /// Gives back what is kept.
    pub fn release(&self) {
        let kept = {
            let mut held = self.held();
            held.wanted = false;
            held.connection.take()
        };
        if let Some(connection) = kept {
            self.rest.give(connection);
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the transaction of a change in this request.
    pub async fn begin(&self) -> Result<Transaction, DbErr> {
        Transaction::begin(self.rest.clone(), self.meter.clone(), self.sent.clone()).await
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
        executed(measured, self.touched(statement).await)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let measured = self.meter.begin(sql);
        let statement = Statement::from_string(DbBackend::Postgres, sql);
        executed(measured, self.touched(statement).await)
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
