//! Who sees which security events.

use entity::security_event;

use crate::auth::Principal;
use crate::database::shape::{Rule, equal};

/// Those of one's own account, in a session.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    viewer.own_session().map_or_else(Rule::none, |_| equal(security_event::Column::UserId, viewer.user))
}
