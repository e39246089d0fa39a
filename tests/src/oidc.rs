//! A sign-in provider for a test: the npm package oidc-provider, in a process that ends with the test; and a browser as far
//! as its pages need one.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use axum::http::Uri;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::PATIENCE;

pub struct SignInServer {
    pub port: u16,
    pub issuer: String,
    child: Child,
    input: ChildStdin,
    lines: mpsc::UnboundedReceiver<Value>,
}

impl SignInServer {
    pub const CLIENT: &'static str = "stoa-tests";
    pub const SECRET: &'static str = "a secret of the tests, which is long enough for any hash";
    /// Where people come back to.
    pub const PAGE: &'static str = "https://chat.example.org/signed-in";

    /// One that knows these people, by their login.
    pub async fn start(people: Value) -> Self {
        Self::with(json!({ "port": 0, "people": people })).await
    }

    /// One that behaves as `tests/oidc/server.mjs` explains.
    pub async fn with(mut options: Value) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc");
        let is_there = folder.join("node_modules").exists();
        assert!(is_there, "the sign-in provider of the tests is missing: run ./setup --tests");
        options["clients"] = json!([{ "client_id": Self::CLIENT, "client_secret": Self::SECRET,
            "redirect_uris": [Self::PAGE], "grant_types": ["authorization_code"], "response_types": ["code"] }]);
        let mut child = Command::new("node")
            .arg(folder.join("server.mjs"))
            .arg(options.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (said, lines) = mpsc::unbounded_channel();
        let (input, out) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if said.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        let mut server = Self { port: 0, issuer: String::new(), child, input, lines };
        let first = server.next().await;
        server.port = u16::try_from(first["port"].as_u64().unwrap()).unwrap();
        server.issuer = first["issuer"].as_str().unwrap().to_owned();
        server
    }

    async fn next(&mut self) -> Value {
        tokio::time::timeout(PATIENCE, self.lines.recv()).await.expect("in time").expect("it runs")
    }

    /// How its token endpoint answers from now on.
    pub async fn bend(&mut self, how: Value) {
        writeln!(self.input, "{how}").unwrap();
        assert_eq!(self.next().await, how);
    }
}

impl Drop for SignInServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody's browser.
#[derive(Default)]
pub struct Browser {
    cookies: BTreeMap<String, String>,
}

struct Page {
    location: Option<String>,
    text: String,
}

impl Browser {
    /// Follows the provider's pages as the person of this login until they lead elsewhere: the parameters of that address.
    pub async fn sign_in(&mut self, url: &str, login: &str) -> BTreeMap<String, String> {
        let origin = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        let mut page = self.get(url).await;
        for _ in 0..12 {
            page = match &page.location {
                Some(to) if to.starts_with(&origin) => self.get(to).await,
                Some(to) if to.starts_with('/') => self.get(&format!("{origin}{to}")).await,
                Some(to) => return parameters(to),
                None => {
                    let action = between(&page.text, "action=\"", "\"").replace("&amp;", "&");
                    let prompt = between(&page.text, "name=\"prompt\" value=\"", "\"").to_owned();
                    let to = if action.starts_with('/') { format!("{origin}{action}") } else { action };
                    self.send("POST", &to, &format!("prompt={prompt}&login={login}&password=any")).await
                }
            };
        }
        panic!("the pages lead nowhere");
    }

    async fn get(&mut self, url: &str) -> Page {
        self.send("GET", url, "").await
    }

    /// In an older HTTP, whose answers end with the connection.
    async fn send(&mut self, method: &str, url: &str, form: &str) -> Page {
        let uri: Uri = url.parse().unwrap();
        let (host, path) = (uri.authority().unwrap().as_str(), uri.path_and_query().unwrap().as_str());
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\nAccept: text/html\r\nCookie: {}\r\nContent-Type: \
             application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            cookies.join("; "),
            form.len()
        );
        let mut stream = TcpStream::connect(host).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("in time").unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, text) = text.split_once("\r\n\r\n").unwrap();
        let header = |line: &str, name: &str| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then(|| value.to_owned())
        };
        for cookie in head.lines().filter_map(|line| header(line, "set-cookie")) {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        self.cookies.retain(|_, value| !value.is_empty());
        let location = head.lines().find_map(|line| header(line, "location"));
        let text = text.to_owned();
        assert!(location.is_some() || text.contains("<form"), "{method} {path}: {head}\n{text}");
        Page { location, text }
    }
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    text.split_once(before).and_then(|(_, rest)| rest.split_once(after)).unwrap_or_else(|| panic!("{before}: {text}")).0
}

fn parameters(url: &str) -> BTreeMap<String, String> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.replace("%3A", ":").replace("%2F", "/"))).collect()
}
