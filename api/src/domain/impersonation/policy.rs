//! Who may work as whom.

use entity::session;

use crate::access::{Permission, PermissionSet};
use crate::auth::Principal;
use crate::error::{Error, Result};

/// Begin to work as somebody with these permissions.
pub fn may_begin(viewer: &Principal, theirs: PermissionSet) -> Result<()> {
    match viewer.permissions.holds_all(theirs) {
        true => Ok(()),
        false => Err(Error::Forbidden("Nobody works as somebody who may do more than themselves.")),
    }
}

/// Whether somebody may end this session as an impersonation: whose account it is, and who works in it.
pub fn may_end(viewer: &Principal, session: &session::Model) -> bool {
    let works_in_it = session.impersonator_id == Some(viewer.actor());
    let is_owner = session.user_id == viewer.user && !viewer.is_impersonation();
    session.impersonator_id.is_some() && (works_in_it || is_owner)
}

/// What of somebody's permissions is open to whoever works as them.
pub fn open(theirs: PermissionSet, actors: PermissionSet, allows_writing: bool) -> PermissionSet {
    let both = theirs.both(actors);
    match allows_writing {
        true => both,
        false => both.iter().filter(|permission: &Permission| permission.only_reads()).collect(),
    }
}
