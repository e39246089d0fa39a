//! Who reads the audit log.

use crate::access::Permission;
use crate::auth::Principal;
use crate::database::shape::Rule;

/// All of it with `audit:read`, else nothing.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    match viewer.holds(Permission::AuditRead) {
        true => Rule::all(),
        false => Rule::none(),
    }
}
