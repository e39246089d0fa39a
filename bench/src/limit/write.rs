//! The writing workload: the message, the audit row and the event in one transaction, which is one statement.

use chrono::Utc;
use uuid::Uuid;

use super::Database;
use super::json::Json;
use super::read;

pub const STATEMENTS: &[&str] = &["
    with talk as (select id, last_message_id from conversations where id = $1 and owner_id = $2 for no key update),
    message as (
        insert into messages (id, conversation_id, parent_id, depth, position, author_id, role, content, created_at, updated_at)
        select $3, id, last_message_id, 0, 0, $2, 'user', $4, $5, $5 from talk
        returning id, conversation_id, depth, position, parent_id),
    audit as (
        insert into audit_log (id, at, actor_id, session_id, request_id, action, subject_kind, subject_id, credential, after)
        select $6, $5, $2, $2, $7, 'message.append', 'message', id, 'session',
               jsonb_build_object('role', 'user', 'position', position, 'parent', parent_id, 'length', char_length($4))
          from message),
    event as (
        insert into events (at, kind, subject_kind, subject_id, conversation_id, actor_id)
        select $5, 'message.append', 'message', id, conversation_id, $2 from message)
    select depth from message"];

pub async fn append(db: &Database, viewer: Uuid, id: Uuid, content: &str) -> anyhow::Result<Vec<u8>> {
    let at = Utc::now();
    let (message, audit) = (Uuid::now_v7(), Uuid::now_v7());
    let request = audit.simple().to_string();
    let statement = &db.statements[read::STATEMENTS.len()];
    let row =
        db.client.query_one(statement, &[&id, &viewer, &message, &content, &at, &audit, &request.as_str()]).await?;
    let mut json = Json::with_capacity(content.len() + 256);
    json.raw(r#"{"data":{"appendMessage":{"message":{"role":"USER","content":"#).string(content);
    json.raw(r#","depth":"#).number(row.get(0)).raw(r#","version":1},"userErrors":[]}}}"#);
    Ok(json.0)
}
