//! `stoa documents`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use sea_orm::TransactionTrait;
use serde_json::json;
use uuid::Uuid;

use super::{demo, serve};
use crate::clock::Clock;
use crate::config;
use crate::database::{self, Opened, migrate};
use crate::documents::manifest::{self, Entry};
use crate::documents::rows::{self, Registered};
use crate::documents::{Digest, is_id};
use crate::graphql::engine::RequestError;
use crate::graphql::schema::{self, StoaEngine};
use crate::write::{self, Change};

/// Manage registered documents, which clients run by id.
///
/// Where STOA_ANONYMOUS_DOCUMENTS or STOA_USER_DOCUMENTS says `registered`, nothing else runs.
#[derive(Args)]
pub struct Documents {
    #[command(subcommand)]
    command: DocumentsCommand,
}

#[derive(Subcommand)]
enum DocumentsCommand {
    /// Register all documents of these files, or none if one of them is not acceptable. Safe to repeat.
    ///
    /// A document in a `.graphql` file gets the id `sha256:` and the SHA-256 of the file. A `.json` file is a manifest:
    /// graphql-codegen's persisted-documents.json, Relay's, or Apollo's persisted query manifest.
    Register(Register),
    /// List the ids of all registered documents with the moment of registration and the length in characters.
    List(Place),
    /// Remove documents by id; each process that runs stops answering them within ten seconds.
    Remove(Remove),
}

#[derive(Args)]
struct Place {
    /// Those of the demo, when it runs on a private server.
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    database: config::Database,
}

#[derive(Args)]
struct Register {
    /// Documents (`.graphql`) and manifests (`.json`).
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    limits: config::Limits,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
struct Remove {
    /// Ids as `stoa documents list` prints them.
    #[arg(required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    place: Place,
}

impl Documents {
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            DocumentsCommand::Register(register) => register.run().await,
            DocumentsCommand::List(place) => {
                let opened = place.open().await?;
                for document in rows::all(&opened.connection).await? {
                    let at = document.registered_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
                    println!("{}  {at}  {}", document.id, document.characters);
                }
                opened.close().await
            }
            DocumentsCommand::Remove(remove) => remove.run().await,
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
}

impl Register {
    async fn run(self) -> anyhow::Result<()> {
        let engine = schema::engine(schema::limits(&self.limits))?;
        let mut faults = Vec::new();
        let mut entries: Vec<(Entry, &Path)> = Vec::new();
        for path in &self.paths {
            match read(path, &engine) {
                Ok(read) => entries.extend(read.into_iter().map(|entry| (entry, path.as_path()))),
                Err(found) => faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", path.display()))),
            }
        }
        refuse(&faults)?;
        let opened = self.place.open().await?;
        let (clock, transaction) = (Clock::system(), opened.connection.begin().await?);
        let mut said = Vec::new();
        for (entry, path) in &entries {
            let registered = rows::register(&transaction, &entry.id, &entry.text, clock.now()).await?;
            match registered {
                Registered::New => record(&transaction, &clock, "document.register", entry).await?,
                Registered::Already => {}
                Registered::Taken => faults.push(format!("{}: {} is the id of another text", path.display(), entry.id)),
            }
            let note = if registered == Registered::New { "" } else { "  (was there already)" };
            said.push(format!("{}  {}{note}", entry.id, path.display()));
        }
        refuse(&faults)?;
        transaction.commit().await?;
        said.iter().for_each(|line| println!("{line}"));
        opened.close().await
    }
}

impl Remove {
    async fn run(self) -> anyhow::Result<()> {
        let opened = self.place.open().await?;
        let (clock, transaction) = (Clock::system(), opened.connection.begin().await?);
        let mut unknown = Vec::new();
        for id in &self.ids {
            // What is no id at all cannot be there.
            match is_id(id) && rows::remove(&transaction, id).await? {
                true => {
                    let change = Change::new("document.remove", "document", subject(id)).before(json!({ "id": id }));
                    write::record_by_operator(&transaction, &clock, change).await?;
                }
                false => unknown.push(id.as_str()),
            }
        }
        ensure!(unknown.is_empty(), "Nothing was removed. No document is registered as: {}", unknown.join(", "));
        transaction.commit().await?;
        println!("Removed {}.", self.ids.len());
        opened.close().await
    }
}

async fn record(
    transaction: &sea_orm::DatabaseTransaction,
    clock: &Clock,
    action: &'static str,
    entry: &Entry,
) -> anyhow::Result<()> {
    let after = json!({ "id": entry.id, "sha256": Digest::of(&entry.text).to_string() });
    let change = Change::new(action, "document", subject(&entry.id)).after(after);
    Ok(write::record_by_operator(transaction, clock, change).await?)
}

/// The records name their subjects by UUID; that of a document comes from its id.
fn subject(id: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("stoa:document:{id}").as_bytes())
}

fn refuse(faults: &[String]) -> anyhow::Result<()> {
    if !faults.is_empty() {
        bail!("Nothing was registered:\n  {}", faults.join("\n  "));
    }
    Ok(())
}

/// The valid documents of a file, or everything that is wrong with it.
fn read(path: &Path, engine: &StoaEngine) -> Result<Vec<Entry>, Vec<String>> {
    let text =
        fs::read_to_string(path).context("it cannot be read as text").map_err(|cause| vec![cause.to_string()])?;
    let entries = match path.extension().and_then(|extension| extension.to_str()) {
        Some("graphql" | "gql") => vec![manifest::document(text)],
        Some("json") => manifest::manifest(&text)?,
        _ => return Err(vec!["only .graphql and .json files are read".to_owned()]),
    };
    let is_one = entries.len() == 1;
    let check = |entry: &Entry| {
        let errors = engine.check(&entry.text).err().unwrap_or_default();
        let name = if is_one { String::new() } else { format!("{}: ", entry.id) };
        errors.iter().map(|error| format!("{name}{}", in_words(error))).collect::<Vec<_>>()
    };
    let faults: Vec<String> = entries.iter().flat_map(check).collect();
    if faults.is_empty() { Ok(entries) } else { Err(faults) }
}

fn in_words(error: &RequestError) -> String {
    let place = error.locations.first().map(|place| format!("{}:{}: ", place.line, place.column));
    format!("{}{} {}", place.unwrap_or_default(), error.code.name(), error.message.trim_end_matches('.'))
}
