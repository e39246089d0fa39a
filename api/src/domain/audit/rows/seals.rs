//! The statements about the chain.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::AuditEntryId;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, QueryResult, Statement, TransactionTrait, Value};
use uuid::Uuid;

use crate::domain::audit::chain::{BEGINNING, Chain, Entry, Hash, Place};
use crate::error::{Error, Result};

/// Rows that are sealed in one transaction.
pub const BATCH: usize = 500;

/// The last link: from here on rows wait for theirs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Head {
    pub sequence: i64,
    pub hash: Hash,
    pub entry: Uuid,
    pub transaction: u64,
    /// Whether it was made on another server, from which the database was brought here, so that the transactions here have
    /// smaller numbers: nothing can be said of what comes before it.
    pub is_foreign: bool,
}

impl Head {
    const NONE: Self = Self { sequence: 0, hash: BEGINNING, entry: Uuid::nil(), transaction: 0, is_foreign: true };
}

/// A link, and the row that it seals if that is there.
#[derive(Debug)]
pub struct Sealed {
    pub place: Place,
    pub hash: Hash,
    pub transaction: u64,
    pub entry: Option<Entry>,
}

impl Sealed {
    fn spot(&self) -> Spot {
        (self.transaction, self.place.entry)
    }
}

/// The place of a row among all: its transaction, then its id.
type Spot = (u64, Uuid);

/// A part of the chain.
#[derive(Debug)]
pub struct Part {
    /// The last link of the whole chain.
    pub head: Option<Head>,
    /// The link before.
    pub known: Option<Sealed>,
    pub links: Vec<Sealed>,
    pub has_more: bool,
    /// A row that should have a link in this part and has none.
    pub passed_over: Option<Uuid>,
}

/// The columns of [`super::super::chain::COLUMNS`] as text. A moment is the number of its microseconds, so that no setting shows in it.
macro_rules! entry {
    () => {
        "a.id::text, a.transaction_id::text, (extract(epoch from a.at) * 1000000)::bigint::text, a.actor_id::text,
         a.on_behalf_of::text, a.session_id::text, a.api_key_id::text, a.credential, a.request_id, a.action,
         a.subject_kind, a.subject_id::text, a.before::text, a.after::text"
    };
}

macro_rules! has_no_seal {
    () => {
        " not exists (select from audit_seals s where s.entry_id = a.id)"
    };
}

/// A row whose transaction this server has not begun yet: it was brought here from another one.
macro_rules! is_foreign {
    () => {
        " a.transaction_id >= pg_snapshot_xmax(pg_current_snapshot())"
    };
}

const HEAD: &str = "
    select sequence, hash, entry_id, transaction_id::text,
           transaction_id >= pg_snapshot_xmax(pg_current_snapshot())
      from audit_seals order by sequence desc limit 1";

/// What comes after the last link and cannot be preceded by anything that still runs. Those that have a seal were brought
/// here from another server, whose transactions had the same numbers once.
const AFTER: &str = concat!(
    "select ",
    entry!(),
    " from audit_log a where (a.transaction_id, a.id) > ($1::text::xid8, $2)
         and a.transaction_id < pg_snapshot_xmin(pg_current_snapshot()) and",
    has_no_seal!(),
    " order by a.transaction_id, a.id limit $3"
);

/// What has no link at all, what was brought here first: asked for while there is no link from here.
const BARE: &str = concat!(
    "select ",
    entry!(),
    " from audit_log a where",
    has_no_seal!(),
    " and (a.transaction_id < pg_snapshot_xmin(pg_current_snapshot()) or",
    is_foreign!(),
    ") order by",
    is_foreign!(),
    " desc, a.transaction_id, a.id limit $1"
);

const ADD: &str = "
    insert into audit_seals (sequence, entry_id, transaction_id, hash, sealed_at)
    select s.sequence, s.entry_id, s.transaction_id::xid8, s.hash, $5
      from unnest($1::bigint[], $2::uuid[], $3::text[], $4::bytea[]) s (sequence, entry_id, transaction_id, hash)";

/// Only one process seals at a time. The number is nobody else's.
const LOCK: &str = "select pg_try_advisory_xact_lock(7305795003712)";

const LINKS: &str = concat!(
    "select s.sequence, s.entry_id, s.sealed_at, s.hash, s.transaction_id::text, a.id is not null, ",
    entry!(),
    " from audit_seals s left join audit_log a on a.id = s.entry_id
      where s.sequence > $1 order by s.sequence limit $2"
);

/// A row without a link between two places, before the last link or from elsewhere.
const PASSED_OVER: &str = concat!(
    "select a.id from audit_log a
      where (a.transaction_id, a.id) > ($1::text::xid8, $2) and (a.transaction_id, a.id) < ($3::text::xid8, $4)
        and ((a.transaction_id, a.id) < ($5::text::xid8, $6) or",
    is_foreign!(),
    ") and",
    has_no_seal!(),
    " order by a.transaction_id, a.id limit 1"
);

/// A row without a link beyond all of them that says to be from elsewhere, which only the first ones are.
const BEYOND: &str = concat!(
    "select a.id from audit_log a
      where a.transaction_id > (select max(transaction_id) from audit_seals) and",
    is_foreign!(),
    " and",
    has_no_seal!(),
    " order by a.transaction_id, a.id limit 1"
);

fn statement<const N: usize>(sql: &str, values: [Value; N]) -> Statement {
    Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
}

fn hash(row: &QueryResult, column: usize) -> Result<Hash> {
    let bytes: Vec<u8> = row.try_get_by_index(column)?;
    bytes.try_into().map_err(|_| Error::internal(anyhow::anyhow!("a seal of another length")))
}

fn number(row: &QueryResult, column: usize) -> Result<u64> {
    row.try_get_by_index::<String>(column)?.parse().map_err(Error::internal)
}

fn entry(row: &QueryResult, from: usize) -> Result<Entry> {
    let mut entry: Entry = Default::default();
    for (at, text) in entry.iter_mut().enumerate() {
        *text = row.try_get_by_index(from + at)?;
    }
    Ok(entry)
}

/// The last link, if there is any.
pub async fn head(db: &impl ConnectionTrait) -> Result<Option<Head>> {
    let Some(row) = db.query_one_raw(statement(HEAD, [])).await? else { return Ok(None) };
    Ok(Some(Head {
        sequence: row.try_get_by_index(0)?,
        hash: hash(&row, 1)?,
        entry: row.try_get_by_index(2)?,
        transaction: number(&row, 3)?,
        is_foreign: row.try_get_by_index(4)?,
    }))
}

/// The numbers of the seals of these rows; those that have none yet are not in the answer.
pub async fn numbers(db: &impl ConnectionTrait, entries: &[AuditEntryId]) -> Result<HashMap<AuditEntryId, i64>> {
    let ids: Vec<Uuid> = entries.iter().map(|id| id.0).collect();
    let sql = "select entry_id, sequence from audit_seals where entry_id = any($1)";
    let rows = db.query_all_raw(statement(sql, [ids.into()])).await?;
    let number = |row: &QueryResult| Ok((AuditEntryId(row.try_get_by_index(0)?), row.try_get_by_index(1)?));
    rows.iter().map(number).collect()
}

/// Seals the next rows, at most [`BATCH`]; how many there were. None while another process is at it.
pub async fn seal(db: &DatabaseConnection, chain: &Chain, at: DateTime<Utc>) -> Result<usize> {
    let transaction = db.begin().await?;
    let locked = transaction.query_one_raw(statement(LOCK, [])).await?;
    if !locked.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(false) {
        transaction.rollback().await?;
        return Ok(0);
    }
    let head = head(&transaction).await?.unwrap_or(Head::NONE);
    let limit = Value::from(BATCH as i64);
    let next = match head.is_foreign {
        true => statement(BARE, [limit]),
        false => statement(AFTER, [head.transaction.to_string().into(), head.entry.into(), limit]),
    };
    let rows = transaction.query_all_raw(next).await?;
    let (mut sequences, mut entries, mut transactions, mut hashes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut previous = head.hash;
    for (sequence, row) in (head.sequence + 1..).zip(&rows) {
        let entry = entry(row, 0)?;
        let id = entry[0].as_deref().unwrap_or_default().parse::<Uuid>().map_err(Error::internal)?;
        previous = chain.link(&previous, Place { sequence, entry: id, sealed_at: at }, &entry);
        sequences.push(sequence);
        entries.push(id);
        transactions.push(entry[1].clone().unwrap_or_default());
        hashes.push(previous.to_vec());
    }
    if rows.is_empty() {
        transaction.rollback().await?;
    } else {
        let values = [sequences.into(), entries.into(), transactions.into(), hashes.into(), at.into()];
        transaction.execute_raw(statement(ADD, values)).await?;
        transaction.commit().await?;
    }
    Ok(rows.len())
}

/// Columns of [`LINKS`] before those of the row.
const COLUMNS_BEFORE: usize = 6;

/// The links after a number with their rows, in order.
async fn links(db: &impl ConnectionTrait, after: i64, limit: i64) -> Result<Vec<Sealed>> {
    let rows = db.query_all_raw(statement(LINKS, [after.into(), limit.into()])).await?;
    let link = |row: &QueryResult| {
        let place = Place {
            sequence: row.try_get_by_index(0)?,
            entry: row.try_get_by_index(1)?,
            sealed_at: row.try_get_by_index(2)?,
        };
        let entry = match row.try_get_by_index(5)? {
            true => Some(entry(row, COLUMNS_BEFORE)?),
            false => None,
        };
        Ok(Sealed { place, hash: hash(row, 3)?, transaction: number(row, 4)?, entry })
    };
    rows.iter().map(link).collect()
}

/// The link with this number, if there is one.
pub async fn link(db: &impl ConnectionTrait, sequence: i64) -> Result<Option<Sealed>> {
    Ok(links(db, sequence - 1, 1).await?.pop().filter(|link| link.place.sequence == sequence))
}

/// The links after a number, at most `limit`, and what belongs to them.
pub async fn part(db: &impl ConnectionTrait, after: i64, limit: i64) -> Result<Part> {
    // The last link first: what is before it has one by now.
    let head = head(db).await?;
    let known = if after > 0 { link(db, after).await? } else { None };
    let mut links = links(db, after, limit + 1).await?;
    let has_more = links.len() as i64 > limit;
    links.truncate(limit as usize);
    let mut passed_over = None;
    if let Some(head) = head.filter(|head| !head.is_foreign) {
        let from = known.as_ref().map_or((0, Uuid::nil()), Sealed::spot);
        if let Some(to) = links.last().map(Sealed::spot) {
            passed_over = between(db, from, to, &head).await?;
        }
        if passed_over.is_none() && !has_more {
            let row = db.query_one_raw(statement(BEYOND, [])).await?;
            passed_over = row.map(|row| row.try_get_by_index(0)).transpose()?;
        }
    }
    Ok(Part { head, known, links, has_more, passed_over })
}

async fn between(db: &impl ConnectionTrait, from: Spot, to: Spot, head: &Head) -> Result<Option<Uuid>> {
    let values = [
        from.0.to_string().into(),
        from.1.into(),
        to.0.to_string().into(),
        to.1.into(),
        head.transaction.to_string().into(),
        head.entry.into(),
    ];
    let row = db.query_one_raw(statement(PASSED_OVER, values)).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}
