//! The second factor at a sign-in, once the first was right.

use chrono::{DateTime, Utc};
use entity::user;

use super::proof::Shown;
use super::rows;
use crate::app::App;
use crate::domain::account::tokens;
use crate::error::{Error, Result};
use crate::write::Tx;

/// What lets somebody in.
pub enum Entry {
    /// Since when the second factor has been shown, if it was.
    Open(Option<DateTime<Utc>>),
    /// The code was wrong.
    Shut { locks: bool },
}

/// Whether the locked account lets in whoever showed this, with the token of a device. An account without a second factor
/// asks for none, and neither does one on a device that it trusts.
pub async fn pass(tx: &Tx, app: &App, user: &user::Model, device: Option<&str>, shown: Shown) -> Result<Entry> {
    let has_none = rows::find(tx, user.id).await?.is_none();
    if has_none || tokens::trusted(tx, app, user.id, device).await?.is_some() {
        return Ok(Entry::Open(None));
    }
    match shown {
        Shown::Nothing => Err(Error::SecondFactorRequired),
        Shown::Wrong { locks } => Ok(Entry::Shut { locks }),
        Shown::Right(proof) => {
            proof.use_up(tx, user.id).await?;
            Ok(Entry::Open(Some(tx.at)))
        }
    }
}
