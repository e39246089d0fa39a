//! Recovery codes: each stands once for an authenticator that is lost. 80 random bits each, so they are kept as keyed
//! hashes; no more is needed against whoever reads the database.

use entity::id::UserId;
use totp_rs::Secret;
use uuid::Uuid;

use super::token::Tokens;

/// Codes of one set.
pub const CODES: u8 = 10;
/// Random bytes of a code: 16 characters of base 32.
const BYTES: usize = 10;

/// The codes of a set as their owner sees them, `ABCD-EFGH-IJKL-MNOP`. They are made of the set's id and the service's key,
/// so whoever has to be told them again is, and they are stored nowhere.
pub fn codes(tokens: &Tokens, set: Uuid) -> Vec<String> {
    (0..CODES)
        .map(|number| {
            let random = tokens.keyed_hash(&[b"recovery code\0", set.as_bytes(), &[number]]);
            let code = Secret::from(&random[..BYTES]).to_base32();
            code.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join("-")
        })
        .collect()
}

/// What is kept of a code, however it was typed.
pub fn hash(tokens: &Tokens, user: UserId, code: &str) -> Vec<u8> {
    let plain: String = code.chars().filter(|c| c.is_ascii_alphanumeric()).take(BYTES * 2).collect();
    tokens.keyed_hash(&[b"recovery hash\0", user.0.as_bytes(), plain.to_ascii_uppercase().as_bytes()]).to_vec()
}
