//! The settings of identity.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::Database;
use crate::auth::master::MasterKey;

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
    /// A session ends when nobody uses it for so many seconds.
    #[arg(long, env = "USER_SESSION_TIMEOUT", default_value = "3600", value_name = "SECONDS")]
    pub user_session_timeout: u32,
    /// Live sessions of one account; beyond them the one that was not used for the longest time ends.
    #[arg(
        long, env = "STOA_SESSION_CEILING", default_value = "25", value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    pub session_ceiling: u32,
    /// What happened to an account is kept for its owner for so many days.
    #[arg(
        long, env = "USER_ACTIVITY_RETENTION_DAYS", default_value = "365",
        value_parser = clap::value_parser!(u32).range(1..=36_500)
    )]
    pub user_activity_retention_days: u32,
    /// For so many days a device is trusted.
    #[arg(
        long, env = "STOA_DEVICE_TRUST_DAYS", default_value = "30", value_parser = clap::value_parser!(u32).range(1..=3650)
    )]
    pub device_trust_days: u32,
    /// For so many seconds a second factor that was shown counts for what wants a recent one.
    #[arg(
        long, env = "STOA_SECOND_FACTOR_WINDOW", default_value = "900", value_name = "SECONDS",
        value_parser = clap::value_parser!(u32).range(60..=86_400)
    )]
    pub second_factor_window: u32,
    /// What authenticator apps call this service, 1 to 64 characters without a colon.
    #[arg(long, env = "STOA_SERVICE_NAME", default_value = "Stoa", value_name = "NAME")]
    pub service_name: String,
    /// The master key: 32 bytes in base 64. The service's secrets are made from it. If not given, it is in a file.
    #[arg(long, env = "STOA_MASTER_KEY", hide_env_values = true, value_name = "BASE64")]
    pub master_key: Option<String>,
    /// File with the master key; made on the first start. Default: in the data folder.
    #[arg(long, env = "STOA_MASTER_KEY_FILE")]
    pub master_key_file: Option<PathBuf>,
    /// After so many days a new key signs the access tokens; 0 for never.
    #[arg(long, env = "STOA_KEY_ROTATION_DAYS", default_value = "30", value_name = "DAYS")]
    pub key_rotation_days: u32,
    /// Who a credential belongs to and what they may do is believed for so many milliseconds unless a change is heard of;
    /// 0 asks the database each time. At most 2000.
    #[arg(long, env = "STOA_CREDENTIAL_CACHE", default_value = "1000", value_name = "MILLISECONDS")]
    pub credential_cache: u32,
    /// Work factor of new password hashes, 4 to 31: each step doubles the time.
    #[arg(long, env = "STOA_BCRYPT_COST", default_value = "12", value_parser = clap::value_parser!(u32).range(4..=31))]
    pub bcrypt_cost: u32,
    /// Wrong passwords or codes in a row after which an account admits no more for a minute, then twice as long each time.
    #[arg(long, env = "MAX_LOGIN_ATTEMPTS", default_value = "5", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub max_login_attempts: u32,
    /// The same for a network address over all accounts; it gets one back each minute.
    #[arg(
        long, env = "STOA_NETWORK_LOGIN_ATTEMPTS", default_value = "50",
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    pub max_network_attempts: u32,
    /// Shortest password that is accepted, in characters.
    #[arg(long, env = "PASSWORD_MIN_LENGTH", default_value = "8")]
    pub password_min_length: usize,
    /// How hard to guess a new password has to be, 0 to 4: 1 withstands a thousand guesses, 2 a million, 3 a hundred
    /// million, 4 ten thousand million. 0 asks for nothing. Known breached passwords are refused in any case.
    #[arg(long, env = "STOA_PASSWORD_MIN_SCORE", default_value = "2", value_parser = clap::value_parser!(u8).range(0..=4))]
    pub password_min_score: u8,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Registration {
    Open,
    Invite,
    Closed,
}

impl Auth {
    /// Where the master key is kept, unless it is given.
    pub fn master_key_file(&self, database: &Database) -> PathBuf {
        self.master_key_file.clone().unwrap_or_else(|| database.data_dir.join("master.key"))
    }

    /// The master key; made on the first start.
    pub fn master_key(&self, database: &Database) -> anyhow::Result<MasterKey> {
        match &self.master_key {
            Some(text) => MasterKey::parse(text).context("STOA_MASTER_KEY"),
            None => MasterKey::load_or_create(&self.master_key_file(database)),
        }
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.access_token_lifetime <= self.session_lifetime,
            "STOA_ACCESS_TOKEN_LIFETIME must not be longer than STOA_SESSION_LIFETIME."
        );
        anyhow::ensure!(
            self.access_token_lifetime <= self.user_session_timeout,
            "STOA_ACCESS_TOKEN_LIFETIME must not be longer than USER_SESSION_TIMEOUT."
        );
        let name = self.service_name.trim();
        anyhow::ensure!(
            (1..=64).contains(&name.chars().count()) && !name.chars().any(|c| c == ':' || c.is_control()),
            "STOA_SERVICE_NAME must have 1 to 64 characters, none of them a colon: authenticators divide names by it."
        );
        anyhow::ensure!(self.credential_cache <= 2000, "STOA_CREDENTIAL_CACHE must be at most 2000 milliseconds.");
        anyhow::ensure!(
            (1..=72).contains(&self.password_min_length),
            "PASSWORD_MIN_LENGTH must be between 1 and 72: bcrypt reads no more."
        );
        Ok(())
    }
}
