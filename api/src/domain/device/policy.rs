//! Who sees which devices.

use entity::device;

use crate::auth::Principal;
use crate::database::shape::{Rule, equal};

/// One's own, in a session.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    viewer.own_session().map_or_else(Rule::none, |_| equal(device::Column::UserId, viewer.user))
}
