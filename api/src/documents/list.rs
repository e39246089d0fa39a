//! Which documents are registered, as one process knows it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::asked::Digest;
use super::rows;
use crate::clock::Clock;
use crate::database::Reader;
use crate::error::Result;

/// So long what is on the list is believed: a removed document stops within this time.
const BELIEVED: TimeDelta = TimeDelta::seconds(10);
/// So long what is not on the list is believed to be unknown: a new document is found within this time.
const MISSED: TimeDelta = TimeDelta::seconds(1);

pub struct List {
    clock: Clock,
    known: Mutex<Option<Known>>,
    /// Whoever reads the list; the others wait for what comes of it.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Known {
    version: Uuid,
    read_at: DateTime<Utc>,
    entries: Arc<Entries>,
}

#[derive(Default)]
struct Entries {
    by_id: HashMap<Box<str>, Digest>,
    digests: HashSet<Digest>,
}

impl List {
    pub fn new(clock: Clock) -> Self {
        Self { clock, known: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// The hash of the document with this id.
    pub async fn digest(&self, db: &Reader, id: &str) -> Result<Option<Digest>> {
        self.look(db, |entries| entries.by_id.get(id).copied()).await
    }

    /// Whether some document has this hash.
    pub async fn has(&self, db: &Reader, digest: Digest) -> Result<bool> {
        Ok(self.look(db, |entries| entries.digests.get(&digest).copied()).await?.is_some())
    }

    /// Looks at a list that is young enough for the answer.
    async fn look(&self, db: &Reader, look: impl Fn(&Entries) -> Option<Digest>) -> Result<Option<Digest>> {
        match look(&*self.at_most(db, BELIEVED).await?) {
            Some(found) => Ok(Some(found)),
            None => Ok(look(&*self.at_most(db, MISSED).await?)),
        }
    }

    /// The list as it was at most so long ago.
    async fn at_most(&self, db: &Reader, age: TimeDelta) -> Result<Arc<Entries>> {
        if let Some(known) = self.young(age) {
            return Ok(known.entries);
        }
        let _turn = self.turn.lock().await;
        if let Some(known) = self.young(age) {
            return Ok(known.entries);
        }
        let last = self.known().clone();
        let read_at = self.clock.now();
        let read = rows::list(db, last.as_ref().map(|last| last.version)).await?;
        let entries = match (read.entries, last) {
            (Some(rows), _) => Arc::new(rows.into_iter().collect()),
            (None, Some(last)) => last.entries,
            (None, None) => Arc::default(),
        };
        *self.known() = Some(Known { version: read.version, read_at, entries: entries.clone() });
        Ok(entries)
    }

    fn young(&self, age: TimeDelta) -> Option<Known> {
        let since = self.clock.now();
        // A clock that was set back does not make anything younger.
        self.known().clone().filter(|known| (TimeDelta::zero()..age).contains(&(since - known.read_at)))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FromIterator<(String, Digest)> for Entries {
    fn from_iter<T: IntoIterator<Item = (String, Digest)>>(rows: T) -> Self {
        let mut entries = Self::default();
        for (id, digest) in rows {
            entries.digests.insert(digest);
            entries.by_id.insert(id.into(), digest);
        }
        entries
    }
}
