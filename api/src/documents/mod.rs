//! Documents that run by id: registered by an operator, or kept for a client that sent the text once.
//!
//! **Names.** A request names its document by text, by `documentId` (the appendix "Persisted Documents" of GraphQL over
//! HTTP) or by the hash in `extensions.persistedQuery` (Apollo's automatic persisted queries). `sha256:<hex>` and that
//! hash are the same thing: the SHA-256 of the exact text. Every other id is the operator's own (`asked.rs`).
//!
//! **Registered** documents are rows (`rows.rs`), written by `stoa documents register` alone, which reads files and the
//! manifests of generators (`manifest.rs`). Each process knows the *list* of them, ids and hashes without texts
//! (`list.rs`), and reads it again when it is ten seconds old; the statement answers with nothing but its version while
//! that has not changed. So a removed document runs nowhere after ten seconds, and what is not on the list costs no
//! statement, however many different ids or texts a stranger sends: a miss asks for a list that is younger than a second,
//! and that is all it can ask for. Texts are read one by one when they are wanted and kept by their hash, for which they
//! never change (`texts.rs`).
//!
//! **Automatic**: text that came together with its hash is kept by this process if it is valid. It is found by those who
//! may run any text, and only by them.
//!
//! **Trust.** Each class of credentials has a policy. Where it is `registered`, text is hashed and looked for on the list,
//! and is not even parsed if it is not there. A text is trusted as long as any id has it. Nobody learns by a hash what
//! others have sent unless they may run any text themselves.

mod asked;
mod list;
pub mod manifest;
pub mod rows;
mod texts;

use std::ops::Deref;
use std::sync::Arc;

pub use self::asked::{Asked, Automatic, Digest, is_id};
use self::asked::{By, Source};
use self::list::List;
use self::texts::Texts;
use crate::auth::Actor;
use crate::clock::Clock;
use crate::config::{self, DocumentPolicy};
use crate::database::Reader;
use crate::error::{Error, ErrorCode};
use crate::graphql::engine::RequestError;

/// Registered texts that a process keeps; the others are read when they are asked for.
const TEXTS: usize = 5_000;
/// Bytes that the kept texts of one kind take at most.
const BYTES: usize = 8 << 20;

/// What runs by id in this process, and who may run what.
pub struct Documents {
    anonymous: DocumentPolicy,
    user: DocumentPolicy,
    list: List,
    registered: Texts,
    automatic: Texts,
}

/// The text of a document that may run.
#[derive(Debug)]
pub struct Found<'a> {
    text: Text<'a>,
    /// Its hash, if it came with it and is to be kept.
    keep: Option<Digest>,
}

#[derive(Debug)]
enum Text<'a> {
    Sent(&'a str),
    Kept(Arc<str>),
}

impl Deref for Found<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.text {
            Text::Sent(text) => text,
            Text::Kept(text) => text,
        }
    }
}

/// Why there is no document to run.
#[derive(Debug)]
pub enum Unfound {
    /// `BAD_REQUEST`, `DOCUMENT_NOT_FOUND` or `DOCUMENT_NOT_TRUSTED`.
    Refused(RequestError),
    /// The list or the text could not be read.
    Failed(Error),
}

impl From<Error> for Unfound {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Documents {
    pub fn new(settings: &config::Documents, clock: Clock) -> Self {
        Self {
            anonymous: settings.anonymous_documents,
            user: settings.user_documents,
            list: List::new(clock),
            registered: Texts::new(TEXTS, BYTES),
            automatic: Texts::new(settings.automatic_documents, BYTES),
        }
    }

    /// What a credential of this class may run.
    fn policy(&self, actor: &Actor) -> DocumentPolicy {
        match actor {
            Actor::Anonymous => self.anonymous,
            Actor::User(_) => self.user,
        }
    }

    /// The document that a request names, if this actor may run it. Not parsed yet.
    pub async fn find<'a>(&self, db: &Reader, actor: &Actor, asked: &'a Asked) -> Result<Found<'a>, Unfound> {
        let is_free = self.policy(actor) == DocumentPolicy::Free;
        match asked.source().map_err(Unfound::Refused)? {
            Source::Text(text) if is_free => Ok(Found { text: Text::Sent(text), keep: None }),
            Source::Text(text) => self.trusted(db, text, Digest::of(text)).await,
            Source::Own(id) => match self.list.digest(db, id).await? {
                Some(digest) => self.text(db, digest, By::Id).await,
                None => Err(self.not_found(By::Id)),
            },
            Source::Hash { digest, text: Some(text), .. } if Digest::of(text) != digest => {
                Err(refused(ErrorCode::BadRequest, "The hash is not that of the text."))
            }
            Source::Hash { digest, text: Some(text), .. } if is_free => {
                Ok(Found { text: Text::Sent(text), keep: Some(digest) })
            }
            Source::Hash { digest, text: Some(text), .. } => self.trusted(db, text, digest).await,
            Source::Hash { digest, text: None, by } => {
                if is_free && let Some(text) = self.automatic.get(digest) {
                    return Ok(Found { text: Text::Kept(text), keep: None });
                }
                match self.list.has(db, digest).await? {
                    true => self.text(db, digest, by).await,
                    false => Err(self.not_found(by)),
                }
            }
        }
    }

    /// Keeps a text that came with its hash. Only what was found valid is handed in here.
    pub fn keep(&self, found: Found) {
        if let (Text::Sent(text), Some(digest)) = (found.text, found.keep) {
            self.automatic.put(digest, text.into());
        }
    }

    async fn trusted<'a>(&self, db: &Reader, text: &'a str, digest: Digest) -> Result<Found<'a>, Unfound> {
        match self.list.has(db, digest).await? {
            true => Ok(Found { text: Text::Sent(text), keep: None }),
            false => Err(refused(ErrorCode::DocumentNotTrusted, "This credential may only run registered documents.")),
        }
    }

    /// The text of a document on the list.
    async fn text(&self, db: &Reader, digest: Digest, by: By) -> Result<Found<'static>, Unfound> {
        if let Some(text) = self.registered.get(digest) {
            return Ok(Found { text: Text::Kept(text), keep: None });
        }
        // Removed since the list was read.
        let Some(text) = rows::text(db, digest).await? else { return Err(self.not_found(by)) };
        let text: Arc<str> = text.into();
        self.registered.put(digest, text.clone());
        Ok(Found { text: Text::Kept(text), keep: None })
    }

    /// The words by which Apollo's and urql's clients know what to do next, for those who ask in their way.
    fn not_found(&self, by: By) -> Unfound {
        let message = match by {
            By::Id => "No document is stored under this id.",
            By::Extension if self.automatic.is_off() => "PersistedQueryNotSupported",
            By::Extension => "PersistedQueryNotFound",
        };
        refused(ErrorCode::DocumentNotFound, message)
    }
}

fn refused(code: ErrorCode, message: &str) -> Unfound {
    Unfound::Refused(RequestError::new(code, message))
}
