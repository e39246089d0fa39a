//! Making accounts: by registering, by the command line, and the invitations between the two.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{InvitationId, UserId};
use entity::{invitation, user, user_role};
use sea_orm::ConnectionTrait;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::rows;
use crate::app::App;
use crate::domain::role::rows as role_rows;
use crate::domain::user::rows as user_rows;
use crate::error::{Error, Result, UserError, violated_constraint};

/// A new account whose fields are known to be good.
pub struct NewAccount {
    pub username: String,
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub password_hash: Option<String>,
}

/// Writes the account and gives it `role`. Names that are taken are `CONFLICT`.
pub async fn create(
    db: &impl ConnectionTrait,
    id: Uuid,
    account: NewAccount,
    role: &str,
    assigned_by: Option<UserId>,
    at: DateTime<Utc>,
) -> Result<user::Model> {
    let draft = user_rows::Draft {
        id: UserId(id),
        handle: user_rows::free_handle(db, &handle_of(&account.username)).await?,
        display_name: account.display_name.unwrap_or_else(|| account.username.clone()),
        username: account.username,
        email: account.email,
        password_hash: account.password_hash,
        at,
    };
    let user = user_rows::insert(db, draft).await.map_err(|cause| match violated_constraint(&cause) {
        Some("users_username_key" | "users_handle_key") => {
            Error::refused(UserError::conflict(&["username"], "This user name is taken."))
        }
        Some("users_email_key") => Error::refused(UserError::conflict(&["email"], "This address is taken.")),
        _ => cause.into(),
    })?;
    let role = role_rows::find_by_name(db, role).await?;
    let role = role.ok_or_else(|| Error::internal(anyhow::anyhow!("a default role is missing from the database")))?;
    let assignment =
        user_role::Model { user_id: user.id, role_id: role.id, assigned_by, assigned_at: at, expires_at: None };
    role_rows::assign(db, assignment).await?;
    Ok(user)
}

/// A handle made of a user name: lower case, dots become hyphens, with room for a number behind it. What would look
/// like a UUID gets a letter in front.
fn handle_of(username: &str) -> String {
    let plain: String = username.to_ascii_lowercase().replace('.', "-").chars().take(48).collect();
    let plain = plain.trim_end_matches(['-', '_']);
    if Uuid::parse_str(plain).is_ok() { format!("u-{plain}") } else { plain.to_owned() }
}

/// A new invitation: its row, and the code that only its receiver will know.
pub fn invitation(
    app: &App,
    id: Uuid,
    email: Option<String>,
    invited_by: UserId,
    lifetime: TimeDelta,
    at: DateTime<Utc>,
) -> (invitation::Model, String) {
    let code = invitation_code(app, InvitationId(id));
    let row = invitation::Model {
        id: InvitationId(id),
        code_hash: hash(&code),
        email,
        invited_by: Some(invited_by),
        created_at: at,
        expires_at: at + lifetime,
        used_at: None,
        used_by: None,
    };
    (row, code)
}

/// The code of an invitation: made of its id and this service's key, never stored.
pub fn invitation_code(app: &App, id: InvitationId) -> String {
    let hash = app.tokens.keyed_hash(&[b"invitation\0", id.0.as_bytes()]);
    format!("stoa_inv_{}", URL_SAFE_NO_PAD.encode(&hash[..24]))
}

/// The invitation behind a code, locked; refused if it is unknown, used, expired, or meant for another address.
pub async fn claim_invitation(
    db: &impl ConnectionTrait,
    code: Option<&str>,
    email: Option<&str>,
    at: DateTime<Utc>,
) -> Result<invitation::Model> {
    let refusal = || {
        let message = "This invitation is not valid: it may be used, expired, or meant for another address.";
        Error::refused(UserError::invalid(&["invitationCode"], message))
    };
    let code = code.ok_or_else(refusal)?;
    let row = rows::find_invitation_for_update(db, &hash(code), at).await?.ok_or_else(refusal)?;
    let meant = row.email.as_deref().is_none_or(|meant| email.is_some_and(|email| email.eq_ignore_ascii_case(meant)));
    if meant { Ok(row) } else { Err(refusal()) }
}

fn hash(code: &str) -> Vec<u8> {
    Sha256::digest(code.as_bytes()).to_vec()
}
