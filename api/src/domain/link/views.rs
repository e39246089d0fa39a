//! Who looked at what links show: gathered in memory and written down every few seconds, so that no reader waits for it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{ShareId, UserId};
use sea_orm::DatabaseConnection;
use uuid::Uuid;

use super::rows;
use crate::error::Result;

/// Most visitors that are gathered; whoever comes after them until the next writing is not counted.
const MOST: usize = 10_000;

/// Days for which it is kept who looked.
pub const KEPT_DAYS: i64 = 90;

pub type Visit = (ShareId, NaiveDate, Uuid);

#[derive(Clone, Copy)]
pub struct Seen {
    pub user: Option<UserId>,
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
    pub views: i32,
}

#[derive(Default)]
pub struct Views(Mutex<HashMap<Visit, Seen>>);

impl Views {
    pub fn note(&self, share: ShareId, visitor: Uuid, user: Option<UserId>, at: DateTime<Utc>) {
        let mut seen = self.seen();
        if seen.len() >= MOST {
            return;
        }
        let entry =
            seen.entry((share, at.date_naive(), visitor)).or_insert(Seen { user, first: at, last: at, views: 0 });
        entry.last = entry.last.max(at);
        entry.views = entry.views.saturating_add(1);
    }

    /// Writes down what was gathered. What cannot be written is not tried again: the links may be gone.
    pub async fn write(&self, db: &DatabaseConnection) -> Result<()> {
        let seen = std::mem::take(&mut *self.seen());
        match seen.is_empty() {
            true => Ok(()),
            false => rows::write_views(db, seen).await,
        }
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<Visit, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
