//! The settings of identity.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

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
    /// Who a credential belongs to and what they may do is believed for so many milliseconds unless a change is heard of;
    /// 0 asks the database each time. At most 2000.
    #[arg(long, env = "STOA_CREDENTIAL_CACHE", default_value = "1000", value_name = "MILLISECONDS")]
    pub credential_cache: u32,
    /// Work factor of new password hashes, 4 to 31: each step doubles the time.
    #[arg(long, env = "STOA_BCRYPT_COST", default_value = "12", value_parser = clap::value_parser!(u32).range(4..=31))]
    pub bcrypt_cost: u32,
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
    pub(super) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.access_token_lifetime <= self.session_lifetime,
            "STOA_ACCESS_TOKEN_LIFETIME must not be longer than STOA_SESSION_LIFETIME."
        );
        anyhow::ensure!(self.credential_cache <= 2000, "STOA_CREDENTIAL_CACHE must be at most 2000 milliseconds.");
        anyhow::ensure!(
            (1..=72).contains(&self.password_min_length),
            "PASSWORD_MIN_LENGTH must be between 1 and 72: bcrypt reads no more."
        );
        Ok(())
    }
}
