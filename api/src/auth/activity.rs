//! When sessions and keys were last used: gathered in memory and written down every few seconds, so that no request waits for it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{ApiKeyId, SessionId};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, Value};

use super::Via;
use crate::error::Result;

/// Seconds for which a session counts as used after a use that was written down.
pub const FRESH: i64 = 60;

const WRITE: &str = "
    update sessions s
       set last_active_at = greatest(s.last_active_at, used.at),
           idle_expires_at = greatest(s.idle_expires_at, used.at + make_interval(secs => $3))
      from unnest($1::uuid[], $2::timestamptz[]) used (id, at)
     where s.id = used.id and s.ended_at is null";

const WRITE_KEYS: &str = "
    update api_keys k set last_used_at = greatest(k.last_used_at, used.at)
      from unnest($1::uuid[], $2::timestamptz[]) used (id, at) where k.id = used.id";

pub struct Activity {
    /// How long a session lasts without being used.
    idle: TimeDelta,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    sessions: HashMap<SessionId, DateTime<Utc>>,
    keys: HashMap<ApiKeyId, DateTime<Utc>>,
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

    pub fn note(&self, via: Via, at: DateTime<Utc>) {
        let mut used = self.used();
        match via {
            Via::Session(id) | Via::Impersonation { session: id, .. } => drop(used.sessions.insert(id, at)),
            Via::Key { id, .. } => drop(used.keys.insert(id, at)),
            Via::Password { .. } | Via::Place => {}
        }
    }

    /// Writes down what was gathered; what could not be written is kept for the next time.
    pub async fn write(&self, db: &DatabaseConnection) -> Result<()> {
        let Used { sessions, keys } = std::mem::take(&mut *self.used());
        let idle: Value = (self.idle.num_seconds() as f64).into();
        let written = match write(db, WRITE, &sessions, vec![idle]).await {
            Ok(()) => write(db, WRITE_KEYS, &keys, Vec::new()).await,
            failed => failed,
        };
        if written.is_err() {
            let mut later = self.used();
            for (id, at) in sessions {
                later.sessions.entry(id).or_insert(at);
            }
            for (id, at) in keys {
                later.keys.entry(id).or_insert(at);
            }
        }
        written
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn write<I: Copy + Into<uuid::Uuid>>(
    db: &DatabaseConnection,
    sql: &str,
    used: &HashMap<I, DateTime<Utc>>,
    more: Vec<Value>,
) -> Result<()> {
    if used.is_empty() {
        return Ok(());
    }
    let (ids, times): (Vec<uuid::Uuid>, Vec<DateTime<Utc>>) = used.iter().map(|(id, at)| ((*id).into(), *at)).unzip();
    let values = [ids.into(), times.into()].into_iter().chain(more);
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    Ok(())
}
