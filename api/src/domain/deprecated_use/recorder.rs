//! What has been used since it was last written down.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::deprecated_use::Credential;
use entity::id::UserId;
use sea_orm::DatabaseConnection;

use super::rows;
use crate::auth::Actor;
use crate::clock::Clock;
use crate::error::Result;

/// Between two writings.
pub const PAUSE: Duration = Duration::from_secs(5);
/// Pairs of element and credential that a process keeps in mind until the next writing; further ones are not counted.
const MOST: usize = 10_000;
/// Characters of an operation's name that are kept.
const LONGEST_NAME: usize = 100;

/// Whose use of what.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Key {
    pub coordinate: Arc<str>,
    pub user: Option<UserId>,
    pub credential: Credential,
}

/// How often, and when.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Uses {
    pub operation_name: Option<String>,
    pub count: i64,
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
}

impl Uses {
    /// Together with later ones of the same.
    fn and(self, later: Uses) -> Uses {
        Uses {
            operation_name: later.operation_name.or(self.operation_name),
            count: self.count.saturating_add(later.count),
            first: self.first.min(later.first),
            last: self.last.max(later.last),
        }
    }
}

type Waiting = HashMap<Key, Uses>;

/// Gathers uses and writes them down.
pub struct Recorder {
    db: DatabaseConnection,
    clock: Clock,
    waiting: Mutex<Waiting>,
    /// Held while something is written, so that whoever writes last knows that nothing is on its way.
    writing: tokio::sync::Mutex<()>,
}

impl Recorder {
    pub fn new(db: DatabaseConnection, clock: Clock) -> Self {
        Self { db, clock, waiting: Mutex::default(), writing: tokio::sync::Mutex::default() }
    }

    /// Notes that an operation uses these elements.
    pub fn record(&self, coordinates: &[Arc<str>], actor: &Actor, operation_name: Option<&str>) {
        if coordinates.is_empty() {
            return;
        }
        let principal = actor.principal().ok();
        let user = principal.map(|principal| principal.user);
        let credential = principal.map_or(Credential::None, |principal| principal.via.credential());
        // What strangers call their operations is nobody's business here.
        let name = operation_name.filter(|_| user.is_some());
        let operation_name: Option<String> = name.map(|name| name.chars().take(LONGEST_NAME).collect());
        let now = self.clock.now();
        let mut waiting = self.lock();
        for coordinate in coordinates {
            let key = Key { coordinate: coordinate.clone(), user, credential };
            add(&mut waiting, key, Uses { operation_name: operation_name.clone(), count: 1, first: now, last: now });
        }
    }

    /// Writes down what was noted, in one statement; if that fails, it is kept for the next time.
    pub async fn write(&self) -> Result<()> {
        let _turn = self.writing.lock().await;
        let uses = mem::take(&mut *self.lock());
        if uses.is_empty() {
            return Ok(());
        }
        let written = rows::add(&self.db, &self.clock, &uses).await;
        if written.is_err() {
            let waiting = &mut *self.lock();
            let newer = mem::replace(waiting, uses);
            newer.into_iter().for_each(|(key, uses)| add(waiting, key, uses));
        }
        written
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(waiting: &mut Waiting, key: Key, uses: Uses) {
    if let Some(known) = waiting.get_mut(&key) {
        *known = known.clone().and(uses);
    } else if waiting.len() < MOST {
        waiting.insert(key, uses);
    }
}
