//! Who sees which identities, and when one may go.

use entity::identity;

use crate::auth::Principal;
use crate::database::shape::{Rule, equal};
use crate::error::{Error, Result, UserError};

/// One's own, in a session.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    viewer.own_session().map_or_else(Rule::none, |_| equal(identity::Column::UserId, viewer.user))
}

/// Refuses to let go of the last way in.
pub fn may_unlink(has_password: bool, others: u64) -> Result<()> {
    if has_password || others > 0 {
        return Ok(());
    }
    let message = "This is the only way into this account: set a password or link another identity first.";
    Err(Error::refused(UserError::conflict(&["identityId"], message)))
}
