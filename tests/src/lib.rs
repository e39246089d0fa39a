//! The harness: a service of its own for each test, on a database of its own, driven through the router as named people.
//!
//! The databases are clones of a template that holds the migrated schema (or the demo world) and is built once. They
//! live on a throw-away PostgreSQL that the test processes share; with `DATABASE_URL` set, on that server.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop right there")]

mod answer;
mod cluster;
mod dice;
mod live;
mod mail;
mod oidc;
mod person;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use chrono::{DateTime, Utc};
use clap::{Args, Command, FromArgMatches};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use stoa::app::App;
use stoa::clock::Clock;
use stoa::config::{Config, Registration};
use stoa::http;
use tower::ServiceExt;

pub use answer::Answer;
pub use dice::Dice;
pub use live::{EventStream, Heard, Listening, PATIENCE, Socket};
pub use mail::MailServer;
pub use oidc::{Browser, SignInServer};
pub use person::Person;

/// A service with its database.
pub struct World {
    pub clock: Clock,
    pub db: DatabaseConnection,
    pub app: Arc<App>,
    pub server: Arc<http::Server>,
    pub router: Router,
    /// The settings with which it runs.
    pub config: Config,
    url: String,
    statements: Arc<AtomicU32>,
    leases: Arc<AtomicU32>,
    /// Goes last: the server may stop when nobody uses it any more.
    _cluster: Arc<cluster::Cluster>,
}

/// What is in the database at the beginning.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Start {
    /// The schema, the permissions and the default roles.
    Empty,
    /// The demo world besides.
    Demo,
}

impl World {
    /// An installation that nobody has used yet.
    pub async fn empty() -> Self {
        Self::with(Start::Empty, |_| {}).await
    }

    /// The demo.
    pub async fn demo() -> Self {
        Self::with(Start::Demo, |_| {}).await
    }

    /// Either, with other settings than the defaults.
    pub async fn with(start: Start, adjust: impl FnOnce(&mut Config)) -> Self {
        let cluster = cluster::shared().await;
        let url = cluster.clone_database(start).await;
        let mut config = config();
        adjust(&mut config);
        Self::on(cluster, url, config, Clock::fixed(noon()), start == Start::Demo).await
    }

    /// Another process of the same installation: its own pool, listener and caches over the same database and clock.
    pub async fn another_process(&self) -> Self {
        let (cluster, clock) = (self._cluster.clone(), self.clock.clone());
        Self::on(cluster, self.url.clone(), self.config.clone(), clock, self.app.demo).await
    }

    async fn on(cluster: Arc<cluster::Cluster>, url: String, config: Config, clock: Clock, demo: bool) -> Self {
        let (statements, leases) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        // The same allowance for statements as in the real service.
        let deadline = config.http.request_timeout() + std::time::Duration::from_secs(1);
        let mut db = stoa::database::connect(&url, 4, config.database.database_patience(), deadline).await.unwrap();
        let (counter, leased) = (statements.clone(), leases.clone());
        db.set_metric_callback(move |info| {
            let counter = if info.statement.sql.contains("lease_budget") { &leased } else { &counter };
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let app = App::new(&config, db.clone(), clock.clone(), demo).await.unwrap();
        let server = http::Server::new(&config, app.clone()).unwrap();
        let router = http::router(server.clone());
        Self { clock, db, app, server, router, config, url, statements, leases, _cluster: cluster }
    }

    /// The address of the database, as `DATABASE_URL` has it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sends a request as it is; [`Person::send`] fills in the usual headers.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let before = self.statements();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answer::new(parts, bytes.to_vec(), self.statements() - before)
    }

    /// Leases of budget since the service began: now and then one, whatever is asked.
    pub fn leases(&self) -> u32 {
        self.leases.load(Ordering::Relaxed)
    }

    /// Statements sent to the database since the service began, without the leases.
    pub fn statements(&self) -> u32 {
        self.statements.load(Ordering::Relaxed) + self.app.sent.load(Ordering::Relaxed)
    }

    /// The first column of the first row, as a number: `count(*)` and the like.
    pub async fn number(&self, sql: &str) -> i64 {
        let sql = format!("select ({sql})::int8");
        let row = self.db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    /// Changes the database behind the service's back.
    pub async fn db_run(&self, sql: &str) {
        self.db.execute_unprepared(sql).await.unwrap();
    }

    /// How many rows each table has: equal before and after means that nothing was written. Without the budgets, from
    /// which every request is paid, and the counts of wrong guesses.
    pub async fn row_counts(&self) -> Vec<(String, i64)> {
        let tables = "select table_name::text from information_schema.tables
                       where table_schema = 'public' and table_type = 'BASE TABLE'
                         and table_name not in ('budgets', 'sign_in_guards') order by 1";
        let rows = self.db.query_all_raw(Statement::from_string(DbBackend::Postgres, tables)).await.unwrap();
        let mut counts = Vec::new();
        for row in rows {
            let table: String = row.try_get_by_index(0).unwrap();
            counts.push((table.clone(), self.number(&format!("select count(*) from {table}")).await));
        }
        counts
    }

    /// Everything in the tables that mutations write, as one text: equal before and after means that nothing changed.
    pub async fn fingerprint(&self) -> String {
        let mut parts = Vec::new();
        for (table, count) in self.row_counts().await {
            let sql = format!("select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table} t");
            let row = self.db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().unwrap();
            parts.push(format!("{table} {count} {}", row.try_get_by_index::<String>(0).unwrap()));
        }
        parts.join("\n")
    }

    /// Nobody in particular.
    pub fn anonymous(&self) -> Person<'_> {
        Person::anonymous(self)
    }

    /// A new account with the role `subscriber`, signed in.
    pub async fn member(&self, username: &str) -> Person<'_> {
        Person::create(self, username, "subscriber").await
    }

    /// A new account with the role `admin`, signed in.
    pub async fn admin(&self, username: &str) -> Person<'_> {
        Person::create(self, username, "admin").await
    }

    /// A new account with the role `viewer`, signed in.
    pub async fn viewer(&self, username: &str) -> Person<'_> {
        Person::create(self, username, "viewer").await
    }

    /// An account that is there already, signed in.
    pub async fn existing(&self, username: &str) -> Person<'_> {
        Person::existing(self, username).await
    }
}

/// Where the fixed clock stands at the beginning of each test.
pub fn noon() -> DateTime<Utc> {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

/// The default settings, with what makes tests quick and independent of the environment.
fn config() -> Config {
    let matches = Config::augment_args(Command::new("tests")).get_matches_from(["tests"]);
    let mut config = Config::from_arg_matches(&matches).unwrap();
    config.database.database_url = None;
    config.auth.bcrypt_cost = 4;
    // Most tests count statements, and their clock stands still; those about it switch it on.
    config.auth.credential_cache = 0;
    config.auth.registration = Some(Registration::Open);
    config.auth.master_key = Some(MASTER_KEY.to_owned());
    config
}

/// One key for all tests: what is made from it is worth nothing elsewhere.
pub const MASTER_KEY: &str = "dGhlIG1hc3RlciBrZXkgb2YgYWxsIHRlc3RzIC4uLi4=";
