//! The database: one fixed pool, the private server for those who bring none, and the two ways to speak to it.
//!
//! Reads go through [`Reader`], which belongs to one request and counts its statements; writes go through
//! [`crate::write::Tx`]. Both are `ConnectionTrait`s, so a noun's `rows.rs` serves both.

mod direct;
pub mod embedded;
pub mod keyset;
mod meter;
pub mod migrate;
mod open;
mod query;
mod reader;
mod rest;
pub mod shape;
mod transaction;

use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement};

pub use meter::{Meter, Record};
pub use open::{Opened, open};
pub use query::{any, by_parent, citext};
pub use reader::Reader;
pub use rest::Rest;
pub use transaction::Transaction;

/// The oldest PostgreSQL that is supported.
pub const OLDEST_POSTGRES: u32 = 15;

/// Statements that each connection keeps prepared: more than there are shapes in daily use.
const PREPARED_STATEMENTS: usize = 256;

/// How alike a name has to be to be found, from 0 to 1: a letter in ten may be wrong, lacking or too many.
const LIKENESS: &str = "0.55";

/// A pool as this service wants it: fixed in size, no ping before each statement, no statement longer than `deadline`.
pub async fn connect(
    url: &str,
    connections: u32,
    patience: Duration,
    deadline: Duration,
) -> anyhow::Result<DatabaseConnection> {
    PgConnectOptions::from_str(url).ok().context(
        "DATABASE_URL is not a PostgreSQL address: it should look like postgres://user:password@host:5432/database.",
    )?;
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(connections.min(2))
        .acquire_timeout(patience)
        .connect_timeout(Duration::from_secs(5))
        .test_before_acquire(false)
        .sqlx_logging(false)
        .set_application_name("stoa")
        // Planned once: planning again costs more than these statements themselves, and their plans hold for every value.
        .map_sqlx_postgres_opts(|options| {
            options
                .statement_cache_capacity(PREPARED_STATEMENTS)
                .options([("plan_cache_mode", "force_generic_plan"), ("pg_trgm.word_similarity_threshold", LIKENESS)])
        })
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
