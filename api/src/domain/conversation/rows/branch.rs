//! Statements about which branch somebody reads.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::conversation;
use entity::id::{ConversationId, MessageId};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbBackend, Statement, Value};
use uuid::Uuid;

use crate::auth::Principal;
use crate::error::Result;

/// The ends of the branches that the viewer has chosen, in conversations of others.
pub async fn chosen(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, MessageId>> {
    let sql = "select b.conversation_id, b.leaf_id from branch_choices b
                where b.user_id = $1 and b.conversation_id = any($2)";
    let ids: Vec<Uuid> = conversations.iter().map(|id| id.0).collect();
    let values: [Value; 2] = [viewer.user.into(), ids.into()];
    let rows = db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    rows.iter().map(|row| Ok((ConversationId(row.try_get_by_index(0)?), MessageId(row.try_get_by_index(1)?)))).collect()
}

/// The end of the branch that the viewer reads; nothing while there is no message.
pub async fn leaf_of(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    row: &conversation::Model,
) -> Result<Option<MessageId>> {
    if row.owner_id == viewer.user {
        return Ok(row.active_leaf_id);
    }
    Ok(chosen(db, viewer, &[row.id]).await?.remove(&row.id).or(row.active_leaf_id))
}

/// The owner's choice, which is that of everybody who has made none.
pub async fn choose_for_all(
    db: &impl ConnectionTrait,
    id: ConversationId,
    leaf: MessageId,
) -> Result<conversation::Model> {
    let change = conversation::ActiveModel { id: Set(id), active_leaf_id: Set(Some(leaf)), ..Default::default() };
    Ok(change.update(db).await?)
}

/// The choice of somebody else.
pub async fn choose(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: ConversationId,
    leaf: MessageId,
    at: DateTime<Utc>,
) -> Result<()> {
    let sql = "insert into branch_choices (conversation_id, user_id, leaf_id, chosen_at) values ($1, $2, $3, $4)
               on conflict (conversation_id, user_id) do update
                  set leaf_id = excluded.leaf_id, chosen_at = excluded.chosen_at";
    let values: [Value; 4] = [id.into(), viewer.user.into(), leaf.into(), at.into()];
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    Ok(())
}
