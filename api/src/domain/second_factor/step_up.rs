//! Asking for a second factor that was shown a short while ago, before what a borrowed session must not do.

use super::rows;
use crate::error::{Error, Result};
use crate::write::Tx;

/// Refuses unless this is a session in which the second factor was shown within the last minutes (a setting), or the
/// account has none. What it protects outlasts the request, so no key, no password and no place is enough (ADR 29). The one
/// place where that is asked; inside of the transaction of what it protects.
pub async fn require(tx: &Tx) -> Result<()> {
    let viewer = tx.actor.principal()?;
    let (session, since) = (viewer.in_session()?, tx.at - tx.second_factor_window);
    // Whoever answers for it is asked, too, where that is somebody else.
    for user in [Some(viewer.user), Some(viewer.actor()).filter(|actor| *actor != viewer.user)].into_iter().flatten() {
        if rows::is_missing(tx, user, session, since).await? {
            return Err(Error::SecondFactorRequired);
        }
    }
    Ok(())
}
