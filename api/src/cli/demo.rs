//! `stoa demo`.

use std::sync::Arc;

use clap::{Args, Subcommand};

use super::serve;
use crate::clock::Clock;
use crate::config::Config;
use crate::demo::{self, Occupant};
use crate::telemetry::traces::Spans;

/// The demo's database on a private server.
pub const DATABASE: &str = "stoa_demo";

/// A world of invented people to try everything with.
///
/// It lives in a database of its own. Anybody enters with one click, so the demo listens on loopback only. With
/// DATABASE_URL it uses that database, which must hold nobody but the demo's people.
#[derive(Args)]
pub struct Demo {
    #[command(subcommand)]
    command: DemoCommand,
}

#[derive(Subcommand)]
enum DemoCommand {
    /// Load the demo world if it is not there, and serve it.
    Run(Settings),
    /// Load the demo world if it is not there.
    Load(Settings),
    /// Bring the demo world back to its first state; what was written in it is lost.
    Reset(Settings),
}

#[derive(Args)]
struct Settings {
    #[command(flatten)]
    config: Config,
}

impl Demo {
    /// The settings, if it serves.
    pub fn settings(&self) -> Option<&Config> {
        match &self.command {
            DemoCommand::Run(settings) => Some(&settings.config),
            DemoCommand::Load(_) | DemoCommand::Reset(_) => None,
        }
    }

    pub async fn run(self, spans: Option<Arc<Spans>>) -> anyhow::Result<()> {
        match self.command {
            DemoCommand::Run(settings) => run(settings.config, spans).await,
            DemoCommand::Load(settings) => {
                let opened = serve::open(&settings.config, DATABASE, true, Occupant::Demo).await?;
                let new = demo::load(&opened.connection, &Clock::system()).await?;
                println!("{}", if new { "The demo world is loaded." } else { "The demo world was there already." });
                opened.close().await
            }
            DemoCommand::Reset(settings) => {
                let opened = serve::open(&settings.config, DATABASE, true, Occupant::Demo).await?;
                demo::reset(&opened.connection, &Clock::system()).await?;
                println!("The demo world is as new.");
                opened.close().await
            }
        }
    }
}

async fn run(config: Config, spans: Option<Arc<Spans>>) -> anyhow::Result<()> {
    config.check(true)?;
    let signals = serve::signals()?;
    let opened = serve::open(&config, DATABASE, true, Occupant::Demo).await?;
    demo::load(&opened.connection, &Clock::system()).await?;
    serve::listen(&config, opened, true, spans, signals, |address| {
        println!("The demo of Stoa is ready.\n");
        println!("  GraphiQL  http://{address}/graphiql");
        println!("  GraphQL   http://{address}/graphql\n");
        println!("Sign in with one click in GraphiQL, or by the mutation demoSignIn, as one of:");
        for person in demo::PEOPLE {
            let roles = if person.roles.is_empty() { "no role".to_owned() } else { person.roles.join(", ") };
            println!("  {:<12} {} ({roles})", person.username, person.display_name);
        }
        println!("\nCtrl-C stops it; the data stays.");
    })
    .await
}
