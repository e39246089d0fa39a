//! The program as its users run it: its words, its exit codes, its signals, and what it leaves behind.
//!
//! Everything that is started belongs to a guard that ends it, also when a test fails.

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

use harness::World;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};

/// How long anything may take that usually takes seconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program, built from the sources as they are.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let profile = test.parent().unwrap().parent().unwrap();
        let program = profile.join("stoa");
        // The tests of a run are processes: one of them builds, the others wait and find it done.
        let lock = File::create(profile.join("stoa-tests.lock")).unwrap();
        lock.lock().unwrap();
        if fs::metadata(&program).and_then(|data| data.modified()).is_ok_and(|built| built >= newest_source()) {
            return program;
        }
        let profile_name = match profile.file_name().and_then(OsStr::to_str).unwrap() {
            "debug" => "dev",
            other => other,
        };
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "-p", "stoa-api", "--bin", "stoa", "--locked", "--profile", profile_name])
            .current_dir(root())
            .env("CARGO_TARGET_DIR", profile.parent().unwrap())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // When nothing had to be built the file is as old as it was: say that it is up to date.
        File::options().append(true).open(&program).unwrap().set_modified(SystemTime::now()).unwrap();
        program
    })
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn newest_source() -> SystemTime {
    fn newest(path: &Path) -> SystemTime {
        let own = fs::metadata(path).unwrap().modified().unwrap();
        match path.is_dir() {
            true => fs::read_dir(path).unwrap().map(|entry| newest(&entry.unwrap().path())).max().unwrap_or(own),
            false => own,
        }
    }
    let places = ["Cargo.toml", "Cargo.lock", "api", "entity", "migration", "examples"];
    places.iter().map(|place| newest(&root().join(place))).max().unwrap()
}

/// A folder of a test's own, that another user can pass through. It goes with the test, and with it whatever of a private
/// PostgreSQL still runs in it.
struct Place {
    dir: PathBuf,
}

impl Place {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("stoa-cli-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        DirBuilder::new().mode(0o711).create(&dir).unwrap();
        Self { dir }
    }

    fn data_dir(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// A run of the program that no setting of this shell reaches.
    fn command(&self, arguments: &[&str]) -> Command {
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
        command.env("DATABASE_URL", world.url());
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

/// What a run that ended by itself said.
struct Outcome {
    status: ExitStatus,
    out: String,
    err: String,
}

impl Outcome {
    fn of(mut command: Command, input: &str) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Guard(command.spawn().unwrap());
        let (out, err) = (listen(child.0.stdout.take().unwrap()), listen(child.0.stderr.take().unwrap()));
        // A program that has refused already does not read.
        let _ = child.0.stdin.take().unwrap().write_all(input.as_bytes());
        let status = child.wait();
        Self { status, out: out.join().unwrap().unwrap(), err: err.join().unwrap().unwrap() }
    }

    #[track_caller]
    fn ok(self) -> String {
        assert_eq!(self.status.code(), Some(0), "{}{}", self.out, self.err);
        self.out
    }

    /// The one sentence of a refusal.
    #[track_caller]
    fn refusal(self) -> String {
        assert_eq!(self.status.code(), Some(1), "{}{}", self.out, self.err);
        assert_eq!(self.out, "");
        let said: Vec<&str> = self.err.lines().filter(|line| !is_log(line)).collect();
        assert_eq!(said.len(), 1, "one sentence: {}", self.err);
        assert!(said[0].starts_with("stoa: ") && said[0].len() > 20, "{}", said[0]);
        said[0].to_owned()
    }
}

/// Reads everything, beside whatever else goes on.
fn listen(mut from: impl Read + Send + 'static) -> thread::JoinHandle<std::io::Result<String>> {
    thread::spawn(move || {
        let mut text = String::new();
        from.read_to_string(&mut text).map(|_| text)
    })
}

/// Whether a line of standard error is the log's: it begins with the time.
fn is_log(line: &str) -> bool {
    line.trim_start_matches("\u{1b}[2m").starts_with("20")
}

/// A child that does not outlive its test.
struct Guard(Child);

impl Guard {
    #[track_caller]
    fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "it does not end");
            sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Ended already: nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running service.
struct Service {
    child: Guard,
    address: String,
    greeting: String,
    lines: Receiver<String>,
    log: PathBuf,
}

impl Service {
    fn start(place: &Place, mut command: Command) -> Self {
        let log = place.dir.join("log");
        let errors = File::options().create(true).append(true).open(&log).unwrap();
        command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(errors);
        let mut child = Guard(command.spawn().unwrap());
        let (say, lines) = mpsc::channel();
        let out = child.0.stdout.take().unwrap();
        thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| say.send(line)));
        let mut greeting = String::new();
        let address = loop {
            let line = lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("it does not start: {}", fs::read_to_string(&log).unwrap()));
            greeting += &format!("{line}\n");
            if let Some(rest) = line.split("http://").nth(1) {
                break rest.split('/').next().unwrap().to_owned();
            }
        };
        Self { child, address, greeting, lines, log }
    }

    fn demo(place: &Place) -> Self {
        Self::start(place, place.command(&["demo", "run"]))
    }

    fn serve(place: &Place, world: &World) -> Self {
        let mut command = place.command(&["serve"]);
        command.env("DATABASE_URL", world.url());
        Self::start(place, command)
    }

    /// Everything it said so far.
    fn words(&mut self) -> &str {
        while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(200)) {
            self.greeting += &format!("{line}\n");
        }
        &self.greeting
    }

    /// Sends SIGTERM and expects a good end.
    #[track_caller]
    fn stop(self) {
        self.stop_by("TERM");
    }

    #[track_caller]
    fn stop_by(mut self, signal: &str) {
        kill(signal, &self.child.0.id().to_string());
        let status = self.child.wait();
        assert_eq!(status.code(), Some(0), "{}", fs::read_to_string(&self.log).unwrap());
    }

    #[track_caller]
    fn run(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let answer = run(&self.address, token, query, variables).unwrap();
        assert!(answer.get("errors").is_none(), "{answer:#}");
        answer["data"].clone()
    }

    #[track_caller]
    fn sign_in_as(&self, username: &str) -> String {
        let document =
            "mutation($input: DemoSignInInput!) { demoSignIn(input: $input) { accessToken userErrors { code } } }";
        let data = self.run(None, document, json!({ "input": { "username": username } }));
        data["demoSignIn"]["accessToken"].as_str().unwrap_or_else(|| panic!("{data}")).to_owned()
    }
}

/// A GraphQL request over TCP; an error if the connection ends before the whole answer was there.
fn run(address: &str, token: Option<&str>, query: &str, variables: Value) -> std::io::Result<Value> {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let credential = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "POST /graphql HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         {credential}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
    serde_json::from_str(body).map_err(Into::into)
}

const CREATE: &str = "mutation($title: String!) { createConversation(input: { title: $title }) {
    conversation { id } userErrors { code } } }";
const TITLES: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Conversation { title } } }";
const COUNT: &str = "{ viewer { conversations(first: 1) { totalCount } } }";
const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) {
    accessToken user { username roleAssignments { nodes { role { name } } } } userErrors { code } } }";

#[test]
fn the_schema_is_printed() {
    let place = Place::new("schema");
    assert!(place.run(&["schema"]).ok() == include_str!("../../schema.graphql"));
    assert!(!place.data_dir().exists(), "printing makes nothing");
}

#[test]
fn the_schema_bundle_is_written() {
    let place = Place::new("bundle");
    let said = place.run(&["schema", "--bundle", "out"]).ok();
    let read = |name: &str| fs::read_to_string(place.dir.join("out").join(name)).unwrap();
    let index: Value = serde_json::from_str(&read("index.json")).unwrap();
    assert!(said.contains(index["version"].as_str().unwrap()), "{said}");
    let files = index["files"].as_array().unwrap();
    for file in files {
        assert_eq!(read(file["name"].as_str().unwrap()).len(), file["bytes"].as_u64().unwrap() as usize);
    }
    assert!(read("schema.graphql") == include_str!("../../schema.graphql"));
    // Again over itself: what an earlier version left is gone. Anything else is left alone.
    fs::write(place.dir.join("out/operations/gone.graphql"), "{ gone }").unwrap();
    place.run(&["schema", "--bundle", "out"]).ok();
    assert!(!place.dir.join("out/operations/gone.graphql").exists());
    fs::create_dir(place.dir.join("mine")).unwrap();
    fs::write(place.dir.join("mine/notes"), "").unwrap();
    let refusal = place.run(&["schema", "--bundle", "mine"]).refusal();
    assert!(refusal.contains("something else than a schema bundle"), "{refusal}");
    assert!(!place.data_dir().exists(), "writing it makes nothing else");
}

/// Every subcommand with its help, by its words: `demo run`.
fn helps(place: &Place) -> BTreeMap<String, String> {
    let mut helps = BTreeMap::new();
    let mut asked = vec![Vec::new()];
    while let Some(words) = asked.pop() {
        let arguments: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let text = place.run(&arguments).ok();
        let commands = text.split("\nCommands:\n").nth(1).unwrap_or_default();
        for line in commands.lines().take_while(|line| line.starts_with("  ")) {
            let name = line.trim_start().split(' ').next().unwrap();
            let described = line.trim_start()[name.len()..].trim().len() > 5;
            // A longer description goes on in deeper lines.
            if line.starts_with("  ") && !line.starts_with("   ") && name != "help" {
                assert!(described, "{words:?} {name} is not described");
                asked.push(words.iter().cloned().chain([name.to_owned()]).collect());
            }
        }
        helps.insert(words.join(" "), text);
    }
    helps
}

/// The options of a help text, each with everything that is said about it.
fn options(help: &str) -> Vec<(String, String)> {
    let mut options: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in help.lines() {
        match line {
            "Options:" | "Arguments:" => inside = true,
            line if !line.is_empty() && !line.starts_with(' ') => inside = false,
            _ if !inside => {}
            line if line.trim_start().starts_with('-') && line.len() - line.trim_start().len() <= 6 => {
                let (flag, words) = line.trim().split_once("  ").unwrap_or((line.trim(), ""));
                options.push((flag.to_owned(), words.trim().to_owned()));
            }
            line => {
                if let Some((_, words)) = options.last_mut() {
                    *words = format!("{words} {}", line.trim()).trim().to_owned();
                }
            }
        }
    }
    options
}

#[test]
fn the_help_teaches() {
    let place = Place::new("help");
    let helps = helps(&place);
    let expected = [
        "",
        "demo",
        "demo load",
        "demo reset",
        "demo run",
        "doctor",
        "health",
        "migrate",
        "migrate down",
        "migrate status",
        "migrate up",
        "schema",
        "serve",
        "user",
        "user create",
    ];
    assert_eq!(helps.keys().map(String::as_str).collect::<Vec<_>>(), expected);
    for (command, text) in &helps {
        let about = text.lines().next().unwrap();
        assert!(about.len() > 12 && !about.starts_with("Usage"), "{command}: {about}");
        let options = options(text);
        assert!(options.iter().any(|(flag, _)| flag.contains("--help")), "{command}");
        for (flag, words) in options {
            assert!(words.len() > 5 && !words.starts_with('['), "{command}: {flag} is not described: {words}");
        }
    }
    // What one has to know before is where one looks first.
    for (command, words) in [
        ("", "stoa demo run"),
        ("serve", "--migrate does that first"),
        ("demo", "loopback only"),
        ("demo reset", "lost"),
        ("migrate down", "backup"),
        ("user create", "shown once"),
        ("doctor", "Changes no data"),
    ] {
        let text = helps[command].split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(words), "`stoa {command} --help` does not say: {words}");
    }
    let bare = place.run(&[]);
    assert_eq!(bare.status.code(), Some(2));
    assert!(bare.err.contains("Usage"), "without a command it says how it is used");
    for wrong in [&["sevre"][..], &["serve", "--lisen", "x"], &["serve", "--listen", "nowhere"], &["migrate"]] {
        assert_eq!(place.run(wrong).status.code(), Some(2), "{wrong:?}");
    }
    assert!(place.run(&["--version"]).ok().starts_with("stoa "));
    assert!(!place.data_dir().exists(), "help makes nothing");
}

#[test]
fn the_readme_lists_every_setting() {
    let place = Place::new("readme");
    let mut settings: BTreeMap<String, (String, Option<String>)> = BTreeMap::new();
    for help in helps(&place).values() {
        for (flag, words) in options(help) {
            let mark =
                |name: &str| words.split(&format!("[{name}: ")).nth(1).map(|rest| rest.split(']').next().unwrap());
            let Some(variable) = mark("env") else { continue };
            let variable = variable.split('=').next().unwrap().to_owned();
            let flag = flag.split(' ').next().unwrap().to_owned();
            settings.insert(variable, (flag, mark("default").map(str::to_owned)));
        }
    }
    assert!(settings.len() > 20, "{settings:?}");
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut listed = Vec::new();
    for row in readme.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`')).collect();
        let Some((flag, default)) = settings.get(cells[0]) else {
            let is_setting = cells[0].starts_with("STOA_") && cells.get(1).is_some_and(|cell| cell.starts_with("--"));
            assert!(!is_setting, "no such setting: {row}");
            continue;
        };
        assert_eq!(cells[1], flag, "{row}");
        if let Some(default) = default {
            assert_eq!(cells[2], default, "{row}");
        }
        assert!(cells[3].len() > 10, "{row}");
        listed.push(cells[0].to_owned());
    }
    listed.sort();
    assert_eq!(listed, settings.keys().cloned().collect::<Vec<_>>());
}

#[test]
fn the_demo_runs_stops_and_comes_back() {
    let place = Place::new("demo");
    let mut demo = Service::demo(&place);
    let address = demo.address.clone();
    let greeting = demo.words().to_owned();
    assert!(greeting.contains(&format!("http://{address}/graphiql")), "{greeting}");
    for person in stoa::demo::PEOPLE {
        assert!(greeting.contains(person.username) && greeting.contains(person.display_name), "{greeting}");
    }
    let token = demo.sign_in_as("ines");
    let made = demo.run(Some(&token), CREATE, json!({ "title": "Kept" }));
    let id = made["createConversation"]["conversation"]["id"].clone();
    assert_eq!(place.run(&["health", "--listen", &address]).ok(), "ready\n");
    // Two others at once share the running server. The demo's database is not where `serve` looks.
    assert!(place.run(&["demo", "load"]).ok().contains("already"));
    let said = place.run(&["serve", "--listen", "127.0.0.1:0"]).refusal();
    assert!(said.contains("migrate"), "{said}");
    assert!(place.postmaster().is_some(), "the others left it running");

    demo.stop();
    place.check_stopped();
    let said = place.run(&["health", "--listen", &address]).refusal();
    assert!(said.contains("nothing answers"), "{said}");

    let began = Instant::now();
    let demo = Service::demo(&place);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let seen = demo.run(Some(&token), TITLES, json!({ "ids": [id] }));
    assert_eq!(seen, json!({ "nodes": [{ "title": "Kept" }] }), "the data and the signing key of last time");
    demo.stop_by("INT");
    place.check_stopped();

    assert_eq!(place.run(&["demo", "reset"]).ok(), "The demo world is as new.\n");
    place.check_stopped();
    let demo = Service::demo(&place);
    let token = demo.sign_in_as("ines");
    assert_eq!(demo.run(Some(&token), TITLES, json!({ "ids": [id] })), json!({ "nodes": [null] }));
    demo.stop();
}

#[test]
fn what_was_acknowledged_survives_the_killing_of_everything() {
    let place = Place::new("kill");
    let mut command = place.command(&["demo", "run"]);
    command.process_group(0);
    let mut demo = Service::start(&place, command);
    let token = demo.sign_in_as("ines");
    let before = demo.run(Some(&token), COUNT, json!({}))["viewer"]["conversations"]["totalCount"].as_u64().unwrap();
    let (address, as_ines) = (demo.address.clone(), token.clone());
    let (acknowledge, acknowledged) = mpsc::channel();
    let writers: Vec<_> = (0..2)
        .map(|writer| {
            let (address, token, acknowledge) = (address.clone(), as_ines.clone(), acknowledge.clone());
            thread::spawn(move || {
                for number in 0.. {
                    let title = format!("streamed {writer} {number}");
                    let Ok(answer) = run(&address, Some(&token), CREATE, json!({ "title": title })) else { return };
                    let id = answer["data"]["createConversation"]["conversation"]["id"].as_str().unwrap().to_owned();
                    acknowledge.send((id, title)).unwrap();
                }
            })
        })
        .collect();
    drop(acknowledge);
    let mut written: Vec<(String, String)> = (0..60).map(|_| acknowledged.recv_timeout(PATIENCE).unwrap()).collect();
    let (service, postmaster) = (demo.child.0.id(), place.postmaster().unwrap());
    kill("KILL", &format!("-{service}"));
    kill("KILL", &postmaster.to_string());
    demo.child.wait();
    for writer in writers {
        writer.join().unwrap();
    }
    written.extend(acknowledged.try_iter());
    drop(demo);

    let demo = Service::demo(&place);
    for some in written.chunks(50) {
        let ids: Vec<&str> = some.iter().map(|(id, _)| id.as_str()).collect();
        let expected: Vec<Value> = some.iter().map(|(_, title)| json!({ "title": title })).collect();
        assert_eq!(demo.run(Some(&token), TITLES, json!({ "ids": ids }))["nodes"], Value::Array(expected));
    }
    let found = demo.run(Some(&token), COUNT, json!({}))["viewer"]["conversations"]["totalCount"].as_u64().unwrap();
    let found = (found - before) as usize;
    assert!((written.len()..=written.len() + 2).contains(&found), "{found} of {}", written.len());
    demo.stop();
    place.check_stopped();
}

#[test]
fn the_demo_stays_on_this_machine() {
    let place = Place::new("loopback");
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let said = place.run(&["demo", "run", "--listen", address]).refusal();
        assert!(said.contains("loopback") && said.contains(address), "{said}");
    }
    let mut command = place.command(&["demo", "run"]);
    command.env("STOA_LISTEN", "0.0.0.0:0");
    Outcome::of(command, "").refusal();
    assert!(!place.data_dir().exists(), "nothing was started");
}

#[test]
fn contradictory_settings_are_refused() {
    let place = Place::new("settings");
    for (arguments, named) in [
        (&["--request-timeout", "0"][..], "STOA_REQUEST_TIMEOUT"),
        (&["--database-connections", "1"], "STOA_DATABASE_CONNECTIONS"),
        (&["--page-limit", "19"], "STOA_PAGE_LIMIT"),
        (&["--cost-restore", "0"], "STOA_COST_RESTORE"),
        (&["--access-token-lifetime", "901", "--session-lifetime", "900"], "STOA_ACCESS_TOKEN_LIFETIME"),
        (&["--password-min-length", "0"], "PASSWORD_MIN_LENGTH"),
        (&["--password-min-length", "73"], "PASSWORD_MIN_LENGTH"),
        (&["--log", "stoa=nonsense"], "STOA_LOG"),
    ] {
        let arguments: Vec<&str> = ["serve"].iter().chain(arguments).copied().collect();
        let said = place.run(&arguments).refusal();
        assert!(said.contains(named), "{said}");
    }
    for arguments in [
        &["--bcrypt-cost", "3"][..],
        &["--bcrypt-cost", "32"],
        &["--registration", "perhaps"],
        &["--request-timeout", "-1"],
        &["--log-format", "xml"],
    ] {
        let arguments: Vec<&str> = ["serve"].iter().chain(arguments).copied().collect();
        assert_eq!(place.run(&arguments).status.code(), Some(2), "{arguments:?}");
    }
    assert!(!place.data_dir().exists(), "nothing was started");
}

#[test]
fn a_database_that_is_not_there_is_told_without_its_password() {
    let place = &Place::new("absent");
    // Each tries for a few seconds, so all at once.
    thread::scope(|scope| {
        for (url, word) in [
            ("postgres://stoa:hunter2@127.0.0.1:1/stoa", "answers"),
            ("postgres://stoa:hunter2@nowhere.invalid/stoa", "answers"),
            ("mysql://stoa:hunter2@127.0.0.1/stoa", "DATABASE_URL"),
            ("hunter2", "DATABASE_URL"),
        ] {
            for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate", "status"], &["demo", "load"]] {
                scope.spawn(move || {
                    let mut command = place.command(command);
                    command.env("DATABASE_URL", url);
                    let outcome = Outcome::of(command, "");
                    assert!(!outcome.err.contains("hunter2") && !outcome.out.contains("hunter2"), "{}", outcome.err);
                    let said = outcome.refusal();
                    assert!(said.contains(word), "{url}: {said}");
                });
            }
        }
        scope.spawn(move || {
            let mut command = place.command(&["doctor"]);
            command.env("DATABASE_URL", "postgres://stoa:hunter2@127.0.0.1:1/stoa");
            let doctor = Outcome::of(command, "");
            assert_eq!(doctor.status.code(), Some(1));
            assert!(doctor.out.contains("PROBLEM  database") && !(doctor.out + &doctor.err).contains("hunter2"));
        });
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_go_down_and_up_by_hand() {
    let (place, world) = (Place::new("migrate"), World::empty().await);
    let status = place.run_on(&world, &["migrate", "status"]).ok();
    assert!(!status.is_empty() && status.lines().all(|line| line.starts_with("applied m")), "{status}");
    let steps = status.lines().count().to_string();
    let down = place.run_on(&world, &["migrate", "down", "--steps", &steps]).ok();
    assert_eq!(down, status.replace("applied", "pending"));
    assert_eq!(world.number("select count(*) from pg_tables where tablename = 'users'").await, 0);
    assert_eq!(place.run_on(&world, &["migrate", "status"]).ok(), down);

    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["user", "create", "--username", "ines"]] {
        let said = place.run_on(&world, command).refusal();
        assert!(said.contains("not migrated") && said.contains("stoa migrate up"), "{said}");
    }
    let doctor = place.run_on(&world, &["doctor"]);
    assert_eq!(doctor.status.code(), Some(1));
    assert!(doctor.out.contains("PROBLEM  migrations"), "{}", doctor.out);
    assert_eq!(world.number("select count(*) from pg_tables where tablename = 'users'").await, 0);

    assert_eq!(place.run_on(&world, &["migrate", "up"]).ok(), status);
    assert_eq!(place.run_on(&world, &["migrate", "up"]).ok(), status, "safe to repeat");
    world.db_run("insert into seaql_migrations values ('m99990101_000001_future', 0)").await;
    let said = place.run_on(&world, &["serve", "--listen", "127.0.0.1:0"]).refusal();
    assert!(said.contains("newer version"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_and_the_service_keep_apart() {
    let (place, demo) = (Place::new("apart"), World::demo().await);
    // As an older version left it: whoever refuses a database brings it up to date in no way.
    let older = "delete from permissions where name = 'stats:read'";
    demo.db_run(older).await;
    let before_serve = demo.fingerprint().await;
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["serve", "--listen", "127.0.0.1:0", "--migrate"]] {
        let said = place.run_on(&demo, command).refusal();
        assert!(said.contains("demo"), "{said}");
    }
    let after_serve = demo.fingerprint().await;

    let real = World::empty().await;
    real.member("somebody").await;
    real.db_run(older).await;
    let before = real.fingerprint().await;
    for command in [&["demo", "load"][..], &["demo", "run", "--listen", "127.0.0.1:0"], &["demo", "reset"]] {
        let said = place.run_on(&real, command).refusal();
        assert!(said.contains("demo"), "{command:?}: {said}");
    }
    assert!(real.fingerprint().await == before, "`stoa demo` wrote into a database that it refused");
    assert!(after_serve == before_serve, "`stoa serve` wrote into a database that it refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_made_by_hand() {
    let (place, world) = (Place::new("user"), World::empty().await);
    let nobody = world.anonymous();
    let sign_in = async |identifier: &str, password: &str| {
        let input = json!({ "input": { "identifier": identifier, "password": password } });
        nobody.run(SIGN_IN, input).await
    };
    let create = ["user", "create", "--username", "Root", "--email", "root@people.test", "--admin"];
    let said = place.run_on(&world, &create).ok();
    let password = said.split("shown only now: ").nth(1).unwrap().trim().to_owned();
    assert!(said.contains("Root") && said.contains("admin") && password.len() >= 20, "{said}");
    assert_eq!(said.matches(&password).count(), 1, "once");
    let answer = sign_in("root", &password).await;
    let user = &answer.field("signIn")["user"];
    assert_eq!(
        (&user["username"], &user["roleAssignments"]["nodes"][0]["role"]["name"]),
        (&json!("Root"), &json!("admin"))
    );
    assert_eq!(world.number("select count(*) from audit_log where action = 'user.create'").await, 1);
    assert_eq!(world.number(&format!("select count(*) from audit_log a where a::text like '%{password}%'")).await, 0);

    let mut command = place.command(&["user", "create", "--username", "ines", "--password-stdin"]);
    command.env("DATABASE_URL", world.url());
    let said = Outcome::of(command, "correct horse\n").ok();
    assert!(!said.contains("correct horse") && !said.contains("shown only now"), "{said}");
    let answer = sign_in("ines", "correct horse").await;
    let user = &answer.field("signIn")["user"];
    assert_eq!(user["roleAssignments"]["nodes"][0]["role"]["name"], "subscriber");

    let counts = world.row_counts().await;
    for (arguments, word) in [
        (&["--username", "ROOT"][..], "taken"),
        (&["--username", "other", "--email", "ROOT@people.test"], "taken"),
        (&["--username", "?"], "--username"),
        (&["--username", "12345"], "--username"),
        (&["--username", "ok", "--email", "nonsense"], "--email"),
        (&["--username", "ok", "--display-name", " "], "--display-name"),
    ] {
        let arguments: Vec<&str> = ["user", "create"].iter().chain(arguments).copied().collect();
        let said = place.run_on(&world, &arguments).refusal();
        assert!(said.contains(word), "{arguments:?}: {said}");
    }
    for password in ["", "short\n", &"x".repeat(73)] {
        let mut command = place.command(&["user", "create", "--username", "ok", "--password-stdin"]);
        command.env("DATABASE_URL", world.url());
        let said = Outcome::of(command, password).refusal();
        assert!(said.contains("password") && said.contains("At "), "{said}");
    }
    assert_eq!(world.row_counts().await, counts, "nothing was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_serves_and_drains() {
    let (place, world) = (Place::new("serve"), World::empty().await);
    let said = place.run_on(&world, &["user", "create", "--username", "root", "--admin"]).ok();
    let password = said.split("shown only now: ").nth(1).unwrap().trim();
    let service = Service::serve(&place, &world);
    assert_eq!(place.run(&["health", "--listen", &service.address]).ok(), "ready\n");
    let mut command = place.command(&["serve", "--listen", &service.address]);
    command.env("DATABASE_URL", world.url());
    let said = Outcome::of(command, "").refusal();
    assert!(said.contains("STOA_LISTEN"), "the port is taken: {said}");
    let demo = "mutation { demoSignIn(input: { username: \"ines\" }) { accessToken } }";
    let refused = run(&service.address, None, demo, json!({})).unwrap();
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
    let data = service.run(None, SIGN_IN, json!({ "input": { "identifier": "root", "password": password } }));
    let token = data["signIn"]["accessToken"].as_str().unwrap().to_owned();

    // A mutation waits for a lock while the service is told to stop: it ends well, and only then the service.
    let holder = world.db.begin().await.unwrap();
    holder.execute_unprepared("lock table conversations in exclusive mode").await.unwrap();
    let (address, as_root) = (service.address.clone(), token.clone());
    let late = thread::spawn(move || run(&address, Some(&as_root), CREATE, json!({ "title": "Late" })));
    let waiting = "select count(*) from pg_locks l join pg_database d on d.oid = l.database
                    where not l.granted and d.datname = current_database()";
    let end = Instant::now() + PATIENCE;
    while world.number(waiting).await == 0 {
        assert!(Instant::now() < end, "the mutation does not wait for the lock");
        sleep(Duration::from_millis(20));
    }
    kill("TERM", &service.child.0.id().to_string());
    wait_until("nobody new is let in", || TcpStream::connect(&service.address).is_err());
    holder.rollback().await.unwrap();
    let answer = late.join().unwrap().unwrap();
    assert!(answer["data"]["createConversation"]["conversation"]["id"].is_string(), "{answer}");
    service.stop();
    assert_eq!(world.number("select count(*) from conversations where title = 'Late'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_what_is_wrong() {
    let (place, world) = (Place::new("doctor"), World::empty().await);
    let doctor = place.run_on(&world, &["doctor"]);
    assert_eq!(doctor.status.code(), Some(1), "nobody administers this");
    assert!(doctor.out.contains("stoa user create --admin"), "{}", doctor.out);
    world.admin("root").await;
    let ines = world.member("ines").await;
    let made = ines.run(CREATE, json!({ "title": "One" })).await;
    let id = &made.field("createConversation")["conversation"]["id"];
    for content in ["One", "Two"] {
        let append = "mutation($input: AppendMessageInput!) { appendMessage(input: $input) { userErrors { code } } }";
        let input = json!({ "input": { "conversationId": id, "content": content } });
        ines.run(append, input).await.field("appendMessage");
    }
    let before = world.fingerprint().await;
    let healthy = place.run_on(&world, &["doctor"]).ok();
    assert!(healthy.lines().all(|line| line.starts_with("ok ")), "{healthy}");
    assert_eq!(world.fingerprint().await, before, "it changes nothing");

    for (plant, undo, name) in [
        ("update conversations set message_count = 1", "update conversations set message_count = 2", "message counts"),
        (
            "insert into permissions (id, name, resource, action, description, created_at)
             values ('018f3c1e-7a5b-7c3d-9e2f-000000000001', 'dragons:ride', 'dragons', 'ride', 'x', now())",
            "delete from permissions where name = 'dragons:ride'",
            "permissions",
        ),
        (
            "delete from participants",
            "insert into participants select id, owner_id, true, false, true from conversations",
            "participants",
        ),
        ("update participants set is_owner = false", "update participants set is_owner = true", "participants"),
        ("update users set state = 'suspended'", "update users set state = 'active'", "role admin"),
    ] {
        world.db_run(plant).await;
        let doctor = place.run_on(&world, &["doctor"]);
        assert_eq!(doctor.status.code(), Some(1), "{plant}");
        let problems: Vec<&str> = doctor.out.lines().filter(|line| line.starts_with("PROBLEM")).collect();
        assert!(problems.len() == 1 && problems[0].contains(name), "{plant}: {problems:?}");
        assert_eq!(doctor.err.lines().filter(|line| !is_log(line)).count(), 1, "{}", doctor.err);
        world.db_run(undo).await;
        place.run_on(&world, &["doctor"]).ok();
    }
    let doctor = place.run_on(&world, &["doctor", "--page-limit", "1"]);
    assert!(doctor.status.code() == Some(1) && doctor.out.contains("PROBLEM  configuration"), "{}", doctor.out);
    let key = place.dir.join("key.pem");
    fs::write(&key, "").unwrap();
    let doctor = place.run_on(&world, &["doctor", "--signing-key-file", key.to_str().unwrap()]);
    assert!(doctor.status.code() == Some(1) && doctor.out.contains("PROBLEM  signing key"), "{}", doctor.out);
}
