//! The command line. It prints for people, on standard output; the log goes to standard error.
#![allow(clippy::print_stdout, reason = "this is where the program speaks to its user")]

mod demo;
mod doctor;
mod documents;
mod health;
mod migrate;
mod schema;
mod serve;
mod user;

use std::future::Future;
use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

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
    Documents(documents::Documents),
    Demo(demo::Demo),
    Doctor(doctor::Doctor),
    Health(health::Health),
}

/// Runs the program; every failure is one sentence on standard error.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = start_log(&cli.log).and_then(|()| match cli.command {
        Command::Serve(command) => block_on(command.run()),
        Command::Migrate(command) => block_on(command.run()),
        Command::Schema(command) => block_on(command.run()),
        Command::User(command) => block_on(command.run()),
        Command::Documents(command) => block_on(command.run()),
        Command::Demo(command) => block_on(command.run()),
        Command::Doctor(command) => block_on(command.run()),
        Command::Health(command) => command.run(),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("stoa: {cause:#}");
            ExitCode::FAILURE
        }
    }
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

fn start_log(settings: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|cause| anyhow::anyhow!("STOA_LOG is not a filter of log lines: {cause}"))?;
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
