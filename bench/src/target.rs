//! The servers that are compared: started, spoken to each in its own way, ended.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use uuid::Uuid;

use crate::data::{Data, PASSWORD, Person};
use crate::load::Connection;
use crate::workload::{Case, Workload};

/// Which server.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub enum Name {
    Stoa,
    Limit,
    Apollo,
    Postgraphile,
}

impl Name {
    pub const ALL: [Name; 4] = [Name::Stoa, Name::Limit, Name::Apollo, Name::Postgraphile];

    pub fn text(self) -> &'static str {
        match self {
            Name::Stoa => "stoa",
            Name::Limit => "limit R",
            Name::Apollo => "apollo",
            Name::Postgraphile => "postgraphile",
        }
    }
}

/// How to start a server.
pub struct Launch<'d> {
    pub data: &'d Data,
    /// Where the programs of this build are.
    pub programs: PathBuf,
    /// The folder of the Node servers.
    pub node: PathBuf,
    /// For keys and logs.
    pub folder: PathBuf,
    /// What the program is run under, e.g. valgrind with its options.
    pub wrapper: Vec<String>,
    /// Further variables.
    pub variables: Vec<(&'static str, String)>,
}

/// A running server.
pub struct Target {
    pub name: Name,
    pub address: SocketAddr,
    pub pid: u32,
    child: Child,
    tokens: HashMap<Uuid, String>,
    cursors: HashMap<Uuid, String>,
    documents: HashMap<&'static str, String>,
}

impl Launch<'_> {
    pub async fn start(&self, name: Name) -> anyhow::Result<Target> {
        let address = free_address()?;
        let mut command = self.command(name, address)?;
        let log = std::fs::File::create(self.folder.join(format!("{}.log", name.text().replace(' ', "-"))))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("{} cannot be started", name.text()))?;
        let pid = child.id().context("no process id")?;
        await_listening(address, &mut child).await.with_context(|| name.text())?;
        let mut target = Target {
            name,
            address,
            pid,
            child,
            tokens: HashMap::new(),
            cursors: HashMap::new(),
            documents: HashMap::new(),
        };
        target.prepare(self).await?;
        Ok(target)
    }

    fn command(&self, name: Name, address: SocketAddr) -> anyhow::Result<Command> {
        let stoa = self.programs.join("stoa");
        let limit = std::env::current_exe()?;
        let (program, arguments): (PathBuf, Vec<String>) = match name {
            Name::Stoa => (stoa, vec!["serve".into()]),
            Name::Limit => (
                limit,
                vec!["limit".into(), "--listen".into(), address.to_string(), "--database".into(), self.data.libpq()],
            ),
            Name::Apollo | Name::Postgraphile => {
                (self.node.join("node_modules/node/bin/node"), vec![format!("{}.mjs", name.text())])
            }
        };
        let mut words = self.wrapper.clone();
        words.push(program.to_string_lossy().into_owned());
        words.extend(arguments);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        if name == Name::Stoa {
            // Limits are raised, none is switched off; everything else is as it comes.
            command
                .env("DATABASE_URL", self.data.url())
                .env("STOA_LISTEN", address.to_string())
                .env("STOA_DATA_DIR", self.folder.join("stoa"))
                .env("STOA_PAGE_LIMIT", "1000")
                .env("STOA_COST_LIMIT", "1000000")
                .env("STOA_COST_BUDGET", "4000000000")
                .env("STOA_COST_RESTORE", "1000000")
                .env("STOA_ANONYMOUS_COST_BUDGET", "4000000000")
                .env("STOA_ANONYMOUS_COST_RESTORE", "1000000")
                .env("STOA_ACCESS_TOKEN_LIFETIME", "86400")
                .env("USER_SESSION_TIMEOUT", "86400");
        } else {
            command
                .env("NODE_ENV", "production")
                .env("PORT", address.port().to_string())
                .env("PGHOST", self.data.socket())
                .env("PGUSER", "stoa")
                .env("PGDATABASE", self.data.name())
                .current_dir(&self.node);
        }
        command.envs(self.variables.iter().map(|(name, value)| (*name, value)));
        Ok(command)
    }
}

impl Target {
    /// Signs everybody in, reads the documents, learns the cursors.
    async fn prepare(&mut self, launch: &Launch<'_>) -> anyhow::Result<()> {
        let mut connection = Connection::open(self.address).await?;
        if self.name == Name::Stoa {
            for person in launch.data.readers.iter().chain(&launch.data.writers) {
                let token = sign_in(&mut connection, person).await?;
                self.tokens.insert(person.id, token);
            }
        }
        for workload in crate::workload::all() {
            let text = match self.name {
                Name::Postgraphile if !workload.document.is_empty() => {
                    let path = launch.node.join("postgraphile").join(format!("{}.graphql", workload.name));
                    std::fs::read_to_string(&path).with_context(|| path.display().to_string())?
                }
                _ => workload.document.to_owned(),
            };
            self.documents.insert(workload.name, text);
        }
        let after = crate::workload::all().into_iter().filter(|one| one.name == "W6");
        for case in after.flat_map(|workload| workload.cases(launch.data)) {
            if self.cursors.contains_key(&case.person.id) {
                continue;
            }
            let answer = connection.ask(&self.request(&case)).await?;
            let cursor = answer["data"]["conversation"]["messages"]["pageInfo"]["endCursor"].as_str();
            let cursor = cursor.with_context(|| format!("no cursor in {answer}"))?.to_owned();
            self.cursors.insert(case.person.id, cursor);
        }
        Ok(())
    }

    /// The bytes of a request.
    pub fn request(&self, case: &Case) -> Vec<u8> {
        let name = case.workload.name;
        let after = self.cursors.get(&case.person.id).filter(|_| case.after_first_page).map(String::as_str);
        let mut variables = case.variables(after);
        if self.name == Name::Postgraphile {
            // It knows neither TypeIDs nor the viewer.
            variables["viewer"] = json!(case.person.id);
            if let Some(id) = case.id {
                variables["id"] = json!(id);
            }
        }
        let body = json!({ "query": self.documents[name], "operationName": name, "variables": variables });
        let identity = match self.tokens.get(&case.person.id) {
            Some(token) => format!("authorization: Bearer {token}"),
            None => format!("x-viewer: {}", case.person.id),
        };
        post(&identity, &body)
    }

    pub fn requests(&self, workload: Workload, data: &Data) -> Vec<Vec<u8>> {
        workload.cases(data).iter().map(|case| self.request(case)).collect()
    }

    /// Ends it as an operator would.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let signal = Command::new("kill").arg(self.pid.to_string()).status().await?;
        anyhow::ensure!(signal.success(), "{} is gone already", self.name.text());
        if tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }
}

fn post(identity: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\n{identity}\r\naccept: application/json\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body.into_bytes()].concat()
}

async fn sign_in(connection: &mut Connection, person: &Person) -> anyhow::Result<String> {
    let query = "mutation($identifier: String!, $password: String!) {
        signIn(input: { identifier: $identifier, password: $password }) { accessToken userErrors { code } } }";
    let body = json!({ "query": query, "variables": { "identifier": person.username, "password": PASSWORD } });
    let answer = connection.ask(&post("x-bench: 1", &body)).await?;
    let token = answer["data"]["signIn"]["accessToken"].as_str();
    Ok(token.with_context(|| format!("{} cannot sign in: {answer}", person.username))?.to_owned())
}

fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

async fn await_listening(address: SocketAddr, child: &mut Child) -> anyhow::Result<()> {
    // A server under valgrind takes its time.
    for _ in 0..1200 {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            anyhow::bail!("it ended at once: {status}; see its log");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("it does not listen at {address}")
}

/// Where this build's programs are: beside this one.
pub fn programs() -> anyhow::Result<PathBuf> {
    std::env::current_exe()?.parent().map(Path::to_owned).context("no folder")
}
