//! Who sees a second factor, and who may take it away.

use entity::id::UserId;

use crate::auth::Principal;
use crate::domain::user::policy::may_see_reach;
use crate::error::{Error, Result};

/// Those of `users` of whom the viewer sees whether they have one.
pub fn visible(viewer: &Principal, users: &[UserId]) -> Vec<UserId> {
    users.iter().copied().filter(|user| may_see_reach(viewer, *user)).collect()
}

/// See since when, and what is left of the recovery codes.
pub fn may_see_details(viewer: &Principal, subject: UserId) -> bool {
    viewer.user == subject && viewer.own_session().is_some()
}

/// Take it away as an administrator.
pub fn may_remove_of(viewer: &Principal, subject: UserId) -> Result<()> {
    match viewer.is_self(subject) {
        true => Err(Error::Forbidden("One's own is removed by removeSecondFactor.")),
        false => Ok(()),
    }
}
