//! Making an account for oneself, by whichever way one comes.

use entity::user;
use serde_json::json;

use super::register::{self, NewAccount};
use crate::access::DefaultRole;
use crate::config::Registration;
use crate::domain::invitation::{claim as invitation, rows as invitation_rows};
use crate::error::{Error, Result};
use crate::write::{Change, Tx};

/// Whether newcomers need an invitation; refused if there are to be none.
pub fn must_be_invited(registration: Registration) -> Result<bool> {
    match registration {
        Registration::Open => Ok(false),
        Registration::Invite => Ok(true),
        Registration::Closed => Err(Error::Forbidden("Registration is closed.")),
    }
}

/// Makes the account with the role that the invitation gives, else `subscriber`, and uses the invitation up.
pub async fn join(tx: &Tx, registration: Registration, account: NewAccount, code: Option<&str>) -> Result<user::Model> {
    let must_be_invited = must_be_invited(registration)?;
    let invitation = match invitation::claim(tx, code, account.email.as_deref(), tx.at).await {
        // Where anybody may come, a bad invitation is as good as none.
        Err(Error::Refused(_)) if !must_be_invited => None,
        claimed => claimed?,
    };
    let given = invitation.as_ref().and_then(|it| Some((it.role.as_deref()?, it.by)));
    let (role, by) = given.unwrap_or((DefaultRole::SUBSCRIBER, None));
    let user = register::create(tx, tx.new_id(), account, role, by, tx.at).await?;
    if let Some(invitation) = &invitation {
        invitation_rows::mark_used(tx, invitation.id, user.id, tx.at).await?;
    }
    let change = Change::new("user.register", "user", user.id);
    tx.record(change.after(json!({ "number": user.number }))).await?;
    Ok(user)
}
