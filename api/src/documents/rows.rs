//! Every statement about registered documents.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use uuid::Uuid;

use super::asked::Digest;
use crate::error::{Error, Result};

/// The list as it is now.
pub struct Listed {
    pub version: Uuid,
    /// Id and hash of each document; nothing if the version is the one that was known.
    pub entries: Option<Vec<(String, Digest)>>,
}

/// A registered document without its text.
pub struct Summary {
    pub id: String,
    pub digest: Digest,
    pub characters: i32,
    pub registered_at: DateTime<Utc>,
}

/// What became of a registration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Registered {
    New,
    /// The same text is there already under this id.
    Already,
    /// Another text is there under this id; nothing was changed.
    Taken,
}

const LIST: &str = "
    select l.version, d.id, d.digest from document_list l left join documents d on l.version is distinct from $1";

/// The list, unless it is the one that is known.
pub async fn list(db: &impl ConnectionTrait, known: Option<Uuid>) -> Result<Listed> {
    let rows = db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, LIST, [known.into()])).await?;
    let first = rows.first().ok_or_else(|| Error::internal(anyhow::anyhow!("the list of documents has no version")))?;
    let version: Uuid = first.try_get_by_index(0)?;
    if known == Some(version) {
        return Ok(Listed { version, entries: None });
    }
    let mut entries = Vec::with_capacity(rows.len());
    for row in &rows {
        if let Some(id) = row.try_get_by_index::<Option<String>>(1)? {
            entries.push((id, digest(row.try_get_by_index(2)?)?));
        }
    }
    Ok(Listed { version, entries: Some(entries) })
}

/// The text with this hash, if it is registered.
pub async fn text(db: &impl ConnectionTrait, digest: Digest) -> Result<Option<String>> {
    let sql = "select text from documents where digest = $1 limit 1";
    let values = [digest.bytes().to_vec().into()];
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    row.map(|row| Ok(row.try_get_by_index(0)?)).transpose()
}

/// Registers a text under an id, for ever the same.
pub async fn register(db: &impl ConnectionTrait, id: &str, text: &str, at: DateTime<Utc>) -> Result<Registered> {
    let insert = "insert into documents (id, digest, text, registered_at) values ($1, $2, $3, $4)
                  on conflict on constraint documents_pkey do nothing";
    let own = Digest::of(text);
    let values = [id.into(), own.bytes().to_vec().into(), text.into(), at.into()];
    let done = db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, insert, values)).await?;
    if done.rows_affected() == 1 {
        return Ok(Registered::New);
    }
    let sql = "select digest from documents where id = $1";
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [id.into()])).await?;
    let there = row.map(|row| digest(row.try_get_by_index(0)?)).transpose()?;
    Ok(if there == Some(own) { Registered::Already } else { Registered::Taken })
}

/// Removes the document with this id; whether there was one.
pub async fn remove(db: &impl ConnectionTrait, id: &str) -> Result<bool> {
    let sql = "delete from documents where id = $1";
    let done = db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [id.into()])).await?;
    Ok(done.rows_affected() == 1)
}

/// All of them, in the order of their ids.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Summary>> {
    let sql = "select id, digest, char_length(text), registered_at from documents order by id collate \"C\"";
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let summary = |row: &sea_orm::QueryResult| {
        Ok(Summary {
            id: row.try_get_by_index(0)?,
            digest: digest(row.try_get_by_index(1)?)?,
            characters: row.try_get_by_index(2)?,
            registered_at: row.try_get_by_index(3)?,
        })
    };
    rows.iter().map(summary).collect()
}

fn digest(bytes: Vec<u8>) -> Result<Digest> {
    Digest::from_bytes(&bytes).ok_or_else(|| Error::internal(anyhow::anyhow!("a stored hash has the wrong length")))
}
