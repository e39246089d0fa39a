//! Opening the database that the settings name: the one at `DATABASE_URL`, or a private one.

use std::time::Duration;

use sea_orm::DatabaseConnection;

use super::embedded;
use crate::config::Database;

/// How long a private server outlives its last user when that user does not stop it itself.
const LINGER: Duration = Duration::ZERO;
/// Connections that a private server allows: several processes may share it.
const PRIVATE_CONNECTIONS: u16 = 100;

/// An open database, and the private server behind it if there is one.
pub struct Opened {
    pub connection: DatabaseConnection,
    private: Option<embedded::Server>,
}

/// Opens the database. Without `DATABASE_URL` this starts a private server, or joins it, and uses its database `name`.
pub async fn open(settings: &Database, name: &str, deadline: Duration) -> anyhow::Result<Opened> {
    let (most, patience) = (settings.database_connections, settings.database_patience());
    if let Some(url) = &settings.database_url {
        let connection = super::connect(url, most, patience, deadline).await?;
        return Ok(Opened { connection, private: None });
    }
    let options = embedded::Options {
        data_dir: settings.data_dir.clone(),
        bin_dir: settings.pg_bin_dir.clone(),
        durable: true,
        linger: LINGER,
        max_connections: PRIVATE_CONNECTIONS.max(u16::try_from(settings.database_connections)?.saturating_add(20)),
    };
    let server = tokio::task::spawn_blocking(move || embedded::Server::start(&options)).await??;
    super::ensure_database(&server.url("postgres"), name).await?;
    let connection = super::connect(&server.url(name), most, patience, deadline).await?;
    tracing::info!(psql = server.psql_hint(name), "private PostgreSQL is up");
    Ok(Opened { connection, private: Some(server) })
}

impl Opened {
    /// Closes the pool and stops the private server, unless another process still uses it.
    pub async fn close(self) -> anyhow::Result<()> {
        self.connection.close().await?;
        if let Some(server) = self.private {
            tokio::task::spawn_blocking(move || server.stop()).await??;
        }
        Ok(())
    }
}
