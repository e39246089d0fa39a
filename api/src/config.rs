//! The settings, one struct a concern, each with a flag and a variable. The only reader of the environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::graphql::engine;

/// Where the service listens and how it answers.
#[derive(Args, Clone, Debug)]
pub struct Http {
    /// Address and port to listen on.
    #[arg(long, env = "STOA_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// A request, its SQL included, ends after so many seconds.
    #[arg(long, env = "STOA_REQUEST_TIMEOUT", default_value = "10", value_name = "SECONDS")]
    pub request_timeout: u64,
    /// Largest body that is read, in bytes.
    #[arg(long, env = "STOA_BODY_LIMIT", default_value = "262144", value_name = "BYTES")]
    pub body_limit: usize,
    /// On a signal, running requests get so many seconds to end.
    #[arg(long, env = "STOA_DRAIN_TIMEOUT", default_value = "10", value_name = "SECONDS")]
    pub drain_timeout: u64,
    /// The head of a request has to arrive within so many seconds.
    #[arg(long, env = "STOA_HEADER_TIMEOUT", default_value = "10", value_name = "SECONDS")]
    pub header_timeout: u64,
    /// Most connections at a time, sockets and event streams included.
    #[arg(long, env = "STOA_CONNECTION_LIMIT", default_value = "1000")]
    pub connection_limit: u32,
    /// Most operations at a time on one socket.
    #[arg(long, env = "STOA_SOCKET_OPERATION_LIMIT", default_value = "100")]
    pub socket_operation_limit: usize,
    /// Other sites whose pages may open sockets, e.g. https://chat.example.org; separated by commas.
    #[arg(long, env = "STOA_ALLOWED_ORIGINS", value_delimiter = ',', value_name = "ORIGINS")]
    pub allowed_origins: Vec<String>,
}

/// Where the data is.
#[derive(Args, Clone, Debug)]
pub struct Database {
    /// PostgreSQL to use, e.g. postgres://stoa:secret@db/stoa. Without it the service runs a private one of its own.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Folder of the private PostgreSQL and the signing key.
    #[arg(long, env = "STOA_DATA_DIR", default_value = ".stoa")]
    pub data_dir: PathBuf,
    /// Folder of the PostgreSQL programs, when they are not where distributions put them.
    #[arg(long, env = "STOA_PG_BIN_DIR")]
    pub pg_bin_dir: Option<PathBuf>,
    /// Connections this process holds.
    #[arg(long, env = "STOA_DATABASE_CONNECTIONS", default_value = "16")]
    pub database_connections: u32,
}

/// Who may come in, and for how long.
#[derive(Args, Clone, Debug)]
pub struct Auth {
    /// Who may register: anybody, people with an invitation, nobody. Closed if not given; open in the demo.
    #[arg(long, env = "STOA_REGISTRATION")]
    pub registration: Option<Registration>,
    /// `iss` of the access tokens.
    #[arg(long, env = "STOA_TOKEN_ISSUER", default_value = "stoa")]
    pub token_issuer: String,
    /// `aud` of the access tokens.
    #[arg(long, env = "STOA_TOKEN_AUDIENCE", default_value = "stoa")]
    pub token_audience: String,
    /// Lifetime of an access token in seconds.
    #[arg(long, env = "STOA_ACCESS_TOKEN_LIFETIME", default_value = "900", value_name = "SECONDS")]
    pub access_token_lifetime: u32,
    /// Lifetime of a session in seconds, however often it is refreshed.
    #[arg(long, env = "STOA_SESSION_LIFETIME", default_value = "2592000", value_name = "SECONDS")]
    pub session_lifetime: u32,
    /// File with the Ed25519 key that signs tokens (PKCS #8 PEM); made on the first start. Default: in the data folder.
    #[arg(long, env = "STOA_SIGNING_KEY_FILE")]
    pub signing_key_file: Option<PathBuf>,
    /// Work factor of new password hashes, 4 to 31: each step doubles the time.
    #[arg(long, env = "STOA_BCRYPT_COST", default_value = "12", value_parser = clap::value_parser!(u32).range(4..=31))]
    pub bcrypt_cost: u32,
    /// Shortest password that is accepted, in characters.
    #[arg(long, env = "PASSWORD_MIN_LENGTH", default_value = "8")]
    pub password_min_length: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Registration {
    Open,
    Invite,
    Closed,
}

/// What is logged, to standard error.
#[derive(Args, Clone, Debug)]
pub struct Log {
    /// Which lines: a level, or targets with levels such as info,stoa=debug.
    #[arg(long, env = "STOA_LOG", default_value = "info,sqlx=warn,sea_orm_migration=warn", global = true)]
    pub log: String,
    /// In which form.
    #[arg(long, env = "STOA_LOG_FORMAT", default_value = "text", global = true)]
    pub log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// How large a request may be.
#[derive(Args, Clone, Debug)]
pub struct Limits {
    /// Longest document, in characters.
    #[arg(long, env = "STOA_DOCUMENT_LIMIT", default_value = "20000")]
    pub document_limit: usize,
    /// Most tokens in a document.
    #[arg(long, env = "STOA_TOKEN_LIMIT", default_value = "2000")]
    pub token_limit: usize,
    /// Most fields after all fragments are written out.
    #[arg(long, env = "STOA_EXPANSION_LIMIT", default_value = "5000")]
    pub expansion_limit: usize,
    /// Deepest nesting of fields.
    #[arg(long, env = "STOA_DEPTH_LIMIT", default_value = "15")]
    pub depth_limit: usize,
    /// Most aliases in a document.
    #[arg(long, env = "STOA_ALIAS_LIMIT", default_value = "30")]
    pub alias_limit: usize,
    /// Most fields at the root of an operation.
    #[arg(long, env = "STOA_ROOT_FIELD_LIMIT", default_value = "50")]
    pub root_field_limit: usize,
    /// Most directives at one place.
    #[arg(long, env = "STOA_DIRECTIVE_LIMIT", default_value = "10")]
    pub directive_limit: usize,
    /// Most items of one page.
    #[arg(long, env = "STOA_PAGE_LIMIT", default_value = "100")]
    pub page_limit: usize,
    /// Prepared documents that are kept.
    #[arg(long, env = "STOA_DOCUMENT_CACHE", default_value = "1000")]
    pub document_cache: usize,
}

/// How much may be asked for, in units of cost.
#[derive(Args, Clone, Debug)]
pub struct Budgets {
    /// Highest price of a document.
    #[arg(long, env = "STOA_COST_LIMIT", default_value = "20000", value_name = "UNITS")]
    pub cost_limit: u32,
    /// Budget of each user.
    #[arg(long, env = "STOA_COST_BUDGET", default_value = "200000", value_name = "UNITS")]
    pub cost_budget: u32,
    /// Of a user's budget, so much comes back each second.
    #[arg(long, env = "STOA_COST_RESTORE", default_value = "5000", value_name = "UNITS")]
    pub cost_restore: u32,
    /// Budget of each network address from which people come who are not signed in.
    #[arg(long, env = "STOA_ANONYMOUS_COST_BUDGET", default_value = "100000", value_name = "UNITS")]
    pub anonymous_cost_budget: u32,
    /// Of an address's budget, so much comes back each second.
    #[arg(long, env = "STOA_ANONYMOUS_COST_RESTORE", default_value = "2000", value_name = "UNITS")]
    pub anonymous_cost_restore: u32,
}

/// Everything that `serve` needs to know.
#[derive(Args, Clone, Debug)]
pub struct Config {
    #[command(flatten)]
    pub http: Http,
    #[command(flatten)]
    pub database: Database,
    #[command(flatten)]
    pub auth: Auth,
    #[command(flatten)]
    pub limits: Limits,
    #[command(flatten)]
    pub budgets: Budgets,
}

impl Http {
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout)
    }

    pub fn header_timeout(&self) -> Duration {
        Duration::from_secs(self.header_timeout)
    }

    pub fn drain_timeout(&self) -> Duration {
        Duration::from_secs(self.drain_timeout)
    }
}

impl Database {
    /// Where the key that signs tokens is kept.
    pub fn signing_key_file(&self, auth: &Auth) -> PathBuf {
        auth.signing_key_file.clone().unwrap_or_else(|| self.data_dir.join("signing-key.pem"))
    }
}

impl Config {
    /// Refuses settings that contradict each other. `demo` is the mode with one-click sign-in.
    pub fn check(&self, demo: bool) -> anyhow::Result<()> {
        let Config { http, database, auth, limits, budgets } = self;
        anyhow::ensure!(
            !demo || http.listen.ip().is_loopback(),
            "The demo lets anybody in with one click, so it listens on loopback only: STOA_LISTEN is {}.",
            http.listen
        );
        anyhow::ensure!(http.request_timeout > 0, "STOA_REQUEST_TIMEOUT must be at least 1 second.");
        anyhow::ensure!(http.header_timeout > 0, "STOA_HEADER_TIMEOUT must be at least 1 second.");
        anyhow::ensure!(
            (1..=1_000_000).contains(&http.connection_limit),
            "STOA_CONNECTION_LIMIT must be between 1 and 1000000."
        );
        anyhow::ensure!(http.socket_operation_limit > 0, "STOA_SOCKET_OPERATION_LIMIT must be at least 1.");
        if let Some(origin) = http.allowed_origins.iter().find(|origin| !is_origin(origin)) {
            anyhow::bail!("STOA_ALLOWED_ORIGINS: {origin} is not an origin such as https://chat.example.org.");
        }
        anyhow::ensure!(database.database_connections >= 2, "STOA_DATABASE_CONNECTIONS must be at least 2.");
        anyhow::ensure!(limits.page_limit >= 20, "STOA_PAGE_LIMIT must be at least the default page of 20.");
        for (name, value) in [
            ("STOA_COST_LIMIT", budgets.cost_limit),
            ("STOA_COST_BUDGET", budgets.cost_budget),
            ("STOA_COST_RESTORE", budgets.cost_restore),
            ("STOA_ANONYMOUS_COST_BUDGET", budgets.anonymous_cost_budget),
            ("STOA_ANONYMOUS_COST_RESTORE", budgets.anonymous_cost_restore),
        ] {
            anyhow::ensure!(value > 0, "{name} must be at least 1.");
        }
        anyhow::ensure!(
            auth.access_token_lifetime <= auth.session_lifetime,
            "STOA_ACCESS_TOKEN_LIFETIME must not be longer than STOA_SESSION_LIFETIME."
        );
        anyhow::ensure!(
            (1..=72).contains(&auth.password_min_length),
            "PASSWORD_MIN_LENGTH must be between 1 and 72: bcrypt reads no more."
        );
        Ok(())
    }
}

/// A scheme and a host, perhaps with a port; nothing after it.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', ' ', '?', '#', '@']))
}

impl Limits {
    pub fn engine(&self) -> engine::Limits {
        engine::Limits {
            document_bytes: self.document_limit,
            tokens: self.token_limit,
            expansion: self.expansion_limit,
            depth: self.depth_limit,
            aliases: self.alias_limit,
            root_fields: self.root_field_limit,
            directives: self.directive_limit,
            cached_documents: self.document_cache,
            once_per_request: &["signIn", "demoSignIn", "register", "refreshSession"],
            ..engine::Limits::default()
        }
    }
}
