//! `stoa migrate`.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::serve::DATABASE;
use crate::config;
use crate::database::{self, migrate};

/// A migration may rebuild a large table.
const DEADLINE: Duration = Duration::from_secs(3600);

/// Bring the database to this version's schema, back, or tell how far it is.
#[derive(Args)]
pub struct Migrate {
    #[command(subcommand)]
    direction: Direction,
    #[command(flatten)]
    database: config::Database,
}

#[derive(Subcommand)]
enum Direction {
    /// Apply every pending migration. Safe to repeat, and to run from several processes at once.
    Up,
    /// Take back the last migrations, with the data they hold. Make a backup first.
    Down {
        /// How many.
        #[arg(long, default_value = "1")]
        steps: u32,
    },
    /// List the migrations and whether each is applied; changes nothing.
    Status,
}

impl Migrate {
    pub async fn run(self) -> anyhow::Result<()> {
        let opened = database::open(&self.database, DATABASE, DEADLINE).await?;
        match self.direction {
            Direction::Up => migrate::up(&opened.connection).await?,
            Direction::Down { steps } => migrate::down(&opened.connection, steps).await?,
            Direction::Status => {}
        }
        for (name, applied) in migrate::status(&opened.connection).await? {
            println!("{} {name}", if applied { "applied" } else { "pending" });
        }
        opened.close().await
    }
}
