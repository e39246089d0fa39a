//! Making the cluster and starting its server.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use super::binaries::{self, Binaries};
use super::identity::{Identity, LOCALE};
use super::layout::Layout;
use super::pidfile::{self, PidFile, Running};
use super::stale::{self, START_LIMIT};
use super::{Error, Options, ROLE, poll};

/// How long the children of a killed server may take to notice and leave.
const ORPHANS_LIMIT: Duration = Duration::from_secs(20);
/// A log that has grown beyond this begins anew with the next start.
const LOG_LIMIT: u64 = 8 << 20;

/// Starts the server, after making the cluster if there is none. The caller holds the start lock and a share, and has
/// seen that no server runs.
pub(super) fn start(layout: &Layout, identity: &Identity, options: &Options) -> Result<Running, Error> {
    let cluster = layout.cluster();
    let binaries = binaries::find(options.bin_dir.as_deref(), cluster)?;
    // First, because it finds out whether the system knows the users, and says so better than `initdb` would.
    write_access_rules(layout, identity)?;
    if !cluster.join("PG_VERSION").exists() {
        make(layout, identity, options, &binaries)?;
    }
    let running = poll(ORPHANS_LIMIT, || attempt(layout, identity, options, &binaries))?;
    running.ok_or_else(|| Error::Start {
        reason: "processes of the server that crashed do not end".into(),
        log: layout.log(),
    })
}

/// `initdb` next to the final place and a rename: the cluster is there completely or not at all.
fn make(layout: &Layout, identity: &Identity, options: &Options, binaries: &Binaries) -> Result<(), Error> {
    let new = layout.unfinished_cluster()?;
    DirBuilder::new().mode(0o700).create(&new).map_err(Error::io("make the directory", &new))?;
    identity.own(&new)?;
    tracing::info!("making a PostgreSQL {} cluster in {}", binaries.major, layout.cluster().display());

    let initdb = binaries.dir.join("initdb");
    let mut command = identity.command(&initdb);
    command.arg("-D").arg(&new).args(["-U", ROLE, "-E", "UTF8", "--locale", LOCALE, "--data-checksums"]);
    command.args(["--auth-local=peer", "--auth-host=reject"]);
    if !options.durable {
        command.arg("--no-sync");
    }
    let output = command.output().map_err(Error::io("run", &initdb))?;
    if !output.status.success() {
        return Err(Error::Initdb { reason: telling_line(&String::from_utf8_lossy(&output.stderr)) });
    }

    let cluster = layout.cluster();
    fs::rename(&new, cluster).map_err(Error::io("put the new cluster in place at", cluster))?;
    if options.durable {
        File::open(layout.base()).and_then(|dir| dir.sync_all()).map_err(Error::io("write", layout.base()))?;
    }
    Ok(())
}

/// Who may sign in: the system users of this service, as the one role. The files lie outside the cluster, where only
/// this process's user can change them, and follow the user of each start.
fn write_access_rules(layout: &Layout, identity: &Identity) -> Result<(), Error> {
    let mut ident = String::from("# Written at each start. map, system user, role\n");
    for name in identity.names()? {
        ident.push_str(&format!("{ROLE} \"{}\" {ROLE}\n", name.replace('"', "")));
    }
    let hba = format!("# Written at each start.\nlocal all all peer map={ROLE}\n");
    for (path, text) in [(layout.hba_file(), hba), (layout.ident_file(), ident)] {
        let mut file = OpenOptions::new();
        let file = file.write(true).create(true).truncate(true).mode(0o644).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(Error::io("write", &path))?;
    }
    Ok(())
}

/// One try. `None`: children of a killed server are still leaving, so another try is due.
fn attempt(
    layout: &Layout,
    identity: &Identity,
    options: &Options,
    binaries: &Binaries,
) -> Result<Option<Running>, Error> {
    let socket_dir = layout.make_socket_dir(identity)?;
    let path = layout.log();
    let log = open_log(&path).map_err(Error::io("open", &path))?;
    let before = log.metadata().map_err(Error::io("look at", &path))?.len();

    let program = binaries.dir.join("postgres");
    let mut command = identity.command(&program);
    command.arg("-D").arg(layout.cluster());
    for (name, value) in settings(options) {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    for (name, value) in
        [("unix_socket_directories", socket_dir), ("hba_file", layout.hba_file()), ("ident_file", layout.ident_file())]
    {
        command.arg("-c").arg(format!("{name}={}", value.display()));
    }
    let errors = log.try_clone().map_err(Error::io("open", &path))?;
    let mut server = command.stdout(log).stderr(errors).spawn().map_err(Error::io("run", &program))?;

    match await_ready(&mut server, layout)? {
        Some(Ok(running)) => {
            reap(server, layout)?;
            Ok(Some(running))
        }
        Some(Err(status)) => {
            let text = read_from(&path, before).map_err(Error::io("read", &path))?;
            if text.contains("pre-existing shared memory block") || text.contains("lock file \"postmaster.pid\"") {
                return Ok(None);
            }
            let reason = if text.trim().is_empty() { status.to_string() } else { telling_line(&text) };
            Err(Error::Start { reason, log: path })
        }
        None => {
            pidfile::signal(server.id(), Signal::INT);
            reap(server, layout)?;
            let reason = format!("it was not ready after {} seconds", START_LIMIT.as_secs());
            Err(Error::Start { reason, log: path })
        }
    }
}

/// What this server needs beyond the defaults. On the command line, so that it wins over the cluster's own file.
fn settings(options: &Options) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("listen_addresses", String::new()),
        ("port", "5432".into()),
        ("unix_socket_permissions", "0700".into()),
        ("max_connections", options.max_connections.to_string()),
        ("cluster_name", ROLE.into()),
        ("logging_collector", "off".into()),
        ("log_destination", "stderr".into()),
        // A refused row is not repeated in the log: it may hold what people wrote.
        ("log_error_verbosity", "terse".into()),
    ];
    let durability: &[_] = if options.durable {
        &[("fsync", "on"), ("full_page_writes", "on")]
    } else {
        &[("fsync", "off"), ("full_page_writes", "off"), ("synchronous_commit", "off")]
    };
    settings.extend(durability.iter().map(|(name, value)| (*name, (*value).to_owned())));
    settings
}

/// Waits until the server accepts connections or has ended; `None` when it does neither for too long.
fn await_ready(server: &mut Child, layout: &Layout) -> Result<Option<Result<Running, ExitStatus>>, Error> {
    let pid = server.id();
    poll(START_LIMIT, || {
        if let Some(status) = server.try_wait().map_err(Error::io("wait for", layout.cluster()))? {
            return Ok(Some(Err(status)));
        }
        let ready = PidFile::read(layout.cluster())?.ready();
        Ok(ready.filter(|running| running.pid == pid && stale::answers(running)).map(Ok))
    })
}

/// Collects the server's exit status whenever it ends: a zombie would keep its number, and an end that nobody asked for
/// deserves a line.
fn reap(mut server: Child, layout: &Layout) -> Result<(), Error> {
    let log = layout.log();
    let wait = move || match server.wait() {
        Ok(status) if status.success() => tracing::debug!("PostgreSQL has ended"),
        Ok(status) => tracing::error!("PostgreSQL ended with {status}; its reasons are in {}", log.display()),
        Err(error) => tracing::error!(%error, "PostgreSQL cannot be waited for"),
    };
    let thread = thread::Builder::new().name("postgres".into()).spawn(wait);
    thread.map(drop).map_err(Error::io("wait for", layout.cluster()))
}

fn open_log(path: &Path) -> std::io::Result<File> {
    let log = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(path)?;
    if log.metadata()?.len() > LOG_LIMIT {
        log.set_len(0)?;
    }
    Ok(log)
}

fn read_from(path: &Path, offset: u64) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The line of a program's output that says what went wrong.
fn telling_line(output: &str) -> String {
    let lines = || output.lines().map(str::trim).filter(|line| !line.is_empty());
    let telling = lines().find_map(|line| {
        ["FATAL:", "PANIC:", "error:"].iter().find_map(|mark| line.split_once(mark)).map(|(_, reason)| reason.trim())
    });
    telling.or_else(|| lines().next_back()).unwrap_or("it gave no reason").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_reason_in_the_noise() {
        let log = "2026-01-01 LOG:  starting\n2026-01-01 FATAL:  could not map memory\n2026-01-01 LOG:  shut down\n";
        assert_eq!(telling_line(log), "could not map memory");
        let initdb = "The files ...\ninitdb: error: could not look up effective user ID 4: no such user\n";
        assert_eq!(telling_line(initdb), "could not look up effective user ID 4: no such user");
        assert_eq!(telling_line("first\nlast\n\n"), "last");
        assert_eq!(telling_line(""), "it gave no reason");
    }

    #[test]
    fn durability_is_only_given_up_for_throwaway_data() {
        let options = |durable| Options {
            data_dir: "unused".into(),
            bin_dir: None,
            durable,
            linger: Duration::ZERO,
            max_connections: 50,
        };
        let off = |durable| settings(&options(durable)).iter().filter(|(_, value)| value == "off").count();
        // The remaining one is the log collector.
        assert_eq!((off(true), off(false)), (1, 4));
    }
}
