//! The program as its users run it: its words, its exit codes, its signals, and what it leaves behind.
//!
//! Everything that is started belongs to a guard that ends it, also when a test fails.

mod attacks;
mod audit;
mod commands;
mod documents;
mod help;
mod mail;
mod over_tcp;
mod program;
mod running;
mod service;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, sleep};
use std::time::{Duration, Instant, SystemTime};

use harness::{MASTER_KEY, World};
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};

use self::over_tcp::run;
use self::program::{program, root};
pub(crate) use self::running::Service;
use self::running::{Outcome, is_log};

/// How long anything may take that usually takes seconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder of a test's own, that another user can pass through. It goes with the test, and with it whatever of a private
/// PostgreSQL still runs in it.
pub(crate) struct Place {
    dir: PathBuf,
}

impl Place {
    pub(crate) fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("stoa-cli-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        DirBuilder::new().mode(0o711).create(&dir).unwrap();
        Self { dir }
    }

    fn data_dir(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// A run of the program that no setting of this shell reaches.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("STOA_") && text != "STOA_PG_BIN_DIR" || text.starts_with("PG") {
                command.env_remove(&name);
            }
        }
        command.env_remove("DATABASE_URL").env_remove("PASSWORD_MIN_LENGTH");
        command.env("STOA_DATA_DIR", self.data_dir()).env("STOA_BCRYPT_COST", "4").args(arguments);
        command.current_dir(&self.dir).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(self.command(arguments), "")
    }

    /// The same on a database.
    fn run_on(&self, world: &World, arguments: &[&str]) -> Outcome {
        let mut command = self.command(arguments);
        use_database(&mut command, world);
        Outcome::of(command, "")
    }

    /// The postmaster of the private server, if it runs.
    fn postmaster(&self) -> Option<u32> {
        let text = fs::read_to_string(self.data_dir().join("postgres/postmaster.pid")).ok()?;
        let pid = text.lines().next()?.trim().parse().ok()?;
        self.processes().contains(&pid).then_some(pid)
    }

    /// The processes whose arguments name a place in this folder: the service, the postmaster, the watchdog.
    fn processes(&self) -> Vec<u32> {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let ours = self.dir.as_os_str().as_encoded_bytes();
        let names_us = |pid: &u32| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).any(|word| word.starts_with(ours))
        };
        pids.filter(|pid| *pid != std::process::id() && names_us(pid)).collect()
    }

    /// Whether nothing of a private server runs here any more.
    #[track_caller]
    fn check_stopped(&self) {
        assert_eq!(self.postmaster(), None, "PostgreSQL is stopped");
        assert!(!self.data_dir().join("postgres/postmaster.pid").exists(), "and in order");
        wait_until("the watchdog is gone", || self.processes().is_empty());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for (signal, limit) in [("INT", 30), ("KILL", 10)] {
            if let Some(pid) = self.postmaster() {
                kill(signal, &pid.to_string());
            }
            let end = Instant::now() + Duration::from_secs(limit);
            while !self.processes().is_empty() && Instant::now() < end {
                sleep(Duration::from_millis(50));
            }
        }
        for pid in self.processes() {
            kill("KILL", &pid.to_string());
        }
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Has a run use the database of a world, with the master key that goes with it.
pub(crate) fn use_database<'c>(command: &'c mut Command, world: &World) -> &'c mut Command {
    command.env("DATABASE_URL", world.url()).env("STOA_MASTER_KEY", MASTER_KEY)
}

fn kill(signal: &str, target: &str) {
    let status = Command::new("kill").args(["-s", signal, "--", target]).stderr(Stdio::null()).status();
    assert!(status.is_ok(), "there is no program kill");
}

#[track_caller]
fn wait_until(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "never: {what}");
        sleep(Duration::from_millis(20));
    }
}

const CREATE: &str = "mutation($title: String!) { createConversation(input: { title: $title }) {
    conversation { id } userErrors { code } } }";
const TITLES: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Conversation { title } } }";
const COUNT: &str = "{ viewer { conversations(first: 1) { totalCount } } }";
const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) {
    accessToken user { username roleAssignments { nodes { role { name } } } } userErrors { code } } }";
