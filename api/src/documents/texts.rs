//! Texts kept by their hash, bounded by number and by bytes; what was not asked for the longest time leaves first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::asked::Digest;

pub struct Texts {
    kept: Mutex<Kept>,
    most: usize,
    most_bytes: usize,
}

struct Kept {
    texts: LruCache<Digest, Arc<str>>,
    bytes: usize,
}

impl Texts {
    /// At most `most` texts of together at most `most_bytes`. Zero of either keeps nothing.
    pub fn new(most: usize, most_bytes: usize) -> Self {
        Self { kept: Mutex::new(Kept { texts: LruCache::unbounded(), bytes: 0 }), most, most_bytes }
    }

    /// Whether nothing is ever kept.
    pub fn is_off(&self) -> bool {
        self.most == 0
    }

    pub fn get(&self, digest: Digest) -> Option<Arc<str>> {
        self.kept().texts.get(&digest).cloned()
    }

    /// The same hash is the same text, so what is there already stays.
    pub fn put(&self, digest: Digest, text: Arc<str>) {
        if text.len() > self.most_bytes {
            return;
        }
        let kept = &mut *self.kept();
        let bytes = text.len();
        if kept.texts.put(digest, text).is_none() {
            kept.bytes += bytes;
        }
        while kept.texts.len() > self.most || kept.bytes > self.most_bytes {
            let Some((_, text)) = kept.texts.pop_lru() else { break };
            kept.bytes -= text.len();
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(texts: &Texts, text: &str) -> Digest {
        let digest = Digest::of(text);
        texts.put(digest, text.into());
        digest
    }

    #[test]
    fn number_and_bytes_are_bounded() {
        let few = Texts::new(2, 1000);
        let [a, b] = ["a", "b"].map(|text| put(&few, text));
        assert_eq!(few.get(a).as_deref(), Some("a"), "and now it is the younger one");
        let c = put(&few, "c");
        assert!(few.get(a).is_some() && few.get(b).is_none() && few.get(c).is_some());

        let small = Texts::new(100, 10);
        let [d, e] = ["dddd", "eeee"].map(|text| put(&small, text));
        put(&small, "eeee");
        assert_eq!(small.kept().bytes, 8, "once");
        let f = put(&small, "ffff");
        assert!(small.get(d).is_none() && small.get(e).is_some() && small.get(f).is_some());
        let long = put(&small, "longer than ten");
        assert!(small.get(long).is_none() && small.get(f).is_some(), "one that does not fit drives nothing out");
        for n in 0..1000 {
            put(&small, &format!("{n:04}"));
            assert!(small.kept().bytes <= 10 && small.kept().texts.len() <= 100);
        }
    }

    #[test]
    fn none_is_none() {
        let off = Texts::new(0, 1000);
        let a = put(&off, "a");
        assert!(off.is_off() && off.get(a).is_none() && off.kept().bytes == 0);
    }
}
