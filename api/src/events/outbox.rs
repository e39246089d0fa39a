//! The statements about events. Writing them is `write/record.rs`.

use chrono::{DateTime, Utc};
use entity::id::{ConversationId, UserId};
use sea_orm::sqlx::{self, PgPool};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use uuid::Uuid;

use super::cursor::Cursor;
use crate::error::{Error, Result};

/// Events that are read at once, and so the most that a slow reader makes the service hold.
const AT_ONCE: i64 = 100;

/// The channel on which processes wake each other.
pub(super) const CHANNEL: &str = "stoa_events";

/// A change that somebody may be told of.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its place.
    pub cursor: Cursor,
    /// `noun.verb`, as the audit row has it.
    pub kind: String,
    /// The moment of the change.
    pub at: DateTime<Utc>,
    /// The thing that changed.
    pub subject: Uuid,
    /// Who did it; nobody for an operator.
    pub actor: Option<UserId>,
}

/// The next events, and whether there are more that have to wait for an older transaction to end.
pub(super) struct Page {
    pub events: Vec<Event>,
    pub held: bool,
}

/// What was committed when a reader began, for readers who want only what comes after.
pub(super) struct Since(String);

/// Read in order, up to the oldest transaction that still runs: what it writes would come before what is beyond. The table
/// is named in `order by`, for there a bare name means the column of the result, whose text puts 1000 before 999.
const PAGE: &str = "
    select transaction_id::text as transaction, id, kind, at, subject_id, actor_id,
           transaction_id < pg_snapshot_xmin(pg_current_snapshot()) as settled
      from events
     where conversation_id = $1 and (transaction_id, id) > ($2::text::xid8, $3)
       and ($4::text is null or not pg_visible_in_snapshot(transaction_id, $4::text::pg_snapshot))
     order by events.transaction_id, events.id limit $5";

pub(super) async fn page(db: &impl ConnectionTrait, after: &Cursor, since: Option<&Since>) -> Result<Page> {
    let values = [
        after.conversation.0.into(),
        after.transaction.to_string().into(),
        after.id.into(),
        since.map(|since| since.0.clone()).into(),
        AT_ONCE.into(),
    ];
    let rows = db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, PAGE, values)).await?;
    let mut page = Page { events: Vec::with_capacity(rows.len()), held: false };
    for row in rows {
        if !row.try_get_by_index::<bool>(6)? {
            page.held = true;
            break;
        }
        page.events.push(event(&row, after.conversation)?);
    }
    Ok(page)
}

fn event(row: &QueryResult, conversation: ConversationId) -> Result<Event> {
    let cursor = Cursor { conversation, transaction: number(row, 0)?, id: row.try_get_by_index(1)? };
    Ok(Event {
        cursor,
        kind: row.try_get_by_index(2)?,
        at: row.try_get_by_index(3)?,
        subject: row.try_get_by_index(4)?,
        actor: row.try_get_by_index::<Option<Uuid>>(5)?.map(UserId),
    })
}

fn number(row: &QueryResult, column: usize) -> Result<u64> {
    row.try_get_by_index::<String>(column)?.parse().map_err(Error::internal)
}

/// The place from which on everything is new, and the snapshot that tells what within reach of it is not.
pub(super) async fn present(db: &impl ConnectionTrait, conversation: ConversationId) -> Result<(Cursor, Since)> {
    let sql = "select pg_snapshot_xmin(pg_current_snapshot())::text, pg_current_snapshot()::text";
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let row = row.ok_or_else(|| Error::internal(anyhow::anyhow!("no snapshot")))?;
    let cursor = Cursor { conversation, transaction: number(&row, 0)?, id: 0 };
    Ok((cursor, Since(row.try_get_by_index(1)?)))
}

/// Tells the other processes. Never inside a transaction that writes: see `between.rs`.
pub(super) async fn notify(pool: &PgPool, payload: &str) -> Result<(), sqlx::Error> {
    sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(payload).execute(pool).await?;
    Ok(())
}
