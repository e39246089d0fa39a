//! What a provider says of itself: fetched when it is needed, kept for an hour, fetched again when it signs with a key that
//! is not known.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
    CoreSubjectIdentifierType,
};
use openidconnect::{AdditionalProviderMetadata, DiscoveryError, IssuerUrl, ProviderMetadata};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::Trouble;
use super::http::Client;
use crate::clock::Clock;

/// For so long it is believed.
const KEPT: TimeDelta = TimeDelta::hours(1);
/// An unknown key is asked for no more often.
const REFRESHED: TimeDelta = TimeDelta::minutes(1);
/// A provider that did not answer is not asked for so long.
const SPARED: TimeDelta = TimeDelta::seconds(5);

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct More {
    /// Whether each answer names the issuer (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for More {}

pub type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

#[derive(Default)]
struct State {
    known: Option<(Arc<Metadata>, DateTime<Utc>)>,
    failed_at: Option<DateTime<Utc>>,
}

pub struct Known {
    /// As the settings call the provider, for the log.
    name: String,
    issuer: IssuerUrl,
    client: Client,
    clock: Clock,
    /// Held while it is fetched: whoever asks meanwhile gets the same answer.
    state: Mutex<State>,
}

impl Known {
    pub fn new(name: String, issuer: IssuerUrl, client: Client, clock: Clock) -> Self {
        Self { name, issuer, client, clock, state: Mutex::default() }
    }

    /// What the provider says. What is older than an hour is better than nothing.
    pub async fn get(&self) -> Result<Arc<Metadata>, Trouble> {
        let mut state = self.state.lock().await;
        let kept = state.known.clone();
        match kept {
            Some((metadata, since)) if self.clock.now() < since + KEPT => Ok(metadata),
            kept => self.fetch(&mut state).await.or(kept.map(|(metadata, _)| metadata).ok_or(Trouble::Unavailable)),
        }
    }

    /// What it says by now, unless it was asked a moment ago.
    pub async fn refreshed(&self) -> Option<Arc<Metadata>> {
        let mut state = self.state.lock().await;
        match state.known {
            Some((_, since)) if self.clock.now() < since + REFRESHED => None,
            _ => self.fetch(&mut state).await.ok(),
        }
    }

    async fn fetch(&self, state: &mut State) -> Result<Arc<Metadata>, Trouble> {
        let now = self.clock.now();
        if state.failed_at.is_some_and(|failed| now < failed + SPARED) {
            return Err(Trouble::Unavailable);
        }
        match Metadata::discover_async(self.issuer.clone(), &self.client).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *state = State { known: Some((metadata.clone(), now)), failed_at: None };
                Ok(metadata)
            }
            Err(cause) => {
                let cause = match &cause {
                    DiscoveryError::Request(lost) => lost.to_string(),
                    DiscoveryError::Response(status, ..) => format!("status {}", status.as_u16()),
                    DiscoveryError::Validation(_) => "it names another issuer than the settings".to_owned(),
                    _ => "its answer is not what it should be".to_owned(),
                };
                tracing::warn!(provider = self.name, cause, "a sign-in provider does not say how to sign in");
                state.failed_at = Some(now);
                Err(Trouble::Unavailable)
            }
        }
    }
}
