//! Signing in with providers that know people already (OpenID Connect): where to send somebody, and who they turn out to
//! be. Knows nothing of accounts.
//!
//! - What a provider says of itself, its keys among it, is fetched when it is first needed and kept in memory. A provider
//!   that does not answer is asked again after a few seconds; meanwhile nobody waits for it.
//! - No redirect is followed, answers have a size and a time, and what is not on this machine is asked by HTTPS only.
//! - What a provider answers is never shown or logged: there may be a secret in it.

mod http;
mod known;
mod profile;
mod provider;

use crate::clock::Clock;
use crate::config::Federation;

pub use self::profile::Profile;
pub use self::provider::{Arrival, Provider, Shown};

/// Why nobody is known in the end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trouble {
    /// What was shown is worth nothing.
    Worthless,
    /// The provider does not answer, or not as it should.
    Unavailable,
}

/// The providers of the settings.
pub struct Providers(Vec<Provider>);

impl Providers {
    pub fn new(settings: &Federation, clock: &Clock) -> anyhow::Result<Self> {
        let providers = settings.providers()?;
        if providers.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let client = http::Client::new();
        let provider = |one| Provider::new(one, client.clone(), clock.clone());
        Ok(Self(providers.into_iter().map(provider).collect::<anyhow::Result<_>>()?))
    }

    pub fn all(&self) -> &[Provider] {
        &self.0
    }

    pub fn get(&self, name: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.name() == name)
    }
}
