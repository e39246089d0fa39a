//! The database's settings.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// Where the data is.
#[derive(Args, Clone, Debug)]
pub struct Database {
    /// PostgreSQL to use, e.g. postgres://stoa:secret@db/stoa. Without it the service runs a private one of its own.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Folder of the private PostgreSQL and the master key.
    #[arg(long, env = "STOA_DATA_DIR", default_value = ".stoa")]
    pub data_dir: PathBuf,
    /// Folder of the PostgreSQL programs, when they are not where distributions put them.
    #[arg(long, env = "STOA_PG_BIN_DIR")]
    pub pg_bin_dir: Option<PathBuf>,
    /// Connections this process holds.
    #[arg(long, env = "STOA_DATABASE_CONNECTIONS", default_value = "16")]
    pub database_connections: u32,
    /// A request gets no connection to the database within so many seconds: UNAVAILABLE.
    #[arg(long, env = "STOA_DATABASE_PATIENCE", default_value = "5", value_name = "SECONDS")]
    pub database_patience: u64,
}

impl Database {
    pub fn database_patience(&self) -> Duration {
        Duration::from_secs(self.database_patience)
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.database_connections >= 2, "STOA_DATABASE_CONNECTIONS must be at least 2.");
        anyhow::ensure!(self.database_patience > 0, "STOA_DATABASE_PATIENCE must be at least 1 second.");
        Ok(())
    }
}
