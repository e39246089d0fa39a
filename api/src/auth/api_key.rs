//! The secret of an API key: `stoa_sk_` and in base 64 the key's id, its owner, the number of the secret, and
//! HMAC-SHA-256 over them with the service's key. Nothing of it is stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::id::{ApiKeyId, UserId};
use uuid::Uuid;

use super::token::Tokens;

/// What every key begins with, for those who look for secrets in the wrong places.
pub const PREFIX: &str = "stoa_sk_";
/// Bytes before the code.
const NAMED: usize = 36;

/// What a genuine key names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ApiKeySecret {
    pub id: ApiKeyId,
    pub owner: UserId,
    pub generation: i32,
}

impl ApiKeySecret {
    pub fn write(self, tokens: &Tokens) -> String {
        let code = self.code(tokens);
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([self.named().as_slice(), &code].concat()))
    }

    /// Nothing unless this service made the key.
    pub fn read(text: &str, tokens: &Tokens) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let (named, code) = bytes.split_first_chunk::<NAMED>()?;
        let uuid = |from: usize| Uuid::from_slice(&named[from..from + 16]).ok();
        let (id, owner) = (ApiKeyId(uuid(0)?), UserId(uuid(16)?));
        let secret = Self { id, owner, generation: i32::from_be_bytes(named[32..].try_into().ok()?) };
        tokens.is_keyed_hash(&secret.parts(), code).then_some(secret)
    }

    /// Its last four characters, by which people tell keys apart.
    pub fn ending(self, tokens: &Tokens) -> String {
        let text = self.write(tokens);
        text[text.len() - 4..].to_owned()
    }

    fn named(self) -> [u8; NAMED] {
        let mut named = [0; NAMED];
        named[..16].copy_from_slice(self.id.0.as_bytes());
        named[16..32].copy_from_slice(self.owner.0.as_bytes());
        named[32..].copy_from_slice(&self.generation.to_be_bytes());
        named
    }

    fn parts(self) -> Vec<u8> {
        [b"api key\0".as_slice(), &self.named()].concat()
    }

    fn code(self, tokens: &Tokens) -> [u8; 32] {
        tokens.keyed_hash(&[&self.parts()])
    }
}
