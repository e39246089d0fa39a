//! Asking for a second factor that was shown a short while ago, before what a borrowed session must not do.

use super::rows;
use crate::error::{Error, Result};
use crate::write::Tx;

/// Refuses unless whoever acts has shown their second factor in this session within the last minutes (a setting), or has
/// none. A credential that is no session never has. The one place where that is asked; inside of the transaction of what
/// it protects.
pub async fn require(tx: &Tx) -> Result<()> {
    let viewer = tx.actor.principal()?;
    match rows::is_missing(tx, viewer.user, viewer.session(), tx.at - tx.second_factor_window).await? {
        true => Err(Error::SecondFactorRequired),
        false => Ok(()),
    }
}
