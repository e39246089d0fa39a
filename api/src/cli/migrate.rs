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
}

#[derive(Args)]
struct Settings {
    #[command(flatten)]
    database: config::Database,
}

#[derive(Subcommand)]
enum Direction {
    /// Apply every pending migration. Safe to repeat, and to run from several processes at once.
    Up(Settings),
    /// Take back the last migrations, with the data they hold. Make a backup first.
    Down {
        /// How many.
        #[arg(long, default_value = "1")]
        steps: u32,
        #[command(flatten)]
        settings: Settings,
    },
    /// List the migrations and whether each is applied; changes nothing.
    Status(Settings),
}

impl Migrate {
    pub async fn run(self) -> anyhow::Result<()> {
        let (Direction::Up(settings) | Direction::Down { settings, .. } | Direction::Status(settings)) =
            &self.direction;
        let opened = database::open(&settings.database, DATABASE, DEADLINE).await?;
        match self.direction {
            Direction::Up(_) => migrate::up(&opened.connection).await?,
            Direction::Down { steps, .. } => migrate::down(&opened.connection, steps).await?,
            Direction::Status(_) => {}
        }
        for (name, applied) in migrate::status(&opened.connection).await? {
            println!("{} {name}", if applied { "applied" } else { "pending" });
        }
        opened.close().await
    }
}
