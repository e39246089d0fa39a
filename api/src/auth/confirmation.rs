//! Tokens that are mailed, without storage: `id ‖ HMAC(key, purpose ‖ id)`. What the id stands for, whom and which address,
//! until when, and whether it was used, is the row of that id.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::confirmation::Purpose;
use entity::id::ConfirmationId;
use uuid::Uuid;

use super::token::Tokens;

/// Bytes of the code that are kept: 192 bits.
const CODE: usize = 24;

/// What a genuine token names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ConfirmationToken {
    pub id: ConfirmationId,
    pub purpose: Purpose,
}

impl ConfirmationToken {
    pub fn write(self, tokens: &Tokens) -> String {
        let bytes = [self.id.0.as_bytes().as_slice(), &self.code(tokens)].concat();
        format!("{}{}", prefix(self.purpose), URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Nothing unless this service made the token, and made it for this.
    pub fn read(text: &str, purpose: Purpose, tokens: &Tokens) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(prefix(purpose))?).ok()?;
        let (id, code) = bytes.split_first_chunk::<16>()?;
        let token = Self { id: ConfirmationId(Uuid::from_bytes(*id)), purpose };
        is_same(&token.code(tokens), code).then_some(token)
    }

    fn code(self, tokens: &Tokens) -> [u8; CODE] {
        let hash =
            tokens.keyed_hash(&[b"confirmation\0", prefix(self.purpose).as_bytes(), b"\0", self.id.0.as_bytes()]);
        std::array::from_fn(|at| hash[at])
    }
}

fn prefix(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::PasswordReset => "stoa_pr_",
        Purpose::EmailVerification => "stoa_ev_",
    }
}

/// Compares in a time that tells nothing of where the two differ.
pub(super) fn is_same(ours: &[u8], theirs: &[u8]) -> bool {
    theirs.len() == ours.len() && ours.iter().zip(theirs).fold(0, |seen, (a, b)| seen | (a ^ b)) == 0
}
