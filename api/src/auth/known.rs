//! Who was looked up a moment ago: the sessions whose next request need not ask the database who it is.
//!
//! An entry is believed for `STOA_CREDENTIAL_CACHE` milliseconds from the moment of its reading, and forgotten at once
//! when the bell rings for its user or, of a key that acts as somebody else, for its owner: a session that ended, a role
//! given or taken, in this process or in another. What was read before the bell rang is not remembered after it. So a lost
//! notification delays a revocation by that time and no more, and so does what ends by itself: a role's expiry, the time
//! for which a rotated key's earlier secret is good. Changes and whatever stays open look again anyway.

use std::collections::HashSet;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::UserId;
use lru::LruCache;
use uuid::Uuid;

use super::look::Found;
use super::{Credential, Principal, Via};
use crate::events::Call;

/// People who are remembered, and owners of keys that act as others.
const PEOPLE: usize = 10_000;
/// Sessions that are remembered of each.
const SESSIONS: usize = 8;
/// Counters of what was forgotten; people share them.
const COUNTERS: usize = 256;

pub struct Known {
    believed: TimeDelta,
    people: Mutex<People>,
    /// How often somebody was forgotten.
    forgotten: [AtomicU64; COUNTERS],
}

struct People {
    found: LruCache<UserId, Vec<Found>>,
    /// As whom the keys of an owner act.
    acted_as: LruCache<UserId, HashSet<UserId>>,
}

/// How often those were forgotten whom a credential concerns, before it was looked up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Before([u64; 2]);

impl Known {
    /// Believes what was read for so many milliseconds; zero remembers nothing.
    pub fn new(milliseconds: u32) -> Self {
        let most = NonZeroUsize::new(PEOPLE).unwrap_or(NonZeroUsize::MIN);
        let people = People { found: LruCache::new(most), acted_as: LruCache::new(most) };
        let forgotten = std::array::from_fn(|_| AtomicU64::new(0));
        Self { believed: TimeDelta::milliseconds(milliseconds.into()), people: Mutex::new(people), forgotten }
    }

    pub fn is_on(&self) -> bool {
        self.believed > TimeDelta::zero()
    }

    /// To be asked before somebody is looked up.
    pub fn before(&self, user: UserId, via: Via) -> Before {
        Before([user, via.owner().unwrap_or(user)].map(|user| self.counter(user.0).load(Ordering::SeqCst)))
    }

    /// The person as read a moment ago; what expires, and the conditions of grants, are held against here and `now`.
    pub fn get(&self, user: UserId, via: Via, address: Option<IpAddr>, now: DateTime<Utc>) -> Option<Credential> {
        let mut people = self.people();
        let found = people.found.get(&user)?;
        let Found { credential, rights } = found.iter().find(|one| one.credential.principal.via == via)?;
        let Credential { principal, expires_at } = credential;
        // A clock that was set back makes nothing younger.
        let is_young = (TimeDelta::zero()..self.believed).contains(&(now - principal.at)) && now < *expires_at;
        let held = rights.held(now, address, via.acts_as_other(user))?;
        let principal = Principal {
            permissions: held.all,
            only_own: held.only_own,
            unconditional: held.unconditional,
            address,
            at: now,
            remembered: true,
            ..*principal
        };
        is_young.then_some(Credential { principal, expires_at: *expires_at })
    }

    /// Remembers somebody, unless the bell has rung for them since `before`.
    pub fn put(&self, found: Found, before: Before) {
        if !self.is_on() {
            return;
        }
        let Principal { user, via, .. } = found.credential.principal;
        let mut people = self.people();
        // Whoever forgets counts first and then waits for the lock.
        if self.before(user, via) != before {
            return;
        }
        let sessions = people.found.get_or_insert_mut(user, Vec::new);
        sessions.retain(|other| other.credential.principal.via != via);
        if sessions.len() >= SESSIONS {
            sessions.remove(0);
        }
        sessions.push(found);
        if let Some(owner) = via.owner().filter(|owner| *owner != user) {
            people.acts_as(owner, user);
        }
    }

    /// Forgets those whom a commit concerns.
    pub fn forget(&self, call: &Call) {
        match call {
            Call::About(topics) => {
                topics.iter().for_each(|topic| self.count(self.counter(*topic)));
                let mut people = self.people();
                topics.iter().for_each(|topic| people.forget(UserId(*topic)));
            }
            Call::Everybody => {
                self.forgotten.iter().for_each(|counter| self.count(counter));
                let mut people = self.people();
                people.found.clear();
                people.acted_as.clear();
            }
        }
    }

    fn count(&self, counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::SeqCst);
    }

    /// Ids are random at their end.
    fn counter(&self, id: Uuid) -> &AtomicU64 {
        &self.forgotten[usize::from(id.as_bytes()[15]) % COUNTERS]
    }

    fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl People {
    fn forget(&mut self, user: UserId) {
        self.found.pop(&user);
        for user in self.acted_as.pop(&user).into_iter().flatten() {
            self.found.pop(&user);
        }
    }

    /// Notes as whom a key acts. Of an owner who is noted no more nothing is remembered either.
    fn acts_as(&mut self, owner: UserId, user: UserId) {
        if self.acted_as.peek(&owner).is_some_and(|users| users.len() >= PEOPLE) {
            self.forget(owner);
        }
        if let Some(users) = self.acted_as.get_mut(&owner) {
            users.insert(user);
        } else if let Some((_, users)) = self.acted_as.push(owner, HashSet::from([user])) {
            users.iter().for_each(|user| drop(self.found.pop(user)));
        }
    }
}

#[cfg(test)]
mod tests {
    use entity::id::ApiKeyId;

    use super::*;
    use crate::access::PermissionSet;
    use crate::auth::Rights;

    fn found(user: UserId, via: Via, at: DateTime<Utc>) -> Found {
        let permissions = PermissionSet::default();
        let principal = Principal {
            user,
            via,
            permissions,
            only_own: permissions,
            unconditional: permissions,
            address: None,
            at,
            remembered: false,
            budget: None,
            horizon: None,
        };
        Found { credential: Credential { principal, expires_at: at + TimeDelta::hours(1) }, rights: Rights::default() }
    }

    #[test]
    fn what_was_read_before_the_bell_rang_is_not_remembered_after_it() {
        let (known, now) = (Known::new(1000), Utc::now());
        let (owner, user) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let via = Via::Key { id: ApiKeyId(Uuid::from_u128(3)), generation: 0, owner };
        let about = |user: UserId| Call::About(vec![user.0]);
        for call in [about(owner), about(user), Call::Everybody] {
            let before = known.before(user, via);
            known.forget(&call);
            known.put(found(user, via, now), before);
            assert!(known.get(user, via, None, now).is_none(), "{call:?}");
            known.put(found(user, via, now), known.before(user, via));
            assert!(known.get(user, via, None, now).is_some());
            known.forget(&call);
            assert!(known.get(user, via, None, now).is_none(), "{call:?}");
        }
        known.put(found(user, via, now), known.before(user, via));
        known.forget(&about(UserId(Uuid::from_u128(4))));
        assert!(known.get(user, via, None, now).is_some(), "nobody else is forgotten");
        for n in 10..10 + PEOPLE as u128 {
            let user = UserId(Uuid::from_u128(n));
            known.put(found(user, via, now), known.before(user, via));
        }
        assert!(known.people().acted_as.get(&owner).is_some_and(|users| users.len() <= PEOPLE));
    }
}
