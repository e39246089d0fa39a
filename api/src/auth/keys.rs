//! The keys that sign access tokens: kept in the database, sealed under the master key, replaced in good time.
//!
//! A key signs from its hour on until the next one's hour; it is published before and stays published until the last token
//! that it signed has ended. So whoever verifies, in this service or another, always knows the key. All processes read
//! the keys every few seconds.

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::SigningKey;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait, Value};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::master::MasterKey;

/// How long a new key is published before it signs: longer than anybody keeps the set of keys.
pub const AHEAD: TimeDelta = TimeDelta::hours(1);
/// For how long the set of keys may be kept, in seconds.
pub const KEPT: i64 = 300;

/// A key and its hours.
#[derive(Clone)]
pub struct TokenKey {
    /// As tokens name it.
    pub id: String,
    pub pair: SigningKey,
    pub created_at: DateTime<Utc>,
    /// From then on it signs, until the next one does.
    pub signs_from: DateTime<Utc>,
}

/// All keys, oldest first.
pub async fn read(db: &impl ConnectionTrait, master: &MasterKey) -> anyhow::Result<Vec<TokenKey>> {
    let sql = "select id, private, created_at, signs_from from signing_keys order by signs_from";
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let mut keys = Vec::new();
    for row in rows {
        let (id, sealed): (String, Vec<u8>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let opened = master.open(&id, &sealed).with_context(|| format!("the signing key {id} does not open"))?;
        let bytes: [u8; 32] = opened.as_slice().try_into().with_context(|| format!("{id} is not a key"))?;
        let pair = SigningKey::from_bytes(&bytes);
        keys.push(TokenKey { id, pair, created_at: row.try_get_by_index(2)?, signs_from: row.try_get_by_index(3)? });
    }
    Ok(keys)
}

/// The keys as they should be by now: makes the first one, and a new one when the latest has signed for `rotation`
/// (zero for never); drops those whose last token ended before `since`. Processes that start at once make one key.
pub async fn keep(
    db: &DatabaseConnection,
    master: &MasterKey,
    at: DateTime<Utc>,
    rotation: TimeDelta,
    longest_token: TimeDelta,
) -> anyhow::Result<Vec<TokenKey>> {
    let keys = read(db, master).await?;
    let is_due = |keys: &[TokenKey]| match keys.last() {
        None => Some(at),
        Some(latest) if rotation > TimeDelta::zero() && latest.signs_from + rotation <= at => Some(at + AHEAD),
        Some(_) => None,
    };
    let is_over = |keys: &[TokenKey]| {
        keys.windows(2).filter(|pair| pair[1].signs_from + longest_token < at).map(|pair| pair[0].id.clone()).collect()
    };
    let over: Vec<String> = is_over(&keys);
    if is_due(&keys).is_none() && over.is_empty() {
        return Ok(keys);
    }
    let transaction = db.begin().await?;
    transaction.execute_unprepared("lock table signing_keys in share row exclusive mode").await?;
    let keys = read(&transaction, master).await?;
    if let Some(signs_from) = is_due(&keys) {
        insert(&transaction, master, at, signs_from).await?;
    }
    for id in is_over(&keys) as Vec<String> {
        delete(&transaction, &id).await?;
    }
    let keys = read(&transaction, master).await?;
    transaction.commit().await?;
    Ok(keys)
}

/// Makes a key that signs from a moment on.
pub async fn insert(
    db: &impl ConnectionTrait,
    master: &MasterKey,
    at: DateTime<Utc>,
    signs_from: DateTime<Utc>,
) -> anyhow::Result<String> {
    let pair = SigningKey::from_bytes(&rand::random());
    let public = pair.verifying_key();
    let id = URL_SAFE_NO_PAD.encode(&Sha256::digest(public.as_bytes())[..12]);
    let sealed = master.seal(&id, &pair.to_bytes())?;
    let sql = "insert into signing_keys (id, public, private, created_at, signs_from) values ($1, $2, $3, $4, $5)";
    let values: [Value; 5] =
        [id.clone().into(), public.as_bytes().to_vec().into(), sealed.into(), at.into(), signs_from.into()];
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    Ok(id)
}

/// Removes a key: whatever it signed is worth nothing any more. Says whether there was one.
pub async fn delete(db: &impl ConnectionTrait, id: &str) -> anyhow::Result<bool> {
    let statement =
        Statement::from_sql_and_values(DbBackend::Postgres, "delete from signing_keys where id = $1", [id.into()]);
    Ok(db.execute_raw(statement).await?.rows_affected() > 0)
}

/// The public halves as other services read them (RFC 7517, RFC 8037).
pub fn public_set(keys: &[TokenKey]) -> serde_json::Value {
    let keys = keys.iter().map(|key| {
        let x = URL_SAFE_NO_PAD.encode(key.pair.verifying_key().as_bytes());
        json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.id, "x": x })
    });
    json!({ "keys": keys.collect::<Vec<_>>() })
}
