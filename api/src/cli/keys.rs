//! `stoa keys`.

use std::time::Duration;

use anyhow::ensure;
use chrono::SecondsFormat;
use clap::{Args, Subcommand};
use sea_orm::TransactionTrait;
use serde_json::json;
use uuid::Uuid;

use super::{demo, serve};
use crate::auth::keys::{self, AHEAD};
use crate::clock::Clock;
use crate::config;
use crate::database::{self, Opened, migrate};
use crate::write::{self, Change};

/// Manage the keys that sign access tokens. They are replaced by themselves (STOA_KEY_ROTATION_DAYS).
#[derive(Args)]
pub struct Keys {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// List the keys, oldest first: the id and from when on each signs.
    List(Place),
    /// Make a new key. It is published at once and signs an hour later; nobody is signed out.
    Rotate(Place),
    /// Remove a key that somebody else may have. Whatever it signed is refused within ten seconds, and clients refresh.
    Revoke(Revoke),
}

#[derive(Args)]
struct Place {
    /// Those of the demo, when it runs on a private server.
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    auth: config::Auth,
}

#[derive(Args)]
struct Revoke {
    /// The id as `stoa keys list` prints it.
    id: String,
    #[command(flatten)]
    place: Place,
}

impl Keys {
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            KeysCommand::List(place) => {
                let opened = place.open().await?;
                for key in keys::read(&opened.connection, &place.auth.master_key(&place.database)?).await? {
                    println!("{}  {}", key.id, key.signs_from.to_rfc3339_opts(SecondsFormat::Secs, true));
                }
                opened.close().await
            }
            KeysCommand::Rotate(place) => place.rotate().await,
            KeysCommand::Revoke(revoke) => revoke.run().await,
        }
    }
}

impl Place {
    async fn open(&self) -> anyhow::Result<Opened> {
        let name = if self.demo { demo::DATABASE } else { serve::DATABASE };
        let opened = database::open(&self.database, name, Duration::from_secs(30)).await?;
        migrate::require_current(&opened.connection).await?;
        Ok(opened)
    }

    async fn rotate(self) -> anyhow::Result<()> {
        let master = self.auth.master_key(&self.database)?;
        let opened = self.open().await?;
        let (clock, transaction) = (Clock::system(), opened.connection.begin().await?);
        let at = clock.now();
        let id = keys::insert(&transaction, &master, at, at + AHEAD).await?;
        let change = Change::new("signing_key.create", "signing_key", subject(&id)).after(json!({ "id": id }));
        write::record_by_operator(&transaction, &clock, change).await?;
        transaction.commit().await?;
        println!("{id} signs from {} on.", (at + AHEAD).to_rfc3339_opts(SecondsFormat::Secs, true));
        opened.close().await
    }
}

impl Revoke {
    async fn run(self) -> anyhow::Result<()> {
        let master = self.place.auth.master_key(&self.place.database)?;
        let opened = self.place.open().await?;
        let (clock, transaction) = (Clock::system(), opened.connection.begin().await?);
        let at = clock.now();
        ensure!(keys::delete(&transaction, &self.id).await?, "There is no key {}.", self.id);
        let left = keys::read(&transaction, &master).await?;
        if !left.iter().any(|key| key.signs_from <= at) {
            let id = keys::insert(&transaction, &master, at, at).await?;
            println!("{id} signs from now on.");
        }
        let change = Change::new("signing_key.revoke", "signing_key", subject(&self.id));
        write::record_by_operator(&transaction, &clock, change.before(json!({ "id": self.id }))).await?;
        transaction.commit().await?;
        println!("{} is revoked.", self.id);
        opened.close().await
    }
}

/// The records name their subjects by UUID; that of a key comes from its id.
fn subject(id: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("stoa:signing-key:{id}").as_bytes())
}
