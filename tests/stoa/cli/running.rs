//! The program while it runs, and what is left when it has ended.

use super::*;

/// What a run that ended by itself said.
pub(super) struct Outcome {
    pub(super) status: ExitStatus,
    pub(super) out: String,
    pub(super) err: String,
}

impl Outcome {
    pub(super) fn of(mut command: Command, input: &str) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Guard(command.spawn().unwrap());
        let (out, err) = (listen(child.0.stdout.take().unwrap()), listen(child.0.stderr.take().unwrap()));
        // A program that has refused already does not read.
        let _ = child.0.stdin.take().unwrap().write_all(input.as_bytes());
        let status = child.wait();
        Self { status, out: out.join().unwrap().unwrap(), err: err.join().unwrap().unwrap() }
    }

    #[track_caller]
    pub(super) fn ok(self) -> String {
        assert_eq!(self.status.code(), Some(0), "{}{}", self.out, self.err);
        self.out
    }

    /// The one sentence of a refusal.
    #[track_caller]
    pub(super) fn refusal(self) -> String {
        assert_eq!(self.status.code(), Some(1), "{}{}", self.out, self.err);
        assert_eq!(self.out, "");
        let said: Vec<&str> = self.err.lines().filter(|line| !is_log(line)).collect();
        assert_eq!(said.len(), 1, "one sentence: {}", self.err);
        assert!(said[0].starts_with("stoa: ") && said[0].len() > 20, "{}", said[0]);
        said[0].to_owned()
    }
}

/// Reads everything, beside whatever else goes on.
pub(super) fn listen(mut from: impl Read + Send + 'static) -> thread::JoinHandle<std::io::Result<String>> {
    thread::spawn(move || {
        let mut text = String::new();
        from.read_to_string(&mut text).map(|_| text)
    })
}

/// Whether a line of standard error is the log's: it begins with the time.
pub(super) fn is_log(line: &str) -> bool {
    line.trim_start_matches("\u{1b}[2m").starts_with("20")
}

/// A child that does not outlive its test.
pub(super) struct Guard(pub(super) Child);

impl Guard {
    #[track_caller]
    pub(super) fn wait(&mut self) -> ExitStatus {
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
pub(crate) struct Service {
    pub(super) child: Guard,
    pub(crate) address: String,
    greeting: String,
    lines: Receiver<String>,
    pub(crate) log: PathBuf,
}

impl Service {
    pub(crate) fn start(place: &Place, mut command: Command) -> Self {
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

    pub(super) fn demo(place: &Place) -> Self {
        Self::start(place, place.command(&["demo", "run"]))
    }

    pub(super) fn serve(place: &Place, world: &World) -> Self {
        let mut command = place.command(&["serve"]);
        use_database(&mut command, world);
        Self::start(place, command)
    }

    /// Everything it said so far.
    pub(super) fn words(&mut self) -> &str {
        while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(200)) {
            self.greeting += &format!("{line}\n");
        }
        &self.greeting
    }

    /// Sends SIGTERM and expects a good end.
    #[track_caller]
    pub(crate) fn stop(self) {
        self.stop_by("TERM");
    }

    #[track_caller]
    pub(super) fn stop_by(mut self, signal: &str) {
        kill(signal, &self.child.0.id().to_string());
        let status = self.child.wait();
        assert_eq!(status.code(), Some(0), "{}", fs::read_to_string(&self.log).unwrap());
    }

    #[track_caller]
    pub(super) fn run(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let answer = run(&self.address, token, query, variables).unwrap();
        assert!(answer.get("errors").is_none(), "{answer:#}");
        answer["data"].clone()
    }

    #[track_caller]
    pub(crate) fn sign_in_as(&self, username: &str) -> String {
        let document =
            "mutation($input: DemoSignInInput!) { demoSignIn(input: $input) { accessToken userErrors { code } } }";
        let data = self.run(None, document, json!({ "input": { "username": username } }));
        data["demoSignIn"]["accessToken"].as_str().unwrap_or_else(|| panic!("{data}")).to_owned()
    }
}
