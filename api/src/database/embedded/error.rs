//! Why there is no embedded server, in sentences that say what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Each message is one sentence for the person at the terminal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "no PostgreSQL server was found on this machine: run ./setup to install one, set DATABASE_URL to use a server of \
         yours, or set STOA_PG_BIN_DIR to the directory that holds the programs postgres and initdb"
    )]
    NoBinaries,
    #[error(
        "{} does not hold the programs postgres and initdb in a working state: correct STOA_PG_BIN_DIR, or unset it to \
         have them searched for", .dir.display()
    )]
    BadBinDir { dir: PathBuf },
    #[error(
        "the newest PostgreSQL found is {found}, and {oldest} is the oldest that works: install {oldest} or newer, or set \
         DATABASE_URL or STOA_PG_BIN_DIR to one"
    )]
    TooOld { found: u32, oldest: u32 },
    #[error(
        "{} was made by PostgreSQL {needed}, and the versions found are {found:?}: install PostgreSQL {needed}, set \
         STOA_PG_BIN_DIR to its programs, or move the directory away to start empty", .dir.display()
    )]
    WrongMajor { dir: PathBuf, needed: u32, found: Vec<u32> },
    #[error(
        "{} belongs to user id {owner} and not to {me}, who needs it: run this as its owner, remove it, or choose another \
         data directory", .dir.display()
    )]
    ForeignOwner { dir: PathBuf, owner: u32, me: u32 },
    #[error(
        "{0} is not a directory that only its owner can write to: run `chmod go-w {0}` if you trust what is in it, or \
         choose another data directory", .dir.display()
    )]
    Writable { dir: PathBuf },
    #[error(
        "PostgreSQL does not run as root, and this machine has neither a user postgres nor a user nobody to run it as: \
         create one, or set DATABASE_URL"
    )]
    NoUser,
    #[error(
        "PostgreSQL does not run as root, and this root may not become another user: run this as an ordinary user, or set \
         DATABASE_URL"
    )]
    NoStepDown,
    #[error(
        "user id {uid} has no name on this machine and PostgreSQL insists on one: run as a user that the system knows, or \
         set DATABASE_URL"
    )]
    NamelessUser { uid: u32 },
    #[error(
        "process {pid} still uses {}: wait for it to end or stop it, then try again", .dir.display()
    )]
    Busy { dir: PathBuf, pid: u32 },
    #[error(
        "the PostgreSQL server of {} runs without durability, as for tests: stop the processes that use it, or choose \
         another data directory", .dir.display()
    )]
    Throwaway { dir: PathBuf },
    #[error("PostgreSQL could not make its data directory: {reason}")]
    Initdb { reason: String },
    #[error("PostgreSQL did not start: {reason} (more in {})", .log.display())]
    Start { reason: String, log: PathBuf },
    #[error("could not {action} {}: {source}", .path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
}

impl Error {
    /// For `map_err`: what was tried, and on which file or program.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::Io { action, path, source }
    }
}
