//! What a link of the chain is made of.

use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::auth::master::MasterKey;

pub type Hash = [u8; 32];

/// What comes before the first link.
pub const BEGINNING: Hash = [0; 32];

/// The columns of a row in the order in which they are sealed. Later ones are added at the end: a column that is null is
/// left out of the form, so the links that were made before stay as they are.
pub const COLUMNS: [&str; 14] = [
    "id",
    "transaction_id",
    "at",
    "actor_id",
    "on_behalf_of",
    "session_id",
    "api_key_id",
    "credential",
    "request_id",
    "action",
    "subject_kind",
    "subject_id",
    "before",
    "after",
];

/// A row of the audit log as it is sealed: the text of each column, or nothing.
pub type Entry = [Option<String>; COLUMNS.len()];

/// A link, but for its hash.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub sequence: i64,
    pub entry: Uuid,
    pub sealed_at: DateTime<Utc>,
}

/// Makes links.
pub struct Chain(Hmac<Sha256>);

impl Chain {
    pub fn new(master: &MasterKey) -> Self {
        let secret = master.secret(b"stoa audit chain\0");
        let code = <Hmac<Sha256> as Mac>::new_from_slice(&secret)
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        Self(code)
    }

    /// The hash of a link to `previous`.
    pub fn link(&self, previous: &Hash, place: Place, entry: &Entry) -> Hash {
        self.code(previous, place, entry).finalize().into_bytes().into()
    }

    /// Whether `hash` is that of the link; it takes as long whatever it is.
    pub fn is_link(&self, previous: &Hash, place: Place, entry: &Entry, hash: &Hash) -> bool {
        self.code(previous, place, entry).verify_slice(hash).is_ok()
    }

    /// Every part says how long it is, so no two rows have one form.
    fn code(&self, previous: &Hash, place: Place, entry: &Entry) -> Hmac<Sha256> {
        let mut code = self.0.clone();
        code.update(previous);
        code.update(&place.sequence.to_be_bytes());
        code.update(place.entry.as_bytes());
        code.update(&place.sealed_at.timestamp_micros().to_be_bytes());
        for (name, text) in COLUMNS.iter().zip(entry) {
            if let Some(text) = text {
                for part in [name.as_bytes(), text.as_bytes()] {
                    code.update(&(part.len() as u64).to_be_bytes());
                    code.update(part);
                }
            }
        }
        code
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn a_link_depends_on_everything_and_on_the_key() {
        let master = |byte: u8| MasterKey::parse(&STANDARD.encode([byte; 32])).expect("a key of 32 bytes");
        let (chain, other) = (Chain::new(&master(1)), Chain::new(&master(2)));
        let place = Place { sequence: 7, entry: Uuid::from_u128(1), sealed_at: DateTime::UNIX_EPOCH };
        let entry: Entry = std::array::from_fn(|at| Some(format!("value {at}")));
        let hash = chain.link(&BEGINNING, place, &entry);
        assert!(chain.is_link(&BEGINNING, place, &entry, &hash));
        assert!(!other.is_link(&BEGINNING, place, &entry, &hash), "the key");
        assert!(!chain.is_link(&[1; 32], place, &entry, &hash), "the link before");
        for place in [
            Place { sequence: 8, ..place },
            Place { entry: Uuid::from_u128(2), ..place },
            Place { sealed_at: place.sealed_at + chrono::TimeDelta::microseconds(1), ..place },
        ] {
            assert!(!chain.is_link(&BEGINNING, place, &entry, &hash), "{place:?}");
        }
        for at in 0..COLUMNS.len() {
            for text in [None, Some(String::new()), Some("value".to_owned())] {
                let mut bent = entry.clone();
                bent[at] = text;
                assert!(!chain.is_link(&BEGINNING, place, &bent, &hash), "{}", COLUMNS[at]);
            }
            if at > 0 {
                let mut bent = entry.clone();
                bent.swap(at - 1, at);
                assert!(!chain.is_link(&BEGINNING, place, &bent, &hash), "{} moved", COLUMNS[at]);
            }
        }
    }
}
