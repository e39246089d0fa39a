//! Who is meant by a name: the one function for headers and, later, imports.

use entity::id::UserId;
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use uuid::Uuid;

use crate::error::Result;
use crate::graphql::id::WireId;

/// Longest name that is looked at, in bytes.
const LONGEST: usize = 254;

/// The account of that name, whatever its state: an id, a number, a handle or a user name. They cannot be mistaken for one
/// another: ids and numbers by their shape, and no handle is somebody else's user name (`user_names` of the database).
pub async fn find(db: &impl ConnectionTrait, name: &str) -> Result<Option<UserId>> {
    let name = name.trim();
    if name.is_empty() || name.len() > LONGEST || name.contains('\0') {
        return Ok(None);
    }
    let id = UserId::decode(name).map(|id| id.0).or_else(|| Uuid::parse_str(name).ok());
    let (sql, value): (&str, Value) = if let Some(id) = id {
        ("select id from users where id = $1", id.into())
    } else if name.bytes().all(|byte| byte.is_ascii_digit()) {
        let Ok(number) = name.parse::<i64>() else { return Ok(None) };
        ("select id from users where number = $1", number.into())
    } else {
        ("select user_id from user_names where name = lower($1)", name.into())
    };
    one(db, sql, value).await
}

/// The account of that user name, and of nothing else.
pub async fn find_username(db: &impl ConnectionTrait, name: &str) -> Result<Option<UserId>> {
    one(db, "select id from users where username = $1::citext", name.into()).await
}

async fn one(db: &impl ConnectionTrait, sql: &str, value: Value) -> Result<Option<UserId>> {
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [value])).await?;
    Ok(row.map(|row| row.try_get_by_index::<Uuid>(0)).transpose()?.map(UserId))
}
