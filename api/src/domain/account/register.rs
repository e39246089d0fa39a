//! Making accounts: by registering, by an administrator, by the command line.

use chrono::{DateTime, Utc};
use entity::id::UserId;
use entity::{user, user_role};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::access::DefaultRole;
use crate::app::App;
use crate::domain::role::rows as role_rows;
use crate::domain::user::rows as user_rows;
use crate::error::{Error, Result, UserError, violated_constraint};
use crate::write::{self, Change};

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
        handle: user_rows::free_name(db, &handle_of(&account.username)).await?,
        display_name: account.display_name.unwrap_or_else(|| account.username.clone()),
        username: account.username,
        email: account.email,
        password_hash: account.password_hash,
        at,
    };
    let user = user_rows::insert(db, draft).await.map_err(|cause| taken(cause, &["username"]))?;
    let role = role_rows::find_by_name(db, role).await?;
    let role = role.ok_or_else(|| Error::internal(anyhow::anyhow!("a default role is missing from the database")))?;
    let assignment =
        user_role::Model { user_id: user.id, role_id: role.id, assigned_by, assigned_at: at, expires_at: None };
    role_rows::assign(db, assignment).await?;
    Ok(user)
}

/// Makes the account that the pair of an old installation stands for, unless somebody was quicker. It has no password.
pub async fn default_account(app: &App) -> Result<()> {
    let username = app.compat.default_account().to_owned();
    let account = NewAccount { username, display_name: None, email: None, password_hash: None };
    let (id, at) = (app.clock.new_id(), app.clock.now());
    let made = write::by_operator(app, move |transaction| {
        Box::pin(async move {
            let user = create(transaction, id, account, DefaultRole::SUBSCRIBER, None, at).await?;
            Ok(Change::new("user.create_default", "user", user.id))
        })
    });
    match made.await {
        Err(Error::Refused(_)) => Ok(()),
        made => made,
    }
}

/// What a name or an address that somebody has already is refused with; `handle` is the input that the handle comes from.
pub fn taken(cause: DbErr, handle: &[&str]) -> Error {
    let conflict = |path: &[&str], message| Error::refused(UserError::conflict(path, message));
    match violated_constraint(&cause) {
        Some("users_username_key") => conflict(&["username"], "This user name is taken."),
        Some("users_handle_key") => conflict(handle, "This name is taken."),
        Some("users_email_key") => conflict(&["email"], "This address is taken."),
        _ => cause.into(),
    }
}

/// A handle made of a user name: lower case, dots become hyphens, with room for a number behind it. What would look
/// like a UUID gets a letter in front.
fn handle_of(username: &str) -> String {
    let plain: String = username.to_ascii_lowercase().replace('.', "-").chars().take(48).collect();
    let plain = plain.trim_end_matches(['-', '_']);
    if Uuid::parse_str(plain).is_ok() { format!("u-{plain}") } else { plain.to_owned() }
}
