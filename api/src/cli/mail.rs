//! `stoa mail`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, Subcommand};
use entity::id::MailId;
use entity::mail;
use sea_orm::{ActiveEnum, TransactionTrait};
use uuid::Uuid;

use super::{demo, serve};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::database::{self, Opened, migrate};
use crate::domain::mail::rows;
use crate::write::{self, Change};

/// Look at the mail that waits, was sent or was given up in the last 30 days.
///
/// Without STOA_SMTP_URL nothing is sent, and this is where mail is read. It needs the settings that the service has.
#[derive(Args)]
pub struct Mail {
    #[command(subcommand)]
    command: MailCommand,
}

#[derive(Subcommand)]
enum MailCommand {
    /// List the latest mails, newest first: id, time, state, what it is, and to whom.
    List(List),
    /// Show one as it would be sent now. The token in it works for whoever reads it; the audit log says that it was shown.
    Show(Show),
}

#[derive(Args)]
struct List {
    /// How many.
    #[arg(long, default_value = "50")]
    most: u64,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
struct Show {
    /// An id as `stoa mail list` prints it.
    id: Uuid,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
struct Place {
    /// That of the demo, when it runs on a private server.
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    config: Config,
}

impl Mail {
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            MailCommand::List(list) => list.run().await,
            MailCommand::Show(show) => show.run().await,
        }
    }
}

impl Place {
    async fn open(&self) -> anyhow::Result<(Opened, Arc<App>)> {
        let name = if self.demo { demo::DATABASE } else { serve::DATABASE };
        let opened = database::open(&self.config.database, name, Duration::from_secs(30)).await?;
        migrate::require_current(&opened.connection).await?;
        let app = App::new(&self.config, opened.connection.clone(), Clock::system(), self.demo).await?;
        Ok((opened, app))
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let (opened, app) = self.place.open().await?;
        for row in rows::latest(&app.db, self.most).await? {
            let at = row.created_at.to_rfc3339_opts(SecondsFormat::Secs, true);
            let template = row.template.to_value();
            println!("{}  {at}  {}  {template}  {}", row.id.0, state(&row, app.clock.now()), row.email);
        }
        opened.close().await
    }
}

impl Show {
    async fn run(self) -> anyhow::Result<()> {
        let (opened, app) = self.place.open().await?;
        let row = rows::find(&app.db, MailId(self.id)).await?.context("There is no such mail.")?;
        anyhow::ensure!(row.user_id.is_some(), "A service that runs looks up first whose address it is: try again.");
        let text = app.post.text(&row, &app.tokens);
        let transaction = opened.connection.begin().await?;
        write::record_by_operator(&transaction, &app.clock, Change::new("mail.show", "mail", row.id)).await?;
        transaction.commit().await?;
        println!("To: {}\nSubject: {}\n\n{}", row.email, text.subject, text.body.trim_end());
        opened.close().await
    }
}

fn state(row: &mail::Model, now: DateTime<Utc>) -> &'static str {
    match (row.sent_at, row.dropped_at, row.due_at) {
        (Some(_), ..) => "sent",
        (_, Some(_), _) => "dropped",
        _ if row.user_id.is_none() => "asked",
        (.., Some(due)) if due > now => "tried",
        _ => "waiting",
    }
}
