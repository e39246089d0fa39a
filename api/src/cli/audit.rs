//! `stoa audit`.

use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::{demo, serve};
use crate::config;
use crate::database::{self, migrate};
use crate::domain::audit::chain::Chain;
use crate::domain::audit::rows::seals;
use crate::domain::audit::sealer;
use crate::domain::audit::verify::{self, Fault, Mark, Wrong};

/// Seals that are read at once.
const PART: i64 = 1000;
/// Faults after which it is enough.
const MOST_FAULTS: usize = 20;

/// Look after the audit log, whose rows the service seals into a chain.
#[derive(Args)]
pub struct Audit {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Compare the whole audit log with its seals; status 1 if anything is wrong. Writes nothing.
    Verify(Verify),
}

#[derive(Args)]
struct Verify {
    /// The last seal as an earlier run or the service's log told it, `number:mark`: the chain must still hold it.
    #[arg(long, value_name = "HEAD")]
    head: Option<String>,
    /// That of the demo, when it runs on a private server.
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    auth: config::Auth,
}

impl Audit {
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            AuditCommand::Verify(verify) => verify.run().await,
        }
    }
}

impl Verify {
    async fn run(self) -> anyhow::Result<()> {
        let known = self.head.as_deref().map(|text| {
            Mark::parse(text).context("A head is `number:mark`, as an earlier run or the service's log told it.")
        });
        let known = known.transpose()?;
        let chain = Chain::new(&self.auth.master_key(&self.database)?);
        let name = if self.demo { demo::DATABASE } else { serve::DATABASE };
        let opened = database::open(&self.database, name, Duration::from_secs(60)).await?;
        migrate::require_current(&opened.connection).await?;
        let db = &opened.connection;
        let (mut after, mut checked, mut faults) = (None::<Mark>, 0, 0);
        if let Some(known) = known {
            let link = seals::link(db, known.sequence).await?;
            if !link.is_some_and(|link| known.is_of(&link)) {
                tell(Fault { wrong: Wrong::Cut, sequence: Some(known.sequence), entry: None });
                faults += 1;
            }
        }
        let head = loop {
            let part = seals::part(db, after.as_ref().map_or(0, |after| after.sequence), PART).await?;
            let report = verify::verify(&chain, after.as_ref(), part);
            checked += report.checked;
            if let Some(fault) = report.fault {
                tell(fault);
                faults += 1;
            }
            if !report.has_more || faults >= MOST_FAULTS {
                break report.head;
            }
            after = report.end;
        };
        opened.close().await?;
        println!("{checked} seals verified.");
        if let Some(head) = head {
            println!("The last one, to be kept elsewhere: {}", sealer::name(&head));
        }
        match faults {
            0 => Ok(()),
            MOST_FAULTS.. => bail!("The audit log is not what was sealed: {faults} faults, and perhaps more."),
            _ => bail!("The audit log is not what was sealed: {faults} faults."),
        }
    }
}

fn tell(Fault { wrong, sequence, entry }: Fault) {
    let what = match wrong {
        Wrong::Altered => "altered since it was sealed",
        Wrong::Gone => "gone, though there is its seal",
        Wrong::Unsealed => "without a seal, though later ones have theirs: slipped in",
        Wrong::SealGone => "left out of the chain: a seal is gone",
        Wrong::Cut => "not in the chain, though it was once: cut off or made anew",
    };
    let number = sequence.map(|sequence| format!("seal {sequence} "));
    let entry = entry.map(|entry| format!("entry {entry} "));
    println!("{}{}{what}", number.unwrap_or_default(), entry.unwrap_or_default());
}
