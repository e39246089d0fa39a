//! Showing that an address is one's own. Whoever changes an address need not care: the database forgets that the old one
//! was verified, and tokens for it open nothing.

use entity::confirmation::Purpose;
use entity::id::ConfirmationId;
use entity::mail::Template;
use entity::user;

use super::rows::confirmations;
use crate::auth::confirmation::ConfirmationToken;
use crate::domain::mail::rows::{self as mail_rows, Letter};
use crate::error::Result;
use crate::write::Tx;

/// Mails a token to the address as it is now. Nothing is sent, and it says so, if there is no address or one was sent to it
/// a moment ago.
pub async fn send(tx: &Tx, user: &user::Model) -> Result<bool> {
    let Some(email) = user.email.as_deref() else { return Ok(false) };
    let token = ConfirmationToken { id: ConfirmationId(tx.new_id()), purpose: Purpose::EmailVerification };
    let Some(confirmation) = confirmations::issue(tx, token, user.id, email, tx.at).await? else { return Ok(false) };
    let template = Template::EmailVerificationLink;
    mail_rows::queue(tx, Letter { template, email, user: Some(user.id), confirmation: Some(confirmation) }).await?;
    Ok(true)
}
