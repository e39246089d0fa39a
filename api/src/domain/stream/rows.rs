//! Every statement about messages that are being written.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{ConversationId, MessageId};
use entity::message;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};
use uuid::Uuid;

use crate::auth::Principal;
use crate::database::shape::{Ask, among};
use crate::domain::message::policy;
use crate::error::Result;

/// Where a stream is.
#[derive(Clone, Copy, Debug)]
pub struct State {
    pub attempt: i32,
    pub next_sequence: i32,
    pub length: i32,
    pub lease_until: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

const STATE: &str = "s.attempt, s.next_sequence, s.length, s.lease_until, s.ended_at";

fn state(row: &QueryResult, from: usize) -> Result<State, DbErr> {
    Ok(State {
        attempt: row.try_get_by_index(from)?,
        next_sequence: row.try_get_by_index(from + 1)?,
        length: row.try_get_by_index(from + 2)?,
        lease_until: row.try_get_by_index(from + 3)?,
        ended_at: row.try_get_by_index(from + 4)?,
    })
}

fn statement(sql: impl Into<String>, values: impl Into<Vec<Value>>) -> Statement {
    Statement::from_sql_and_values(DbBackend::Postgres, sql, values.into())
}

/// The stream of a message that the caller has found visible, locked.
pub async fn find_for_update(db: &impl ConnectionTrait, id: MessageId) -> Result<Option<State>> {
    let sql = format!("select {STATE} from message_streams s where s.message_id = $1 for no key update");
    let row = db.query_one_raw(statement(sql, [id.into()])).await?;
    Ok(row.map(|row| state(&row, 0)).transpose()?)
}

pub async fn states(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    messages: &[MessageId],
) -> Result<HashMap<MessageId, State>> {
    let text = format!("select s.message_id, {STATE} from message_streams s where s.message_id = any($1)");
    let seen = visible(db, viewer, messages).await?;
    let rows = db.query_all_raw(statement(text, [ids(&seen).into()])).await?;
    Ok(rows
        .iter()
        .map(|row| Ok((MessageId(row.try_get_by_index(0)?), state(row, 1)?)))
        .collect::<Result<_, DbErr>>()?)
}

/// The texts so far of messages that are being written.
pub async fn texts(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    messages: &[MessageId],
) -> Result<HashMap<MessageId, String>> {
    let seen = visible(db, viewer, messages).await?;
    let sql = "select m.id, message_text(m.id) from unnest($1::uuid[]) m (id)";
    let rows = db.query_all_raw(statement(sql, [ids(&seen).into()])).await?;
    Ok(rows
        .iter()
        .map(|row| Ok((MessageId(row.try_get_by_index(0)?), row.try_get_by_index(1)?)))
        .collect::<Result<_, DbErr>>()?)
}

async fn visible(db: &impl ConnectionTrait, viewer: &Principal, messages: &[MessageId]) -> Result<Vec<MessageId>> {
    let ask = Ask::<message::Entity>::of(policy::visible(viewer)).filter(among(message::Column::Id, messages));
    Ok(ask.by_key(db, |row| row.id).await?.into_keys().collect())
}

fn ids(messages: &[MessageId]) -> Vec<Uuid> {
    messages.iter().map(|id| id.0).collect()
}

pub async fn begin(
    db: &impl ConnectionTrait,
    id: MessageId,
    conversation: ConversationId,
    lease_until: DateTime<Utc>,
) -> Result<()> {
    let sql = "insert into message_streams (message_id, conversation_id, lease_until) values ($1, $2, $3)";
    db.execute_raw(statement(sql, [id.into(), conversation.into(), lease_until.into()])).await?;
    Ok(())
}

/// Keeps a piece; out of order it is refused by `message_pieces_in_order`.
pub async fn add(
    db: &impl ConnectionTrait,
    id: MessageId,
    sequence: i32,
    text: &str,
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let sql = "insert into message_pieces (message_id, sequence, text, at) values ($1, $2, $3, $4)";
    db.execute_raw(statement(sql, [id.into(), sequence.into(), text.into(), at.into()])).await?;
    Ok(())
}

/// What an acknowledged piece said; nothing if it is kept no more.
pub async fn piece(db: &impl ConnectionTrait, id: MessageId, sequence: i32) -> Result<Option<String>> {
    let sql = "select p.text from message_pieces p where p.message_id = $1 and p.sequence = $2";
    let row = db.query_one_raw(statement(sql, [id.into(), sequence.into()])).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

pub async fn renew(db: &impl ConnectionTrait, id: MessageId, until: DateTime<Utc>) -> Result<()> {
    let sql = "update message_streams set lease_until = $2 where message_id = $1";
    db.execute_raw(statement(sql, [id.into(), until.into()])).await?;
    Ok(())
}

/// Another attempt goes on where the last one stopped.
pub async fn again(db: &impl ConnectionTrait, id: MessageId, until: DateTime<Utc>) -> Result<()> {
    let sql =
        "update message_streams set attempt = attempt + 1, lease_until = $2, ended_at = null where message_id = $1";
    db.execute_raw(statement(sql, [id.into(), until.into()])).await?;
    Ok(())
}

/// Puts what was written into the message and ends the stream.
pub async fn end(db: &impl ConnectionTrait, id: MessageId, at: DateTime<Utc>) -> Result<()> {
    db.execute_raw(statement("select message_fold($1, $2)", [id.into(), at.into()])).await?;
    let sql = "update message_streams set ended_at = $2 where message_id = $1";
    db.execute_raw(statement(sql, [id.into(), at.into()])).await?;
    Ok(())
}

/// What a reader is shown next.
#[derive(Debug)]
pub struct Next {
    pub state: State,
    pub status: message::Status,
    /// The pieces after the one that the reader has, as one text; nothing if they are not all kept any more.
    pub text: Option<String>,
}

/// What comes after piece number `after` of a message that the caller has found visible; nothing if it has no stream.
pub async fn next(db: &impl ConnectionTrait, id: MessageId, after: i32) -> Result<Option<Next>> {
    let sql = format!(
        "select {STATE}, m.status, count(p.sequence) = s.next_sequence - 1 - $2,
                coalesce(string_agg(p.text, '' order by p.sequence), '')
           from message_streams s join messages m on m.id = s.message_id
           left join message_pieces p on p.message_id = s.message_id and p.sequence > $2 and p.sequence < s.next_sequence
          where s.message_id = $1 group by s.message_id, m.status"
    );
    let Some(row) = db.query_one_raw(statement(sql, [id.into(), after.into()])).await? else { return Ok(None) };
    let whole: bool = row.try_get_by_index(6)?;
    let text: String = row.try_get_by_index(7)?;
    Ok(Some(Next { state: state(&row, 0)?, status: row.try_get_by_index(5)?, text: whole.then_some(text) }))
}

/// The whole text with the number of its last piece, and the status.
pub async fn whole(db: &impl ConnectionTrait, id: MessageId) -> Result<Option<(String, i32, message::Status)>> {
    let sql = "select message_text(m.id), coalesce(s.next_sequence - 1, 0), m.status
                 from messages m left join message_streams s on s.message_id = m.id where m.id = $1";
    let row = db.query_one_raw(statement(sql, [id.into()])).await?;
    Ok(row
        .map(|row| Ok::<_, DbErr>((row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?)))
        .transpose()?)
}

/// A message whose writer has not been heard of in time, locked unless somebody else has it.
pub async fn silent(db: &impl ConnectionTrait, at: DateTime<Utc>) -> Result<Option<(MessageId, ConversationId)>> {
    // The conversation is locked before what is in it, as all writers do.
    let sql =
        "select s.message_id, s.conversation_id from conversations c join message_streams s on s.conversation_id = c.id
                where s.ended_at is null and s.lease_until < $1 order by s.lease_until limit 1
                  for no key update of c, s skip locked";
    let row = db.query_one_raw(statement(sql, [at.into()])).await?;
    Ok(row
        .map(|row| Ok::<_, DbErr>((MessageId(row.try_get_by_index(0)?), ConversationId(row.try_get_by_index(1)?))))
        .transpose()?)
}

pub async fn interrupt(db: &impl ConnectionTrait, id: MessageId, at: DateTime<Utc>) -> Result<()> {
    end(db, id, at).await?;
    let sql = "update messages set status = 'interrupted', version = version + 1 where id = $1";
    db.execute_raw(statement(sql, [id.into()])).await?;
    Ok(())
}

/// For so long pieces are kept for those who are still reading.
const KEPT: TimeDelta = TimeDelta::minutes(10);

/// Removes the streams of messages that are finished for good.
pub async fn forget(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<()> {
    let sql = "delete from message_streams s using messages m
                where m.id = s.message_id and s.ended_at < $1 and m.status in ('complete', 'cancelled')";
    db.execute_raw(statement(sql, [(now - KEPT).into()])).await?;
    Ok(())
}
