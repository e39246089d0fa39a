//! A private PostgreSQL server for those who bring none: one command starts the service, database included.
//!
//! - The programs are those of the machine ([`Options::bin_dir`], `PATH`, the usual places); nothing is downloaded.
//! - The server listens on a Unix socket in a directory of its own, never on a port, and asks the operating system who is
//!   calling (peer authentication): there is no password to leak and no clash with another PostgreSQL.
//! - Every process that names the same directory shares the one server. Each holds a shared lock on a file for as long
//!   as it lives; a small watchdog waits for the exclusive lock and ends the server when the last user is gone, however
//!   it went. The lock files belong to one user, so all these processes must run as the same one.
//! - Root cannot run PostgreSQL: the server then runs as the owner of its files, `postgres` or `nobody`.
//! - Whatever a `kill -9` or a power cut leaves behind, the next start puts in order.
//!
//! Everything here blocks: call it outside the async runtime. Nothing reads a clock: limits are counted in pauses.

mod binaries;
mod cluster;
mod error;
mod identity;
mod layout;
mod locks;
mod pidfile;
mod stale;
mod watchdog;

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::Signal;

pub use self::error::Error;
use self::layout::Layout;
use self::locks::Lock;
use self::pidfile::PidFile;

/// The role that owns the private cluster; every permitted system user signs in as it.
const ROLE: &str = "stoa";
/// The oldest major version that the service's statements are written for.
const OLDEST_MAJOR: u32 = 15;
/// How long a clean shutdown may take: it writes everything that is still in memory.
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// How the embedded server is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where everything lives, for example `.stoa`; the cluster is its directory `postgres`. Made when missing.
    pub data_dir: PathBuf,
    /// Where `postgres` and `initdb` are. Unset: they are searched for.
    pub bin_dir: Option<PathBuf>,
    /// `true` keeps every committed row through a power cut. `false` is for throw-away data, as in tests, and faster.
    pub durable: bool,
    /// How long the server outlives its last user, unless that one calls [`Server::stop`].
    pub linger: Duration,
    /// The most connections that all processes together may open.
    pub max_connections: u16,
}

/// A share in the running server. Dropping it gives the share back; the server ends after the last one, see
/// [`Options::linger`].
#[derive(Debug)]
pub struct Server {
    layout: Layout,
    socket_dir: PathBuf,
    pid: u32,
    users: Lock,
}

impl Server {
    /// Joins the server of this directory, or starts it, making the cluster when there is none and clearing away what
    /// a crash has left.
    pub fn start(options: &Options) -> Result<Server, Error> {
        let (layout, identity) = layout::prepare(options)?;
        // One process at a time decides whether there is a server; the others wait here and then join.
        let _turn = locks::exclusive(&layout.start_lock())?;
        // Waits while a watchdog is ending the previous server.
        let users = locks::join_users(&layout.users_lock())?;
        // Before the server, so that no moment is left in which it could be orphaned.
        watchdog::ensure(&layout, &identity, options.linger)?;
        let running = match stale::running(&layout, &identity)? {
            Some(running) => running,
            None => cluster::start(&layout, &identity, options)?,
        };
        if options.durable && running.is_throwaway(layout.cluster()) {
            return Err(Error::Throwaway { dir: layout.cluster().into() });
        }
        let server = Server { layout, socket_dir: running.socket_dir, pid: running.pid, users };
        tracing::info!(
            data_dir = %server.data_dir().display(),
            "PostgreSQL is ready; look inside with: {}",
            server.psql_hint("postgres"),
        );
        Ok(server)
    }

    /// The address of a database of this server, as SQLx, SeaORM and libpq read it.
    pub fn url(&self, database: &str) -> String {
        let socket_dir = self.socket_dir.display();
        format!("postgres://{ROLE}@localhost/{}?host={socket_dir}", percent_encode(database))
    }

    /// The directory of the Unix socket.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The cluster's directory. It lies elsewhere than asked when the server runs as a user who cannot reach that place.
    pub fn data_dir(&self) -> &Path {
        self.layout.cluster()
    }

    /// A command that opens a session, ready to be pasted into a terminal.
    pub fn psql_hint(&self, database: &str) -> String {
        let psql = binaries::psql(self.layout.cluster());
        format!("{psql} -h {} -U {ROLE} {}", self.socket_dir.display(), shell_quote(database))
    }

    /// Gives the share back and, if nobody else has one, ends the server cleanly before returning.
    ///
    /// Call it at the end of a process even though the watchdog would do the same: in a container, the end of the
    /// first process takes the watchdog and the server with it, and the next start would have to recover.
    pub fn stop(self) -> Result<(), Error> {
        let Server { layout, pid, users, .. } = self;
        let _turn = locks::exclusive(&layout.start_lock())?;
        drop(users);
        let Some(_alone) = locks::leave_users(&layout.users_lock(), STOP_LIMIT)? else {
            return Ok(());
        };
        let cluster = layout.cluster();
        // The watchdog may have been quicker, and the pid may belong to another program by now.
        if PidFile::read(cluster)?.pid() != Some(pid) || !pidfile::is_ours(pid, cluster) {
            return Ok(());
        }
        pidfile::signal(pid, Signal::INT);
        poll(STOP_LIMIT, || Ok((!pidfile::is_alive(pid)).then_some(())))?
            .ok_or_else(|| Error::Busy { dir: cluster.into(), pid })?;
        layout.remove_socket_dir();
        Ok(())
    }
}

/// Asks again and again, with short pauses, until there is an answer or the limit is over.
fn poll<T>(limit: Duration, mut ask: impl FnMut() -> Result<Option<T>, Error>) -> Result<Option<T>, Error> {
    const PAUSE: Duration = Duration::from_millis(10);
    for _ in 0..=limit.as_millis() / PAUSE.as_millis() {
        if let Some(answer) = ask()? {
            return Ok(Some(answer));
        }
        sleep(PAUSE);
    }
    Ok(None)
}

/// The name of a database as one segment of a URL.
fn percent_encode(name: &str) -> String {
    name.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
        text
    })
}

/// One word of a shell command: quoted only when it must be.
fn shell_quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.into() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_a_url_and_in_a_shell() {
        assert_eq!(percent_encode("stoa_1"), "stoa_1");
        assert_eq!(percent_encode("a b/ü?"), "a%20b%2F%C3%BC%3F");
        assert_eq!(shell_quote("stoa-test"), "stoa-test");
        assert_eq!(shell_quote("it's"), r"'it'\''s'");
        assert_eq!(shell_quote(""), "''");
    }
}
