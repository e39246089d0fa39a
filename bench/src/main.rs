//! `stoa-bench`: see `bench/README.md`.

#![allow(clippy::print_stdout, reason = "a program that prints its figures")]

mod answers;
mod compare;
mod data;
mod instructions;
mod limit;
mod load;
mod process;
mod roles;
mod soak;
mod target;
mod workload;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The benchmark.
#[derive(Parser)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Compare(compare::Compare),
    Instructions(instructions::Instructions),
    Soak(soak::Soak),
    Roles(roles::Roles),
    /// Serve the hand-written limit; the other commands start it themselves.
    Limit {
        #[arg(long)]
        listen: SocketAddr,
        #[arg(long)]
        database: String,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Program::parse().command {
        Command::Compare(compare) => compare.run().await,
        Command::Instructions(instructions) => instructions.run().await,
        Command::Soak(soak) => soak.run().await,
        Command::Roles(roles) => roles.run().await,
        Command::Limit { listen, database } => limit::serve(listen, &database).await,
    }
}

/// The folder of the cluster, the logs and the report.
fn place() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target"));
    target.join("bench")
}
