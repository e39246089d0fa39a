//! A mail server for a test: the npm package smtp-server, in a process that ends with the test.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use stoa::domain::mail::worker;
use tokio::sync::{mpsc, watch};

use crate::{PATIENCE, World};

pub struct MailServer {
    pub port: u16,
    child: Child,
    lines: mpsc::UnboundedReceiver<Value>,
}

impl MailServer {
    /// One that speaks plain SMTP on a port that is free.
    pub async fn start() -> Self {
        Self::with(json!({ "port": 0, "tls": "none" })).await
    }

    /// One that behaves as `tests/mail/server.mjs` explains.
    pub async fn with(options: Value) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mail");
        assert!(folder.join("node_modules").exists(), "the mail server of the tests is missing: run ./setup --tests");
        let mut child = Command::new("node")
            .arg(folder.join("server.mjs"))
            .arg(options.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (said, lines) = mpsc::unbounded_channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if said.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        let mut server = Self { port: 0, child, lines };
        server.port = u16::try_from(server.next().await["port"].as_u64().unwrap()).unwrap();
        server
    }

    /// What it says next.
    pub async fn next(&mut self) -> Value {
        tokio::time::timeout(PATIENCE, self.lines.recv()).await.expect("in time").expect("it runs")
    }

    /// Whether it has nothing more to say. What a finished delivery says is said before the delivery is finished.
    pub fn is_silent(&mut self) -> bool {
        self.lines.try_recv().is_err()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl World {
    /// Works the queue of mail off once, as the service does every other second; how many were sent.
    pub async fn deliver(&self) -> u64 {
        let (_going, stop) = watch::channel(false);
        worker::round(&self.app, &stop).await.unwrap()
    }
}
