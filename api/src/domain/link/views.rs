//! Who looked at what links show: gathered in memory and written down every few seconds, so that no reader waits for it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::{ShareId, UserId};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, Value};
use uuid::Uuid;

use crate::error::Result;

/// Most visitors that are gathered; whoever comes after them until the next writing is not counted.
const MOST: usize = 10_000;

/// Days for which it is kept who looked.
pub const KEPT_DAYS: i64 = 90;

const WRITE: &str = "
    insert into share_views (share_id, day, visitor, user_id, first_at, last_at, views)
    select seen.share_id, seen.day, seen.visitor, u.id, seen.first_at, seen.last_at, seen.views
      from unnest($1::uuid[], $2::date[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::int[])
           seen (share_id, day, visitor, user_id, first_at, last_at, views)
      join share_links l on l.share_id = seen.share_id left join users u on u.id = seen.user_id
    on conflict (share_id, day, visitor) do update
       set last_at = greatest(share_views.last_at, excluded.last_at), views = share_views.views + excluded.views";

type Visit = (ShareId, NaiveDate, Uuid);

#[derive(Clone, Copy)]
struct Seen {
    user: Option<UserId>,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    views: i32,
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
        if seen.is_empty() {
            return Ok(());
        }
        let column = |value: fn(&Visit, &Seen) -> Uuid| seen.iter().map(|(visit, seen)| value(visit, seen)).collect();
        let ids: [Vec<Uuid>; 2] = [column(|visit, _| visit.0.0), column(|visit, _| visit.2)];
        let [shares, visitors] = ids;
        let days: Vec<NaiveDate> = seen.keys().map(|visit| visit.1).collect();
        let users: Vec<Option<Uuid>> = seen.values().map(|seen| seen.user.map(|user| user.0)).collect();
        let firsts: Vec<DateTime<Utc>> = seen.values().map(|seen| seen.first).collect();
        let lasts: Vec<DateTime<Utc>> = seen.values().map(|seen| seen.last).collect();
        let counts: Vec<i32> = seen.values().map(|seen| seen.views).collect();
        let users: Vec<Uuid> = users.into_iter().map(Option::unwrap_or_default).collect();
        let values: [Value; 7] =
            [shares.into(), days.into(), visitors.into(), users.into(), firsts.into(), lasts.into(), counts.into()];
        db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, WRITE, values)).await?;
        Ok(())
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<Visit, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
