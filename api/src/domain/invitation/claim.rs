//! The codes of invitations, and what they are worth when somebody comes with one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use entity::id::{InvitationId, UserId};
use entity::invitation::Model;
use sha2::{Digest, Sha256};

use super::rows;
use crate::access::{DefaultRole, Permission};
use crate::app::App;
use crate::domain::role::{handing, rows as role_rows};
use crate::domain::user::rows as user_rows;
use crate::error::{Error, Result, UserError};
use crate::write::Tx;

/// The code of an invitation: made of its id and this service's key, never stored.
pub fn code_of(app: &App, id: InvitationId) -> String {
    let hash = app.tokens.keyed_hash(&[b"invitation\0", id.0.as_bytes()]);
    format!("stoa_inv_{}", URL_SAFE_NO_PAD.encode(&hash[..24]))
}

/// What is stored of a code.
pub fn hash(code: &str) -> Vec<u8> {
    Sha256::digest(code.as_bytes()).to_vec()
}

/// An invitation that is good, locked until it is used.
pub struct Claimed {
    pub id: InvitationId,
    /// The role that it gives, by name, and by whom.
    pub role: Option<String>,
    pub by: Option<UserId>,
}

/// The invitation behind a code; refused if it is unknown, used, expired, taken back, meant for another address, or by
/// somebody who could not make it any more.
pub async fn claim(tx: &Tx, code: Option<&str>, email: Option<&str>, at: DateTime<Utc>) -> Result<Option<Claimed>> {
    let code = code.ok_or_else(refusal)?;
    let row = rows::find_open_for_update(tx, &hash(code), at).await?.ok_or_else(refusal)?;
    let meant = row.email.as_deref().is_none_or(|meant| email.is_some_and(|email| email.eq_ignore_ascii_case(meant)));
    let role = role_of(tx, &row, at).await?;
    if meant { Ok(Some(Claimed { id: row.id, role, by: row.invited_by })) } else { Err(refusal()) }
}

async fn role_of(tx: &Tx, row: &Model, at: DateTime<Utc>) -> Result<Option<String>> {
    // Without a role it gives the default one, which nobody hands on either who does not hold it.
    let role = match row.role_id {
        Some(role) => role_rows::find_by_id(tx, role).await?,
        None => role_rows::find_by_name(tx, DefaultRole::SUBSCRIBER).await?,
    };
    let role = role.ok_or_else(refusal)?;
    let inviter = row.invited_by.ok_or_else(refusal)?;
    let account = user_rows::for_session(tx, inviter).await?;
    account.filter(|account| account.is_active(at)).ok_or_else(refusal)?;
    let may_invite = role_rows::unconditional(tx, inviter, at).await?.holds(Permission::UsersWrite);
    if may_invite && handing::could(tx, inviter, &role, at).await? { Ok(Some(role.name)) } else { Err(refusal()) }
}

fn refusal() -> Error {
    let message = "This invitation is not valid: it may be used, expired, taken back, or meant for another address.";
    Error::refused(UserError::invalid(&["invitationCode"], message))
}
