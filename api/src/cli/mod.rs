//! The command line. It prints for people, on standard output; the log goes to standard error.
#![allow(clippy::print_stdout, reason = "this is where the program speaks to its user")]

mod audit;
mod demo;
mod doctor;
mod documents;
mod health;
mod keys;
mod mail;
mod migrate;
mod password;
mod schema;
mod serve;
mod user;

use std::future::Future;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{Config, Log, LogFormat};
use crate::telemetry::PlainFields;
use crate::telemetry::traces::{NOT_IN_LOG, Spans, Traces};

/// Stoa: the multi-user backend for AI-assistant applications, as one GraphQL API over PostgreSQL.
///
/// Every setting has a flag and a variable; the flag wins. Without DATABASE_URL the service runs a private PostgreSQL
/// in STOA_DATA_DIR. To try it: `stoa demo run`. To run it: `stoa serve --migrate`, then `stoa user create --admin`.
#[derive(Parser)]
#[command(name = "stoa", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    log: Log,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Serve),
    Migrate(migrate::Migrate),
    Schema(schema::Schema),
    User(user::User),
    Mail(mail::Mail),
    Documents(documents::Documents),
    Keys(keys::Keys),
    Audit(audit::Audit),
    Demo(demo::Demo),
    Doctor(doctor::Doctor),
    Health(health::Health),
}

impl Command {
    /// The settings of a command that serves.
    fn settings(&self) -> Option<&Config> {
        match self {
            Self::Serve(command) => Some(command.settings()),
            Self::Demo(command) => command.settings(),
            _ => None,
        }
    }
}

/// Runs the program; every failure is one sentence on standard error.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let collector = cli.command.settings().and_then(|settings| settings.telemetry.collector());
    let traces = collector.map(Traces::to).transpose();
    let outcome = traces.and_then(|traces| {
        start_log(&cli.log, traces.as_ref())?;
        let outcome = run(cli.command, traces.as_ref().map(|traces| traces.spans().clone()));
        if let Some(traces) = traces {
            traces.close();
        }
        outcome
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("stoa: {cause:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, spans: Option<Arc<Spans>>) -> anyhow::Result<()> {
    match command {
        Command::Serve(command) => block_on(command.run(spans)),
        Command::Migrate(command) => block_on(command.run()),
        Command::Schema(command) => block_on(command.run()),
        Command::User(command) => block_on(command.run()),
        Command::Mail(command) => block_on(command.run()),
        Command::Documents(command) => block_on(command.run()),
        Command::Keys(command) => block_on(command.run()),
        Command::Audit(command) => block_on(command.run()),
        Command::Demo(command) => block_on(command.run(spans)),
        Command::Doctor(command) => block_on(command.run()),
        Command::Health(command) => command.run(),
    }
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// The log, and the traces if there are any.
fn start_log(settings: &Log, traces: Option<&Traces>) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|cause| anyhow::anyhow!("STOA_LOG is not a filter of log lines: {cause}"))?
        .add_directive(NOT_IN_LOG.parse()?);
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(std::io::stderr);
    let log = match settings.log_format {
        LogFormat::Text if colours => log.with_filter(filter).boxed(),
        LogFormat::Text => log.fmt_fields(PlainFields).with_filter(filter).boxed(),
        LogFormat::Json => log.json().with_filter(filter).boxed(),
    };
    // Without traces there is nothing but the log: what it does not want is not even made.
    match traces {
        None => tracing_subscriber::registry().with(log).init(),
        Some(traces) => tracing_subscriber::registry().with(log).with(traces.layer()).init(),
    }
    Ok(())
}
