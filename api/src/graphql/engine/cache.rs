//! Prepared operations, kept by their text.
//!
//! Only valid documents enter, so a stranger cannot fill it with rubbish; it is bounded by number and by bytes of
//! text, and what was not asked for the longest time leaves first.

use std::{
    hash::{Hash, Hasher},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use indexmap::{Equivalent, IndexMap};

use super::document::{Origin, Prepared};

pub(super) struct Cache {
    entries: Mutex<Entries>,
    clock: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
    most: usize,
    most_bytes: usize,
}

#[derive(Default)]
struct Entries {
    map: IndexMap<Key, Entry>,
    bytes: usize,
}

struct Entry {
    prepared: Prepared,
    used: u64,
}

#[derive(Eq, PartialEq)]
struct Key {
    text: Box<str>,
    operation: Option<Box<str>>,
}

struct Asked<'a> {
    text: &'a str,
    operation: Option<&'a str>,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&*self.text, self.operation.as_deref()).hash(state);
    }
}

impl Hash for Asked<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.text, self.operation).hash(state);
    }
}

impl Equivalent<Key> for Asked<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.text == &*key.text && self.operation == key.operation.as_deref()
    }
}

impl Cache {
    /// At most `most` operations with together at most `most_bytes` of text. Zero of either keeps nothing.
    pub(super) fn new(most: usize, most_bytes: usize) -> Self {
        let (clock, hits, misses) = Default::default();
        Self { entries: Mutex::default(), clock, hits, misses, most, most_bytes }
    }

    pub(super) fn get(&self, text: &str, operation: Option<&str>) -> Option<Prepared> {
        let now = self.clock.fetch_add(1, Ordering::Relaxed);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = entries.map.get_mut(&Asked { text, operation }) else {
            self.misses.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        self.hits.fetch_add(1, Ordering::Relaxed);
        entry.used = now;
        Some(Prepared(entry.prepared.0.clone(), Origin::Cache))
    }

    pub(super) fn insert(&self, text: &str, operation: Option<&str>, prepared: Prepared) {
        if text.len() > self.most_bytes || self.most == 0 {
            return;
        }
        let used = self.clock.fetch_add(1, Ordering::Relaxed);
        let key = Key { text: text.into(), operation: operation.map(Into::into) };
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = &mut *entries;
        if entries.map.insert(key, Entry { prepared, used }).is_none() {
            entries.bytes += text.len();
        }
        while entries.map.len() > self.most || entries.bytes > self.most_bytes {
            // A scan over a thousand entries, next to a parse and a validation that cost a hundred times as much.
            let oldest = entries.map.values().enumerate().min_by_key(|(_, entry)| entry.used).map(|(index, _)| index);
            let Some((key, _)) = oldest.and_then(|index| entries.map.swap_remove_index(index)) else { break };
            entries.bytes -= key.text.len();
        }
    }

    /// How often an operation was found, and how often not.
    pub(super) fn found(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    pub(super) fn len(&self) -> usize {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).map.len()
    }
}
