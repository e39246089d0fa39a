//! One provider: where to send people, and who they are when they come back.

use std::sync::Arc;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdTokenClaims, CoreIdTokenVerifier,
    CoreJwsSigningAlgorithm, CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::{
    AccessToken, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError, SubjectIdentifier,
    TokenResponse,
};

use super::http::Client;
use super::known::{Known, Metadata};
use super::{Profile, Trouble};
use crate::auth::flow::Flow;
use crate::clock::Clock;
use crate::config;

/// How an ID token may be signed: with a key of which the provider alone has the private half.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Longest name of a person that is taken from a provider, as the standard has it.
const LONGEST_SUBJECT: usize = 255;

type Endpoints =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

pub struct Provider {
    settings: config::Provider,
    known: Known,
    client: Client,
    clock: Clock,
}

/// What came back with the browser.
pub struct Arrival<'a> {
    pub redirect_uri: &'a str,
    pub code: String,
    /// Who sent it, by the address (RFC 9207).
    pub issuer: Option<&'a str>,
}

/// Who somebody is at a provider.
pub struct Shown {
    pub issuer: String,
    pub subject: String,
    pub profile: Profile,
    /// With which the provider tells more of them.
    access_token: AccessToken,
}

impl Provider {
    pub(super) fn new(settings: config::Provider, client: Client, clock: Clock) -> anyhow::Result<Self> {
        let issuer = IssuerUrl::new(settings.issuer.clone())?;
        let known = Known::new(settings.name.clone(), issuer, client.clone(), clock.clone());
        Ok(Self { settings, known, client, clock })
    }

    pub fn name(&self) -> &str {
        &self.settings.name
    }

    pub fn display_name(&self) -> &str {
        &self.settings.display_name
    }

    /// Whether people may come back to this page.
    pub fn may_return_to(&self, uri: &str) -> bool {
        self.settings.redirect_uris.iter().any(|allowed| allowed == uri)
    }

    /// Where to send the browser.
    pub async fn authorization_url(&self, flow: Flow<'_>, redirect_uri: &str) -> Result<String, Trouble> {
        let metadata = self.known.get().await?;
        let endpoints = self.endpoints(&metadata, redirect_uri)?;
        let verifier = PkceCodeVerifier::new(flow.verifier());
        let scopes = self.settings.scopes.iter().filter(|scope| *scope != "openid");
        let (state, nonce) = (CsrfToken::new(flow.state()), Nonce::new(flow.nonce()));
        let (url, _, _) = endpoints
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state.clone(), move || nonce.clone())
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .add_scopes(scopes.cloned().map(Scope::new))
            .url();
        if config::is_safe(&url) { Ok(url.into()) } else { Err(Trouble::Unavailable) }
    }

    /// Who the code speaks of. It is shown to the provider once.
    pub async fn redeem(&self, flow: Flow<'_>, arrival: Arrival<'_>) -> Result<Shown, Trouble> {
        let metadata = self.known.get().await?;
        let is_named = metadata.additional_metadata().authorization_response_iss_parameter_supported;
        match arrival.issuer {
            Some(issuer) if issuer != self.settings.issuer => return Err(self.refuse("another issuer sent it")),
            None if is_named => return Err(self.refuse("it does not name the issuer")),
            _ => {}
        }
        let endpoints = self.endpoints(&metadata, arrival.redirect_uri)?;
        let request = endpoints.exchange_code(AuthorizationCode::new(arrival.code));
        let request = request.map_err(|_| self.miss("it names no token endpoint"))?;
        let answer =
            request.set_pkce_verifier(PkceCodeVerifier::new(flow.verifier())).request_async(&self.client).await;
        let answer: CoreTokenResponse = answer.map_err(|cause| match &cause {
            RequestTokenError::ServerResponse(said) if said.error().as_ref() == "invalid_grant" => {
                self.refuse("the code is worth nothing")
            }
            RequestTokenError::ServerResponse(_) => self.miss("it refuses this client: see its settings"),
            RequestTokenError::Request(lost) => self.miss(&lost.to_string()),
            _ => self.miss("its answer is not what it should be"),
        })?;
        let claims = self.verified(&metadata, &endpoints, &answer, &Nonce::new(flow.nonce())).await?;
        let (issuer, subject) = (claims.issuer().to_string(), claims.subject().to_string());
        if subject.is_empty() || subject.len() > LONGEST_SUBJECT || subject.contains('\0') {
            return Err(self.refuse("the person has no name that can be kept"));
        }
        let access_token = answer.access_token().clone();
        Ok(Shown { issuer, subject, profile: Profile::of_token(&claims), access_token })
    }

    /// What the provider says of the person besides what it has said already.
    pub async fn ask_more(&self, shown: &mut Shown) -> Result<(), Trouble> {
        if shown.profile.is_whole() {
            return Ok(());
        }
        let metadata = self.known.get().await?;
        if metadata.userinfo_endpoint().is_none() {
            return Ok(());
        }
        let endpoints = CoreClient::from_provider_metadata(
            Metadata::clone(&metadata),
            ClientId::new(self.settings.client_id.clone()),
            None,
        );
        let subject = SubjectIdentifier::new(shown.subject.clone());
        let request = endpoints.user_info(shown.access_token.clone(), Some(subject));
        let request = request.map_err(|_| self.miss("it tells nothing of people"))?;
        let claims: Result<CoreUserInfoClaims, _> = request.request_async(&self.client).await;
        let claims = claims.map_err(|_| self.miss("it tells nothing of people"))?;
        let said = std::mem::take(&mut shown.profile);
        shown.profile = said.or(Profile::of_user_info(&claims));
        Ok(())
    }

    fn endpoints(&self, metadata: &Arc<Metadata>, redirect_uri: &str) -> Result<Endpoints, Trouble> {
        let settings = &self.settings;
        let secret = settings.client_secret.clone().map(ClientSecret::new);
        let client_id = ClientId::new(settings.client_id.clone());
        let endpoints = CoreClient::from_provider_metadata(Metadata::clone(metadata), client_id, secret);
        // In the header is what everybody has to take, unless they say otherwise.
        let ways = metadata.token_endpoint_auth_methods_supported();
        let auth = match ways.is_none_or(|ways| ways.contains(&CoreClientAuthMethod::ClientSecretBasic)) {
            true => AuthType::BasicAuth,
            false => AuthType::RequestBody,
        };
        let redirect = RedirectUrl::new(redirect_uri.to_owned()).map_err(|_| Trouble::Worthless)?;
        Ok(endpoints.set_auth_type(auth).set_redirect_uri(redirect))
    }

    /// The claims of the answer's ID token, if it is the provider's, for this client and for this sign-in.
    async fn verified(
        &self,
        metadata: &Arc<Metadata>,
        endpoints: &Endpoints,
        answer: &CoreTokenResponse,
        nonce: &Nonce,
    ) -> Result<CoreIdTokenClaims, Trouble> {
        let token = answer.id_token().ok_or_else(|| self.refuse("there is no ID token"))?;
        let clock = self.clock.clone();
        let ours = |verifier: CoreIdTokenVerifier<'_>| {
            let (clock, verifier) = (clock.clone(), verifier.set_allowed_algs(ALGORITHMS));
            token.claims(&verifier.set_time_fn(move || clock.now()), nonce).cloned()
        };
        let mut claims = ours(endpoints.id_token_verifier());
        let is_unknown = matches!(
            &claims,
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey))
        );
        if is_unknown && let Some(newer) = self.known.refreshed().await {
            let redirect = endpoints.redirect_uri().map_or("", |uri| uri.as_str());
            claims = ours(self.endpoints(&newer, redirect)?.id_token_verifier());
        }
        let claims = claims.map_err(|cause| self.refuse(why(&cause)))?;
        // The crate leaves this one to its callers.
        match claims.authorized_party() {
            Some(party) if party.as_str() != self.settings.client_id => Err(self.refuse("it is another client's")),
            _ if claims.issuer() != metadata.issuer() => Err(self.refuse("it is another issuer's")),
            _ => Ok(claims),
        }
    }

    fn refuse(&self, why: &str) -> Trouble {
        tracing::info!(provider = self.settings.name, why, "a sign-in with a provider was refused");
        Trouble::Worthless
    }

    fn miss(&self, cause: &str) -> Trouble {
        tracing::warn!(provider = self.settings.name, cause, "a sign-in provider is not available");
        Trouble::Unavailable
    }
}

/// Says which check failed and nothing of the token.
fn why(cause: &ClaimsVerificationError) -> &'static str {
    match cause {
        ClaimsVerificationError::Expired(_) => "the ID token has expired",
        ClaimsVerificationError::InvalidAudience(_) => "the ID token is for another client",
        ClaimsVerificationError::InvalidIssuer(_) => "the ID token is another issuer's",
        ClaimsVerificationError::InvalidNonce(_) => "the ID token is for another sign-in",
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
            "the ID token is signed with a key that the provider does not publish"
        }
        ClaimsVerificationError::SignatureVerification(_) => "the ID token's signature is wrong",
        _ => "the ID token is not what it should be",
    }
}
