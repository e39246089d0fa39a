//! Who sees who uses what.

use sea_orm::Condition;
use sea_orm::sea_query::Expr;

use crate::access::Permission;
use crate::auth::Principal;

/// All with `operations:inspect`, else none.
pub fn visible(viewer: &Principal) -> Condition {
    match viewer.holds(Permission::OperationsInspect) {
        true => Condition::all(),
        false => Condition::all().add(Expr::val(false)),
    }
}
