//! The database: one fixed pool, the private server for those who bring none, and the two ways to speak to it.
//!
//! Reads go through [`Reader`], which belongs to one request and counts its statements; writes go through
//! [`crate::write::Tx`]. Both are `ConnectionTrait`s, so a noun's `rows.rs` serves both.

pub mod embedded;
pub mod keyset;
pub mod migrate;
mod open;
mod query;

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};

pub use open::{Opened, open};
pub use query::{any, by_parent, citext, count_by};

/// The oldest PostgreSQL that is supported.
pub const OLDEST_POSTGRES: u32 = 15;

/// A pool as this service wants it: fixed in size, no ping before each statement, no statement longer than `deadline`.
pub async fn connect(url: &str, connections: u32, deadline: Duration) -> anyhow::Result<DatabaseConnection> {
    PgConnectOptions::from_str(url).ok().context(
        "DATABASE_URL is not a PostgreSQL address: it should look like postgres://user:password@host:5432/database.",
    )?;
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(connections.min(2))
        .acquire_timeout(Duration::from_secs(5))
        .connect_timeout(Duration::from_secs(5))
        .test_before_acquire(false)
        .sqlx_logging(false)
        .set_application_name("stoa")
        .statement_timeout(deadline);
    // The cause may hold the address with its password, so only its kind is told.
    let connection = Database::connect(options).await.map_err(|cause| anyhow::anyhow!(unreachable_reason(&cause)))?;
    let version = server_version(&connection).await?;
    anyhow::ensure!(
        version >= OLDEST_POSTGRES,
        "This database server is PostgreSQL {version}; Stoa needs {OLDEST_POSTGRES} or newer."
    );
    Ok(connection)
}

fn unreachable_reason(cause: &DbErr) -> String {
    let refused = match cause {
        DbErr::Conn(sea_orm::RuntimeErr::SqlxError(error)) => error.as_database_error().map(|e| e.message().to_owned()),
        _ => None,
    };
    match refused {
        Some(words) => format!("The database server refuses the connection: {words}."),
        None => {
            "No database server answers at DATABASE_URL. Check that it is running and that host and port are right."
                .to_owned()
        }
    }
}

/// The major version of the server behind a connection.
pub async fn server_version(connection: &impl ConnectionTrait) -> anyhow::Result<u32> {
    let statement = Statement::from_string(DbBackend::Postgres, "select current_setting('server_version_num')::int4");
    let row = connection.query_one_raw(statement).await?.context("the server did not tell its version")?;
    Ok(u32::try_from(row.try_get_by_index::<i32>(0)?)? / 10_000)
}

/// Creates the database of a private server when it is not there yet.
pub async fn ensure_database(maintenance_url: &str, name: &str) -> anyhow::Result<()> {
    let connection = Database::connect(ConnectOptions::new(maintenance_url).max_connections(1).to_owned()).await?;
    let exists = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "select 1 from pg_database where datname = $1",
        [name.into()],
    );
    if connection.query_one_raw(exists).await?.is_none() {
        anyhow::ensure!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "not a plain database name: {name}");
        if let Err(cause) = connection.execute_unprepared(&format!("create database {name}")).await {
            // Two processes may start at once; the other one made it.
            let there = Statement::from_sql_and_values(
                DbBackend::Postgres,
                "select 1 from pg_database where datname = $1",
                [name.into()],
            );
            connection.query_one_raw(there).await?.ok_or(cause)?;
        }
    }
    connection.close().await?;
    Ok(())
}

/// The reading side of one request: the pool, how many statements the request has made, and how many are under way.
#[derive(Clone)]
pub struct Reader {
    connection: DatabaseConnection,
    statements: Arc<AtomicU32>,
    running: Arc<AtomicU32>,
}

impl Reader {
    pub fn new(connection: DatabaseConnection) -> Self {
        Self { connection, statements: Arc::default(), running: Arc::default() }
    }

    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// The counter, for a transaction that is part of the same request.
    pub fn counter(&self) -> Arc<AtomicU32> {
        self.statements.clone()
    }

    pub fn statements(&self) -> u32 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Whether a statement is under way.
    pub fn is_busy(&self) -> bool {
        self.running.load(Ordering::Relaxed) > 0
    }

    /// Counts a statement, which is under way until the result is dropped.
    fn begin(&self) -> Running {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.running.fetch_add(1, Ordering::Relaxed);
        Running(self.running.clone())
    }
}

struct Running(Arc<AtomicU32>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let _running = self.begin();
        self.connection.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let _running = self.begin();
        self.connection.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let _running = self.begin();
        self.connection.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let _running = self.begin();
        self.connection.query_all_raw(statement).await
    }
}
