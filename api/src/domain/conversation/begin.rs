//! How a conversation begins, for whoever makes one.

use entity::conversation::Model;
use entity::id::{AdvisorId, ConversationId, UserId};

use super::rows;
use crate::domain::advisor;
use crate::error::{Error, Result, UserError};
use crate::write::Tx;

/// A new conversation in use, without messages.
pub async fn conversation(
    tx: &Tx,
    id: ConversationId,
    owner: UserId,
    title: Option<String>,
    advisor: Option<AdvisorId>,
) -> Result<Model> {
    let row = Model { advisor_id: advisor, title, ..Model::new(id, owner, tx.at) };
    Ok(rows::insert(tx, row).await?)
}

/// An advisor that the viewer sees, for a conversation with it; held until the end of the transaction.
pub async fn with_advisor(tx: &Tx, id: AdvisorId) -> Result<()> {
    let found = advisor::rows::find_for_share(tx, tx.actor.principal()?, id).await?;
    let (row, _) = found.ok_or_else(|| Error::refused(UserError::not_found(&["advisorId"])))?;
    advisor::policy::outside_trash(&row, &["advisorId"])
}
