//! Who sees which sessions.

use entity::session;

use crate::auth::Principal;
use crate::database::shape::{Rule, equal};

/// One's own.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    equal(session::Column::UserId, viewer.user)
}
