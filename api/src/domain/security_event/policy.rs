//! Who sees which security events.

use entity::security_event;

use crate::auth::Principal;
use crate::database::shape::{Rule, equal};

/// Those of one's own account.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    equal(security_event::Column::UserId, viewer.user)
}
