//! The benchmark's PostgreSQL and its data, made once and kept for the next run.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use stoa::clock::Clock;
use stoa::database::{embedded, migrate};
use stoa::domain::role::seed;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

const SEED: &str = include_str!("../seed.sql");
/// What everybody in the benchmark signs in with.
pub const PASSWORD: &str = "a benchmark is no secret";
/// People 1 to 64 read; 65 to 128 write.
pub const READERS: i64 = 64;
pub const WRITERS: i64 = 64;

/// How much data.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    name: &'static str,
    users: u32,
    conversations: u32,
    messages: u32,
    tool_calls: u32,
    shares: u32,
    long: u32,
}

/// What the figures are about.
pub const FULL: Size = Size {
    name: "full",
    users: 2_000,
    conversations: 40_000,
    messages: 800_000,
    tool_calls: 150_000,
    shares: 20_000,
    long: 100_000,
};

/// For what does not depend on size: counted instructions, query plans.
pub const SMALL: Size = Size {
    name: "small",
    users: 200,
    conversations: 4_000,
    messages: 150_000,
    tool_calls: 15_000,
    shares: 2_000,
    long: 10_000,
};

/// The running server with its data.
pub struct Data {
    server: embedded::Server,
    database: String,
    pub readers: Vec<Person>,
    pub writers: Vec<Person>,
    /// The long conversation.
    pub long: Uuid,
}

/// Somebody who sends requests.
pub struct Person {
    pub id: Uuid,
    pub username: String,
    /// Own conversations: for readers the one of 1,000 messages first, for writers those they write in.
    pub talks: Vec<Uuid>,
}

impl Data {
    /// Starts the server in `folder` and makes the data if it is not there.
    pub async fn open(folder: &Path, size: Size) -> anyhow::Result<Self> {
        let options = embedded::Options {
            data_dir: folder.to_owned(),
            bin_dir: None,
            durable: true,
            linger: Duration::from_secs(1),
            max_connections: 200,
        };
        let server = start(&options).await?;
        let maintenance = connect(&libpq(&server, "postgres")).await?;
        let tuned: bool = maintenance
            .query_one("select current_setting('pg_stat_statements.track', true) is not null", &[])
            .await?
            .get(0);
        let server = match tuned {
            true => server,
            false => {
                for setting in [
                    "shared_buffers = '1GB'",
                    "max_wal_size = '8GB'",
                    "checkpoint_timeout = '30min'",
                    "autovacuum = off",
                    "jit = off",
                    "shared_preload_libraries = 'pg_stat_statements'",
                ] {
                    maintenance.batch_execute(&format!("alter system set {setting}")).await?;
                }
                drop(maintenance);
                tokio::task::spawn_blocking(move || server.stop()).await??;
                start(&options).await?
            }
        };
        let database = format!("bench_{}_{:08x}", size.name, fingerprint());
        let maintenance = connect(&libpq(&server, "postgres")).await?;
        // Counts only where it is asked to.
        maintenance.batch_execute("alter system set pg_stat_statements.track = 'none'").await?;
        maintenance.batch_execute("select pg_reload_conf()").await?;
        let there =
            maintenance.query_opt("select 1 from pg_database where datname = $1", &[&database]).await?.is_some();
        if !there {
            let draft = format!("{database}_draft");
            maintenance.batch_execute(&format!("drop database if exists {draft} with (force)")).await?;
            maintenance.batch_execute(&format!("create database {draft}")).await?;
            make(&server, &draft, size).await?;
            maintenance.batch_execute(&format!("alter database {draft} rename to {database}")).await?;
        }
        let mut data = Self { server, database, readers: Vec::new(), writers: Vec::new(), long: Uuid::nil() };
        data.look().await?;
        Ok(data)
    }

    /// The address for SeaORM and for node-postgres.
    pub fn url(&self) -> String {
        self.server.url(&self.database)
    }

    /// The address for tokio-postgres.
    pub fn libpq(&self) -> String {
        libpq(&self.server, &self.database)
    }

    pub async fn connect(&self) -> anyhow::Result<Client> {
        connect(&self.libpq()).await
    }

    /// The folder of the Unix socket.
    pub fn socket(&self) -> &Path {
        self.server.socket_dir()
    }

    pub fn name(&self) -> &str {
        &self.database
    }

    /// The process all others of the database are children of.
    pub fn postmaster(&self) -> anyhow::Result<u32> {
        let file = std::fs::read_to_string(self.server.data_dir().join("postmaster.pid"))?;
        Ok(file.lines().next().unwrap_or_default().trim().parse()?)
    }

    pub async fn close(self) -> anyhow::Result<()> {
        Ok(tokio::task::spawn_blocking(move || self.server.stop()).await??)
    }

    /// Puts the tables in order after an earlier run and learns who is who.
    async fn look(&mut self) -> anyhow::Result<()> {
        let client = self.connect().await?;
        for statement in ["create extension if not exists pg_stat_statements", "vacuum analyze", "checkpoint"] {
            client.batch_execute(statement).await?;
        }
        for number in 1..=READERS + WRITERS {
            let (least, most) = match number <= READERS {
                true => (2_i64, i64::MAX),
                false => (66, 321),
            };
            let rows = client
                .query(
                    "select p.id, t.id from bench.people p join bench.talks t on t.owner = p.n
                      where p.n = $1 and t.n between $2 and $3 order by t.n",
                    &[&number, &least, &most],
                )
                .await?;
            let id = rows.first().context("somebody without conversations")?.get(0);
            let talks = rows.iter().map(|row| row.get(1)).collect();
            let person = Person { id, username: format!("user{number}"), talks };
            if number <= READERS { self.readers.push(person) } else { self.writers.push(person) }
        }
        self.long = client.query_one("select id from bench.talks where n = 1", &[]).await?.get(0);
        Ok(())
    }
}

async fn start(options: &embedded::Options) -> anyhow::Result<embedded::Server> {
    let options = options.clone();
    Ok(tokio::task::spawn_blocking(move || embedded::Server::start(&options)).await??)
}

fn libpq(server: &embedded::Server, database: &str) -> String {
    format!("host={} user=stoa dbname={database}", server.socket_dir().display())
}

pub async fn connect(address: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Migrations, default roles, data.
async fn make(server: &embedded::Server, database: &str, size: Size) -> anyhow::Result<()> {
    let began = Instant::now();
    let db =
        stoa::database::connect(&server.url(database), 2, Duration::from_secs(5), Duration::from_secs(3600)).await?;
    migrate::up(&db).await?;
    seed::seed(&db, &Clock::system()).await?;
    db.close().await?;
    let client = connect(&libpq(server, database)).await?;
    let hash = bcrypt::hash(PASSWORD, 4)?;
    let settings = [
        ("users", size.users.to_string()),
        ("conversations", size.conversations.to_string()),
        ("messages", size.messages.to_string()),
        ("tool_calls", size.tool_calls.to_string()),
        ("shares", size.shares.to_string()),
        ("long", size.long.to_string()),
        ("password_hash", hash),
    ];
    for (name, value) in settings {
        client.execute("select set_config($1, $2, false)", &[&format!("bench.{name}"), &value]).await?;
    }
    client.batch_execute(SEED).await?;
    client.batch_execute("analyze").await?;
    let counts = client
        .query_one(
            "select (select count(*) from users), (select count(*) from conversations), (select count(*) from messages),
                    (select count(*) from tool_calls), (select count(*) from shares)",
            &[],
        )
        .await?;
    let counts: Vec<i64> = (0..5).map(|at| counts.get(at)).collect();
    println!("{counts:?} users, conversations, messages, tool calls, shares in {:.0?}", began.elapsed());
    let wanted = [size.users, size.conversations, size.messages, size.tool_calls, size.shares];
    anyhow::ensure!(
        counts.iter().zip(wanted).all(|(count, wanted)| *count == i64::from(wanted)),
        "not the data asked for"
    );
    Ok(())
}

/// Names the data after what makes it.
fn fingerprint() -> u32 {
    let scripts = migration::SCRIPTS.iter().flat_map(|script| [script.name, script.up]);
    // FNV-1a: the same in every build.
    scripts
        .chain([SEED])
        .flat_map(str::bytes)
        .fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
