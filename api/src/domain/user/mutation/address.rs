//! The one place where the address of an account changes.

use entity::security_event::Kind;
use entity::user::{ActiveModel, Model};
use sea_orm::ActiveValue::Set;

use crate::error::Result;
use crate::write::Tx;

/// Puts another address, or none, into the change of a locked account, and tells its owner.
pub async fn change(tx: &Tx, row: &Model, address: Option<String>, change: &mut ActiveModel) -> Result<()> {
    change.email = Set(address);
    tx.alert_of_account(row.id, Kind::EmailChanged).await
}
