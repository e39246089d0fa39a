//! Who was looked up a moment ago: the sessions whose next request need not ask the database who it is.
//!
//! An entry is believed for `STOA_CREDENTIAL_CACHE` milliseconds from the moment of its reading, and forgotten at once
//! when the bell rings for its user: a session that ended, a role given or taken, in this process or in another. So a
//! lost notification delays a revocation by that time and no more. Changes and whatever stays open look again anyway.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::UserId;
use lru::LruCache;

use super::look::Found;
use super::{Credential, Principal, Via};
use crate::events::Call;

/// People who are remembered.
const PEOPLE: usize = 10_000;
/// Sessions that are remembered of each.
const SESSIONS: usize = 8;

pub struct Known {
    believed: TimeDelta,
    people: Mutex<LruCache<UserId, Vec<Found>>>,
}

impl Known {
    /// Believes what was read for so many milliseconds; zero remembers nothing.
    pub fn new(milliseconds: u32) -> Self {
        let people = LruCache::new(NonZeroUsize::new(PEOPLE).unwrap_or(NonZeroUsize::MIN));
        Self { believed: TimeDelta::milliseconds(milliseconds.into()), people: Mutex::new(people) }
    }

    pub fn is_on(&self) -> bool {
        self.believed > TimeDelta::zero()
    }

    /// The person as read a moment ago; what expires, and the conditions of grants, are held against here and `now`.
    pub fn get(&self, user: UserId, via: Via, address: Option<IpAddr>, now: DateTime<Utc>) -> Option<Credential> {
        let mut people = self.people();
        let Found { credential, rights } = people.get(&user)?.iter().find(|one| one.credential.principal.via == via)?;
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

    pub fn put(&self, found: Found) {
        if !self.is_on() {
            return;
        }
        let mut people = self.people();
        let Principal { user, via, .. } = found.credential.principal;
        let sessions = people.get_or_insert_mut(user, Vec::new);
        sessions.retain(|other| other.credential.principal.via != via);
        if sessions.len() >= SESSIONS {
            sessions.remove(0);
        }
        sessions.push(found);
    }

    /// Forgets those whom a commit concerns.
    pub fn forget(&self, call: &Call) {
        let mut people = self.people();
        match call {
            Call::About(topics) => topics.iter().for_each(|topic| {
                people.pop(&UserId(*topic));
            }),
            Call::Everybody => people.clear(),
        }
    }

    fn people(&self) -> MutexGuard<'_, LruCache<UserId, Vec<Found>>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
