//! Who sees which devices.

use entity::device;

use crate::auth::Principal;
use crate::database::shape::{Rule, equal};

/// One's own.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    equal(device::Column::UserId, viewer.user)
}
