//! Who sees which sessions.

use entity::session;
use sea_orm::{ColumnTrait, Condition};

use crate::auth::Principal;

/// One's own.
pub fn visible(viewer: &Principal) -> Condition {
    Condition::all().add(session::Column::UserId.eq(viewer.user))
}
