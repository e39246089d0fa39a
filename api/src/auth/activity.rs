//! When sessions were last used: gathered in memory and written down every few seconds, so that no request waits for it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::SessionId;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, Value};

use crate::error::Result;

/// Seconds for which a session counts as used after a use that was written down.
pub const FRESH: i64 = 60;

const WRITE: &str = "
    update sessions s
       set last_active_at = greatest(s.last_active_at, used.at),
           idle_expires_at = greatest(s.idle_expires_at, used.at + make_interval(secs => $3))
      from unnest($1::uuid[], $2::timestamptz[]) used (id, at)
     where s.id = used.id and s.ended_at is null";

pub struct Activity {
    /// How long a session lasts without being used.
    idle: TimeDelta,
    used: Mutex<HashMap<SessionId, DateTime<Utc>>>,
}

impl Activity {
    /// Sessions end when nobody uses them for so many seconds.
    pub fn new(timeout: u32) -> Self {
        Self { idle: TimeDelta::seconds(timeout.into()), used: Mutex::default() }
    }

    /// When a session ends that is used now and never again.
    pub fn idle_expires_at(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        at + self.idle
    }

    pub fn note(&self, session: SessionId, at: DateTime<Utc>) {
        self.used().insert(session, at);
    }

    /// Writes down what was gathered; what could not be written is kept for the next time.
    pub async fn write(&self, db: &DatabaseConnection) -> Result<()> {
        let used = std::mem::take(&mut *self.used());
        if used.is_empty() {
            return Ok(());
        }
        let (ids, times): (Vec<uuid::Uuid>, Vec<DateTime<Utc>>) = used.iter().map(|(id, at)| (id.0, *at)).unzip();
        let values: [Value; 3] = [ids.into(), times.into(), (self.idle.num_seconds() as f64).into()];
        let written = db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, WRITE, values)).await;
        if let Err(cause) = written {
            let mut later = self.used();
            for (id, at) in used {
                later.entry(id).or_insert(at);
            }
            return Err(cause.into());
        }
        Ok(())
    }

    fn used(&self) -> MutexGuard<'_, HashMap<SessionId, DateTime<Utc>>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
