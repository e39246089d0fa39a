//! Who sees who uses what.

use crate::access::Permission;
use crate::auth::Principal;
use crate::database::shape::Rule;

/// All with `operations:inspect`, else none.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    match viewer.holds(Permission::OperationsInspect) {
        true => Rule::all(),
        false => Rule::none(),
    }
}
