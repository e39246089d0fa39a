//! The one place where the address of an account changes.

use entity::mail::Template;
use entity::security_event::Kind;
use entity::user::{ActiveModel, Model};
use sea_orm::ActiveValue::Set;

use crate::domain::account::rows::confirmations;
use crate::domain::mail::rows::{self as mail_rows, Letter};
use crate::error::Result;
use crate::write::Tx;

/// Puts another address, or none, into the change of a locked account, and tells its owner: also by mail to the address
/// that was, if that is known to be theirs. What was mailed to it opens nothing any more, even if it comes back.
pub async fn change(tx: &Tx, row: &Model, address: Option<String>, change: &mut ActiveModel) -> Result<()> {
    change.email = Set(address);
    confirmations::close(tx, row.id, None, tx.at).await?;
    if let (Some(email), Some(_)) = (row.email.as_deref(), row.email_verified_at) {
        let (template, user) = (Template::EmailChanged, Some(row.id));
        mail_rows::queue(tx, Letter { template, email, user, confirmation: None }).await?;
    }
    tx.alert_of_account(row.id, Kind::EmailChanged).await
}
