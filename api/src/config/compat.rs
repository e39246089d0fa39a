//! The settings of ways in for old clients.

use clap::Args;
use clap::builder::BoolishValueParser;

/// What else than access tokens and keys lets somebody in. All of it is off unless it is switched on.
#[derive(Args, Clone, Debug)]
pub struct Compat {
    /// Take `Authorization: Basic` with the name and the password of an account.
    #[arg(long, env = "STOA_BASIC_AUTH", value_parser = BoolishValueParser::new())]
    pub basic_auth: bool,
    /// A pair `name:password` of an old installation, which acts as the default account where Basic is taken.
    #[arg(long, env = "STOA_LEGACY_BASIC", hide_env_values = true, value_name = "PAIR")]
    pub legacy_basic: Option<String>,
    /// User name of the default account; it is made when the old pair is first used.
    #[arg(long, env = "STOA_DEFAULT_ACCOUNT", default_value = "default", value_name = "USERNAME")]
    pub default_account: String,
    /// Believe `X-User-ID` of whoever asks from this machine or a private network, without any credential.
    #[arg(long, env = "STOA_HOME_NETWORK", value_parser = BoolishValueParser::new())]
    pub home_network: bool,
    /// Who somebody in the home network is who does not send `X-User-ID`: a number, handle, user name or id.
    #[arg(long, env = "STOA_HOME_NETWORK_USER", value_name = "USER")]
    pub home_network_user: Option<String>,
}

impl Compat {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.legacy_basic.is_none() || self.basic_auth,
            "STOA_LEGACY_BASIC needs STOA_BASIC_AUTH=true."
        );
        let is_pair = |pair: &String| pair.split_once(':').is_some_and(|(_, password)| password.len() >= 8);
        anyhow::ensure!(
            self.legacy_basic.as_ref().is_none_or(is_pair),
            "STOA_LEGACY_BASIC is a name, a colon and a password of at least 8 characters."
        );
        anyhow::ensure!(
            self.home_network_user.is_none() || self.home_network,
            "STOA_HOME_NETWORK_USER needs STOA_HOME_NETWORK=true."
        );
        Ok(())
    }
}
