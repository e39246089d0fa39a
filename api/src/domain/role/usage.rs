//! Who uses which permission: noted in memory when a guard lets somebody through with it, and written down every few
//! seconds, so that no request waits for it. A process that is killed loses those seconds; several add up.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::UserId;
use sea_orm::DatabaseConnection;

use super::rows;
use crate::access::Permission;
use crate::auth::Principal;
use crate::error::Result;

/// A use is noted again when the last one that was noted is so long ago.
pub const FRESH: TimeDelta = TimeDelta::minutes(10);
/// Pairs of person and permission that a process keeps in mind; with more it begins anew.
const MOST: usize = 100_000;

/// Whose use of what.
pub type Key = (UserId, Permission);

#[derive(Default)]
pub struct Usage(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    /// The last use of each.
    last: HashMap<Key, DateTime<Utc>>,
    /// What is not written down yet.
    waiting: HashMap<Key, DateTime<Utc>>,
}

impl Usage {
    /// Notes that a guard let somebody through with a permission: the account, and whoever works in its name.
    pub fn note(&self, viewer: &Principal, permission: Permission) {
        let mut noted = self.noted();
        noted.note((viewer.user, permission), viewer.at);
        if viewer.actor() != viewer.user {
            noted.note((viewer.actor(), permission), viewer.at);
        }
    }

    /// Writes down what was noted, in one statement; if that fails, it is kept for the next time.
    pub async fn write(&self, db: &DatabaseConnection) -> Result<()> {
        let waiting = std::mem::take(&mut self.noted().waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        let written = rows::add_uses(db, &waiting).await;
        if written.is_err() {
            let mut noted = self.noted();
            for (key, at) in waiting {
                noted.waiting.entry(key).or_insert(at);
            }
        }
        written
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noted {
    fn note(&mut self, key: Key, at: DateTime<Utc>) {
        if self.last.get(&key).is_some_and(|last| at - *last < FRESH) {
            return;
        }
        if self.last.len() >= MOST {
            self.last.clear();
        }
        self.last.insert(key, at);
        if self.waiting.len() < MOST {
            self.waiting.insert(key, at);
        }
    }
}
