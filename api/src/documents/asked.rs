//! How a request names its document.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::error::ErrorCode;
use crate::graphql::engine::RequestError;

/// Longest id, in characters.
const ID_LENGTH: usize = 200;
/// The version of automatic persisted queries that there is.
const VERSION: i64 = 1;

/// SHA-256 of a document's text in UTF-8.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Digest([u8; 32]);

impl Digest {
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// From 64 hexadecimal digits in lower case.
    pub fn parse(hex: &str) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
        let pairs: &[[u8; 2]; 32] = pairs.try_into().ok().filter(|_| rest.is_empty())?;
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self(bytes))
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The id that stands for the text itself.
    pub fn id(&self) -> String {
        format!("sha256:{self}")
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// What a request says of its document, each part of the right type and no more.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// `query`.
    pub text: Option<String>,
    /// `documentId`.
    pub id: Option<String>,
    /// `extensions.persistedQuery`.
    pub automatic: Option<Automatic>,
}

/// Apollo's way to name a document by its hash.
#[derive(Clone, Debug)]
pub struct Automatic {
    pub version: i64,
    /// `sha256Hash`.
    pub hash: String,
}

/// The same, understood.
#[derive(Debug)]
pub(super) enum Source<'a> {
    /// The text alone.
    Text(&'a str),
    /// An id that the operator has given.
    Own(&'a str),
    /// The hash of a text, and perhaps that text.
    Hash { digest: Digest, text: Option<&'a str>, by: By },
}

/// In which way a hash was said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum By {
    Id,
    Extension,
}

impl Asked {
    /// Whether there is a document to look for at all.
    pub fn is_empty(&self) -> bool {
        self.text.is_none() && self.id.is_none() && self.automatic.is_none()
    }

    /// Whether the document has a name that stands for it from one request to the next.
    pub fn is_named(&self) -> bool {
        self.id.is_some() || self.automatic.is_some()
    }

    pub(super) fn source(&self) -> Result<Source<'_>, RequestError> {
        let text = self.text.as_deref();
        match (&self.id, &self.automatic) {
            (Some(_), Some(_)) => Err(bad("Send `documentId` or `extensions.persistedQuery`, not both.")),
            (Some(id), None) => match (id.strip_prefix("sha256:").and_then(Digest::parse), text) {
                (Some(digest), text) => Ok(Source::Hash { digest, text, by: By::Id }),
                (None, _) if !is_id(id) => Err(bad("`documentId` is not a document identifier.")),
                (None, Some(_)) => Err(bad("Send `documentId` or `query`: only sha256 ids can come with their text.")),
                (None, None) => Ok(Source::Own(id)),
            },
            (None, Some(automatic)) if automatic.version != VERSION => {
                Err(bad("Of `extensions.persistedQuery` only version 1 is known."))
            }
            (None, Some(automatic)) => match Digest::parse(&automatic.hash) {
                Some(digest) => Ok(Source::Hash { digest, text, by: By::Extension }),
                None => Err(bad("`sha256Hash` must be 64 hexadecimal digits in lower case.")),
            },
            (None, None) => text.map(Source::Text).ok_or_else(|| bad("`query` is missing.")),
        }
    }
}

fn bad(message: &str) -> RequestError {
    RequestError::new(ErrorCode::BadRequest, message)
}

/// Whether a text is a document identifier: a hash (`sha256:…`), one with a prefix of somebody's own (`x-…:…`), or one
/// without a prefix.
pub fn is_id(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    text.len() <= ID_LENGTH
        && match text.split_once(':') {
            None => is_word(text),
            Some(("sha256", hash)) => Digest::parse(hash).is_some(),
            Some((prefix, rest)) => prefix.strip_prefix("x-").is_some_and(is_word) && is_word(rest),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_written_as_in_the_specification() {
        let written = "sha256:71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b";
        let digest = Digest::of("query($id:ID!){user(id:$id){name}}");
        assert_eq!(digest.id(), written);
        assert_eq!(Digest::parse(&written["sha256:".len()..]), Some(digest));
        assert_eq!(Digest::from_bytes(digest.bytes()), Some(digest));
        for wrong in ["", "7", &written["sha256:".len() + 1..], &"A".repeat(64), &"g".repeat(64), &"a".repeat(66)] {
            assert_eq!(Digest::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ids_have_one_of_three_forms() {
        let (hash, long) = (format!("sha256:{}", "0a".repeat(32)), "a".repeat(200));
        for id in ["a", "viewer", "V1.2_b~c-d", "0cc175b9c0f1b6a831c399e269772661", "x-mine:a.b", &hash, &long] {
            assert!(is_id(id), "{id}");
        }
        let wrong =
            ["", " ", "a b", "a/b", "é", "a\n", "sha256:", "sha256:ab", "md5:ab", "x-:a", "x-a:", "x-a:b:c", ":a"];
        let upper = format!("sha256:{}", "0A".repeat(32));
        for id in wrong.into_iter().chain([upper.as_str(), &"a".repeat(201)]) {
            assert!(!is_id(id), "{id}");
        }
    }

    #[test]
    fn names_that_contradict_each_other_are_refused() {
        let hash = Digest::of("{ a }");
        let text = Some("{ a }".to_owned());
        let id = Some("mine".to_owned());
        let automatic = |version, hash: String| Some(Automatic { version, hash });
        for asked in [
            Asked::default(),
            Asked { text: text.clone(), id: id.clone(), automatic: None },
            Asked { text: None, id: Some(hash.id()), automatic: automatic(1, hash.to_string()) },
            Asked { text: None, id: Some("sha512:ab".to_owned()), automatic: None },
            Asked { text: None, id: None, automatic: automatic(2, hash.to_string()) },
            Asked { text: None, id: None, automatic: automatic(1, hash.to_string().to_uppercase()) },
        ] {
            assert_eq!(asked.source().unwrap_err().code, ErrorCode::BadRequest, "{asked:?}");
        }
        let both = Asked { text, id: Some(hash.id()), automatic: None };
        assert!(matches!(both.source(), Ok(Source::Hash { text: Some("{ a }"), by: By::Id, .. })));
        assert!(matches!(Asked { id, ..Asked::default() }.source(), Ok(Source::Own("mine"))));
    }
}
