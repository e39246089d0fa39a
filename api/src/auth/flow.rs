//! What a sign-in with a provider needs while it is under way, without storage: token, state, nonce and verifier are HMACs
//! of its id under this service's key, each for its purpose.
//!
//! The state goes through addresses, which others may read. The token stays with the browser that began, so that the state
//! and a code alone complete nothing: nobody is signed in to somebody else's account by following a link.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::id::SignInFlowId;
use uuid::Uuid;

use super::confirmation::is_same;
use super::token::Tokens;

const PREFIX: &str = "stoa_fl_";

/// The secrets of one sign-in under way.
#[derive(Clone, Copy)]
pub struct Flow<'a> {
    pub id: SignInFlowId,
    tokens: &'a Tokens,
}

impl<'a> Flow<'a> {
    pub fn of(id: SignInFlowId, tokens: &'a Tokens) -> Self {
        Self { id, tokens }
    }

    /// Nothing unless this service made the token.
    pub fn read(token: &str, tokens: &'a Tokens) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX)?).ok()?;
        let (id, code) = bytes.split_first_chunk::<16>()?;
        let flow = Self::of(SignInFlowId(Uuid::from_bytes(*id)), tokens);
        is_same(&flow.derived("token"), code).then_some(flow)
    }

    /// What the browser keeps.
    pub fn token(self) -> String {
        let bytes = [self.id.0.as_bytes().as_slice(), &self.derived("token")].concat();
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What comes back with the code.
    pub fn state(self) -> String {
        URL_SAFE_NO_PAD.encode(self.derived("state"))
    }

    /// Whether a state is the one of this sign-in.
    pub fn has_state(self, state: &str) -> bool {
        is_same(self.state().as_bytes(), state.as_bytes())
    }

    /// What comes back in the ID token.
    pub fn nonce(self) -> String {
        URL_SAFE_NO_PAD.encode(self.derived("nonce"))
    }

    /// What is shown with the code (PKCE, RFC 7636).
    pub fn verifier(self) -> String {
        URL_SAFE_NO_PAD.encode(self.derived("verifier"))
    }

    fn derived(self, purpose: &str) -> [u8; 32] {
        self.tokens.keyed_hash(&[b"sign-in flow\0", purpose.as_bytes(), b"\0", self.id.0.as_bytes()])
    }
}
