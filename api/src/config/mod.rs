//! The settings, one struct a concern, each with a flag and a variable. The only reader of the environment.

mod auth;
mod compat;
mod database;
mod documents;
mod door;
mod federation;
mod http;
mod limits;
mod log;
mod mail;
mod telemetry;

use clap::Args;

pub use self::auth::{Auth, Registration};
pub use self::compat::Compat;
pub use self::database::Database;
pub use self::documents::{DocumentPolicy, Documents};
pub use self::door::{Door, Introspection};
pub use self::federation::{Federation, Provider, is_safe};
pub use self::http::Http;
pub use self::limits::{Budgets, Limits};
pub use self::log::{Log, LogFormat};
pub use self::mail::{Mail, SmtpSecurity, SmtpServer};
pub use self::telemetry::Telemetry;

/// Everything that `serve` needs to know.
#[derive(Args, Clone, Debug)]
pub struct Config {
    #[command(flatten)]
    pub http: Http,
    #[command(flatten)]
    pub door: Door,
    #[command(flatten)]
    pub database: Database,
    #[command(flatten)]
    pub auth: Auth,
    #[command(flatten)]
    pub compat: Compat,
    #[command(flatten)]
    pub federation: Federation,
    #[command(flatten)]
    pub mail: Mail,
    #[command(flatten)]
    pub limits: Limits,
    #[command(flatten)]
    pub budgets: Budgets,
    #[command(flatten)]
    pub documents: Documents,
    #[command(flatten)]
    pub telemetry: Telemetry,
}

impl Config {
    /// Refuses settings that contradict each other. `demo` is the mode with one-click sign-in.
    pub fn check(&self, demo: bool) -> anyhow::Result<()> {
        anyhow::ensure!(
            !demo || self.http.listen.ip().is_loopback(),
            "The demo lets anybody in with one click, so it listens on loopback only: STOA_LISTEN is {}.",
            self.http.listen
        );
        self.http.check()?;
        self.door.check()?;
        self.database.check()?;
        self.limits.check()?;
        self.budgets.check()?;
        self.telemetry.check()?;
        self.federation.check()?;
        self.mail.check()?;
        self.compat.check()?;
        self.auth.check()
    }
}
