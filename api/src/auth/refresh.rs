//! Refresh tokens without storage: `HMAC-SHA-256(secret, session id ‖ generation)`.
//!
//! A session row keeps only the highest generation it has issued. Presenting generation n while n is the highest moves
//! the session to n + 1; presenting n again (a lost answer, a parallel tab) gives the same successor n + 1 as long as
//! that successor has not been used itself; anything older is a replay and ends the session.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::id::SessionId;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

use super::token::Tokens;

const PREFIX: &str = "stoa_rt_";

/// What a genuine refresh token names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RefreshToken {
    pub session: SessionId,
    pub generation: i32,
}

impl RefreshToken {
    pub fn write(self, tokens: &Tokens) -> String {
        let mut bytes = self.named();
        bytes.extend_from_slice(&self.code(tokens).finalize().into_bytes());
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Nothing unless this service made the token.
    pub fn read(text: &str, tokens: &Tokens) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let (session, rest) = bytes.split_first_chunk::<16>()?;
        let (generation, code) = rest.split_first_chunk::<4>()?;
        let token =
            Self { session: SessionId(Uuid::from_bytes(*session)), generation: i32::from_be_bytes(*generation) };
        token.code(tokens).verify_slice(code).ok().map(|()| token)
    }

    fn named(self) -> Vec<u8> {
        [self.session.0.as_bytes().as_slice(), &self.generation.to_be_bytes()].concat()
    }

    fn code(self, tokens: &Tokens) -> Hmac<Sha256> {
        let mut code = <Hmac<Sha256> as Mac>::new_from_slice(tokens.refresh_secret())
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        code.update(&self.named());
        code
    }
}
