//! The embedded PostgreSQL server: started, shared, killed in every way, and found in order again.
//!
//! Each test has a cluster of its own below the system's temporary directory and leaves nothing behind.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use stoa::database::embedded::{Error, Options, Server};

/// Tells the test binary, run again as a helper, which cluster to use.
const HELPER_DIR: &str = "STOA_TEST_EMBEDDED_DIR";

/// A data directory that goes when its test has passed. A failed one leaves it to the server that may still end in it.
struct Place {
    dir: PathBuf,
}

impl Place {
    fn new(name: &str) -> Place {
        let dir = std::env::temp_dir().join(format!("stoa-embedded-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        Place { dir }
    }

    fn options(&self) -> Options {
        throwaway(&self.dir)
    }

    fn start(&self) -> Server {
        Server::start(&self.options()).unwrap()
    }

    /// Another process that has started a durable server here and stored a row.
    fn helper(&self) -> Child {
        let module = module_path!().split_once("::").unwrap().1;
        let helper = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", &format!("{module}::helper_holds_a_share_until_killed")])
            .env(HELPER_DIR, &self.dir)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        wait_until("the helper has stored its row", || self.dir.join("stored").exists());
        helper
    }

    fn pid_file(&self) -> PathBuf {
        self.dir.join("postgres/postmaster.pid")
    }

    fn postmaster(&self) -> u32 {
        fs::read_to_string(self.pid_file()).unwrap().lines().next().unwrap().parse().unwrap()
    }

    /// The watchdogs of this place, found by their arguments.
    fn watchdogs(&self) -> Vec<u32> {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(|pid| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let words: Vec<_> = line.split(|byte| *byte == 0).collect();
            words.contains(&b"stoa-watchdog".as_slice()) && words.contains(&self.dir.as_os_str().as_encoded_bytes())
        })
        .collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !thread::panicking() {
            wait_until("the watchdog is gone", || self.watchdogs().is_empty());
            fs::remove_dir_all(&self.dir).unwrap();
        }
    }
}

fn throwaway(dir: &Path) -> Options {
    Options { data_dir: dir.into(), bin_dir: None, durable: false, linger: Duration::ZERO, max_connections: 20 }
}

/// Runs a statement in the way that the log line recommends.
fn sql(server: &Server, statement: &str) -> String {
    let output = Command::new("sh")
        .args([
            "-c",
            &format!("exec {} -qAtX -v ON_ERROR_STOP=1 -c \"$1\"", server.psql_hint("postgres")),
            "sh",
            statement,
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn kill(pid: u32) {
    let status = Command::new("sh").args(["-c", &format!("kill -9 {pid}")]).status().unwrap();
    assert!(status.success(), "process {pid} was there to be killed");
}

/// Whether the process runs; a zombie does not.
fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, fields)| !fields.starts_with(['Z', 'X']))
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30), "not within 30 seconds: {what}");
        sleep(Duration::from_millis(10));
    }
}

/// A process that lives until it is killed.
fn bystander() -> Child {
    Command::new("sleep").arg("600").spawn().unwrap()
}

#[test]
fn the_first_starts_the_second_joins_the_last_stops() {
    let place = Place::new("join");
    let first = place.start();
    let postmaster = place.postmaster();
    sql(&first, "create table fact (id int primary key); insert into fact values (1)");

    let second = place.start();
    assert_eq!(place.postmaster(), postmaster);
    assert_eq!(second.url("a b"), format!("postgres://stoa@localhost/a%20b?host={}", second.socket_dir().display()));
    assert_eq!(second.socket_dir(), first.socket_dir());
    assert_eq!(sql(&second, "select current_user, inet_server_addr() is null, id from fact"), "stoa|t|1");

    first.stop().unwrap();
    assert_eq!(sql(&second, "select count(*) from fact"), "1");
    let socket_dir = second.socket_dir().to_owned();
    second.stop().unwrap();
    assert!(!runs(postmaster));
    assert!(!place.pid_file().exists());
    assert!(!socket_dir.exists());

    let again = place.start();
    assert_ne!(place.postmaster(), postmaster);
    assert_eq!(sql(&again, "select count(*) from fact"), "1");
    again.stop().unwrap();
}

#[test]
fn rows_survive_the_killing_of_the_server() {
    let place = Place::new("kill");
    let options = Options { durable: true, ..place.options() };
    let server = Server::start(&options).unwrap();
    assert_eq!(sql(&server, "show fsync"), "on");
    sql(&server, "create table fact (id int); insert into fact select generate_series(1, 1000)");
    kill(place.postmaster());

    // At once: its children are still leaving.
    let restarted = Server::start(&options).unwrap();
    assert_eq!(sql(&restarted, "select count(*), sum(id) from fact"), "1000|500500");
    server.stop().unwrap();
    assert_eq!(sql(&restarted, "select 1"), "1");
    restarted.stop().unwrap();
}

#[test]
fn rows_survive_the_killing_of_everything() {
    let place = Place::new("kill-all");
    let mut helper = place.helper();
    let postmaster = place.postmaster();
    for pid in place.watchdogs() {
        kill(pid);
    }
    kill(postmaster);
    helper.kill().unwrap();
    helper.wait().unwrap();

    let server = Server::start(&Options { durable: true, ..place.options() }).unwrap();
    assert_eq!(sql(&server, "select count(*) from fact"), "1");
    server.stop().unwrap();
}

#[test]
fn the_watchdog_ends_the_server_of_a_killed_process() {
    let place = Place::new("watchdog");
    let mut helper = place.helper();
    let postmaster = place.postmaster();
    let guest = place.start();
    helper.kill().unwrap();
    helper.wait().unwrap();
    sleep(Duration::from_millis(300));
    assert_eq!(sql(&guest, "select count(*) from fact"), "1", "the server stays for its other users");

    drop(guest);
    wait_until("the server is gone", || !runs(postmaster));
    let log = fs::read_to_string(place.dir.join("postgres.log")).unwrap();
    assert!(log.contains("database system is shut down"), "a clean end: {log}");
}

/// Not a test: run by the tests above in a process that can be killed.
#[test]
#[ignore = "a helper of other tests"]
fn helper_holds_a_share_until_killed() {
    let Some(dir) = std::env::var_os(HELPER_DIR).map(PathBuf::from) else { return };
    let server = Server::start(&Options { durable: true, ..throwaway(&dir) }).unwrap();
    sql(&server, "create table fact (id int); insert into fact values (1)");
    fs::write(dir.join("stored"), "").unwrap();
    sleep(Duration::from_secs(60));
}

#[test]
fn stale_pid_files_do_not_stop_a_start() {
    let place = Place::new("stale");
    let server = place.start();
    sql(&server, "create table fact (id int); insert into fact values (1)");
    let healthy = fs::read_to_string(place.pid_file()).unwrap();
    server.stop().unwrap();

    let mut stranger = bystander();
    let mut zombie = Command::new("true").spawn().unwrap();
    wait_until("it has ended and is not collected", || !runs(zombie.id()));
    let with_pid = |pid: u32| healthy.replacen(healthy.lines().next().unwrap(), &pid.to_string(), 1);
    for (what, content) in [
        ("empty", String::new()),
        ("a living stranger", with_pid(stranger.id())),
        ("a zombie", with_pid(zombie.id())),
        ("nonsense", "what is this\n".into()),
    ] {
        fs::write(place.pid_file(), content).unwrap();
        let server = place.start();
        assert_eq!(sql(&server, "select count(*) from fact"), "1", "{what}");
        server.stop().unwrap();
        assert!(runs(stranger.id()), "{what}: nobody else is harmed");
    }
    zombie.wait().unwrap();
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[test]
fn many_at_once_share_one_server() {
    let place = Place::new("many");
    let servers: Vec<Server> = thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| place.start())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let log = fs::read_to_string(place.dir.join("postgres.log")).unwrap();
    assert_eq!(log.matches("ready to accept connections").count(), 1);
    assert_eq!(place.watchdogs().len(), 1);
    let postmaster = place.postmaster();
    thread::scope(|scope| {
        for server in servers {
            scope.spawn(|| server.stop().unwrap());
        }
    });
    assert!(!runs(postmaster));
}

#[test]
fn two_places_have_two_servers() {
    let (left, right) = (Place::new("left"), Place::new("right"));
    let (one, two) = (left.start(), right.start());
    assert_ne!(one.socket_dir(), two.socket_dir());
    sql(&one, "create table only_left (id int)");
    assert_eq!(sql(&two, "select to_regclass('only_left') is null"), "t");
    one.stop().unwrap();
    assert_eq!(sql(&two, "select 1"), "1");
    two.stop().unwrap();
}

#[test]
fn a_lingering_server_waits_for_the_next_user() {
    let place = Place::new("linger");
    let options = Options { linger: Duration::from_secs(2), ..place.options() };
    let server = Server::start(&options).unwrap();
    let postmaster = place.postmaster();
    drop(server);
    sleep(Duration::from_millis(500));

    let next = Server::start(&options).unwrap();
    assert_eq!(place.postmaster(), postmaster, "it was still there");
    drop(next);
    sleep(Duration::from_millis(500));
    assert!(runs(postmaster));
    wait_until("nobody came and it has ended", || !runs(postmaster));
}

#[test]
fn a_server_without_durability_is_refused_to_those_who_want_it() {
    let place = Place::new("durability");
    let server = place.start();
    assert_eq!(sql(&server, "show fsync"), "off");
    let error = Server::start(&Options { durable: true, ..place.options() }).unwrap_err();
    assert!(matches!(error, Error::Throwaway { .. }), "{error}");
    server.stop().unwrap();
}

#[test]
fn a_directory_that_others_can_write_to_is_refused() {
    let place = Place::new("writable");
    fs::create_dir(&place.dir).unwrap();
    fs::set_permissions(&place.dir, fs::Permissions::from_mode(0o777)).unwrap();
    let error = Server::start(&place.options()).unwrap_err();
    assert!(matches!(error, Error::Writable { .. }), "{error}");
    assert!(!place.dir.join("postgres").exists());
}

#[test]
fn a_cluster_of_another_version_is_named_and_left_alone() {
    let place = Place::new("version");
    place.start().stop().unwrap();
    let version = place.dir.join("postgres/PG_VERSION");
    fs::write(&version, "99\n").unwrap();
    let error = Server::start(&place.options()).unwrap_err();
    assert!(matches!(error, Error::WrongMajor { needed: 99, .. }), "{error}");
    assert_eq!(fs::read_to_string(&version).unwrap(), "99\n");
}
