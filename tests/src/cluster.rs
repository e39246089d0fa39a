//! The throw-away PostgreSQL of the tests, and the templates that databases are cloned from.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use stoa::clock::Clock;
use stoa::database::{embedded, migrate};
use stoa::domain::role::seed;
use tokio::sync::OnceCell;

use crate::Start;

/// How long the server waits for the next test process.
const LINGER: Duration = Duration::from_secs(5);
/// A number of our own for the lock under which a template is built.
const LOCK: i64 = 0x74_65_73_74;

pub struct Cluster {
    server: Option<embedded::Server>,
}

static SHARED: OnceCell<Arc<Cluster>> = OnceCell::const_new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

pub async fn shared() -> Arc<Cluster> {
    SHARED.get_or_init(|| async { Arc::new(Cluster::start().await) }).await.clone()
}

impl Cluster {
    async fn start() -> Self {
        if std::env::var_os("DATABASE_URL").is_some() {
            return Self { server: None };
        }
        let options = embedded::Options {
            data_dir: folder(),
            bin_dir: std::env::var_os("STOA_PG_BIN_DIR").map(PathBuf::from),
            durable: false,
            linger: LINGER,
            max_connections: 400,
        };
        let server = tokio::task::spawn_blocking(move || embedded::Server::start(&options)).await.unwrap();
        Self { server: Some(server.unwrap()) }
    }

    fn url(&self, database: &str) -> String {
        match &self.server {
            Some(server) => server.url(database),
            None => {
                let given = std::env::var("DATABASE_URL").unwrap();
                let (address, parameters) = given.split_once('?').unwrap_or((&given, ""));
                let (host, _) = address.rsplit_once('/').expect("DATABASE_URL names a database");
                format!("{host}/{database}?{parameters}")
            }
        }
    }

    /// The address of a new database that starts as asked.
    pub async fn clone_database(&self, start: Start) -> String {
        let maintenance = connect(&self.url("postgres")).await;
        let template = self.template(&maintenance, start).await;
        self.drop_left_over(&maintenance).await;
        let name = format!("stoa_test_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
        maintenance.execute_unprepared(&format!("drop database if exists {name} with (force)")).await.unwrap();
        let strategy = if self.server.is_some() { "file_copy" } else { "wal_log" };
        let create = format!("create database {name} template {template} strategy {strategy}");
        maintenance.execute_unprepared(&create).await.unwrap();
        maintenance.close().await.unwrap();
        self.url(&name)
    }

    async fn template(&self, maintenance: &DatabaseConnection, start: Start) -> String {
        let name = format!("stoa_template_{}_{}", if start == Start::Demo { "demo" } else { "empty" }, version());
        if exists(maintenance, &name).await {
            return name;
        }
        // One connection holds the lock for as long as the template is being built.
        maintenance.execute_unprepared(&format!("select pg_advisory_lock({LOCK})")).await.unwrap();
        if !exists(maintenance, &name).await {
            let draft = format!("{name}_draft");
            maintenance.execute_unprepared(&format!("drop database if exists {draft} with (force)")).await.unwrap();
            maintenance.execute_unprepared(&format!("create database {draft}")).await.unwrap();
            let db = connect(&self.url(&draft)).await;
            migrate::up(&db).await.unwrap();
            seed::seed(&db, &Clock::fixed(crate::noon())).await.unwrap();
            if start == Start::Demo {
                stoa::demo::load(&db, &Clock::fixed(crate::noon())).await.unwrap();
            }
            db.close().await.unwrap();
            maintenance.execute_unprepared(&format!("alter database {draft} rename to {name}")).await.unwrap();
        }
        maintenance.execute_unprepared(&format!("select pg_advisory_unlock({LOCK})")).await.unwrap();
        name
    }

    /// Drops a few databases of processes that are gone, so that they do not pile up.
    async fn drop_left_over(&self, maintenance: &DatabaseConnection) {
        let ask = "select datname::text from pg_database where datname like 'stoa\\_test\\_%'";
        let rows = maintenance.query_all_raw(Statement::from_string(DbBackend::Postgres, ask)).await.unwrap();
        let gone = rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap()).filter(|name| {
            let pid = name.split('_').nth(2).unwrap_or_default();
            !PathBuf::from(format!("/proc/{pid}")).exists()
        });
        for name in gone.take(2) {
            // Another process may be at it already.
            let _ = maintenance.execute_unprepared(&format!("drop database if exists {name} with (force)")).await;
        }
    }
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).min_connections(1).sqlx_logging(false).acquire_timeout(Duration::from_secs(60));
    Database::connect(options).await.unwrap()
}

async fn exists(db: &DatabaseConnection, name: &str) -> bool {
    let ask = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "select 1 from pg_database where datname = $1",
        [name.into()],
    );
    db.query_one_raw(ask).await.unwrap().is_some()
}

/// Names the template after the migrations and this build, so that no change of either meets an old one.
fn version() -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    use std::os::unix::fs::MetadataExt;
    let mut hasher = DefaultHasher::new();
    for script in migration::SCRIPTS {
        (script.name, script.up).hash(&mut hasher);
    }
    let build = std::fs::metadata(std::env::current_exe().unwrap()).unwrap();
    (build.size(), build.mtime(), build.mtime_nsec()).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Where the throw-away server lives: a folder that the database's own user can pass through.
pub fn folder() -> PathBuf {
    match std::env::var_os("STOA_TEST_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/test-postgres"),
    }
}
