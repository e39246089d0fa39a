//! Who sees which sessions, and which of them can be used.

use chrono::{DateTime, Utc};
use entity::session::Column;
use sea_orm::{ColumnTrait, Condition, Value};

use crate::auth::Principal;
use crate::database::shape::{Rule, equal};

/// One's own, in a session.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    viewer.session().map_or_else(Rule::none, |_| equal(Column::UserId, viewer.user))
}

/// Those that are neither ended nor expired.
pub fn live(at: DateTime<Utc>) -> Rule<'static> {
    let values: [Value; 2] = [at.into(), at.into()];
    Rule::new("live", values, move || is_live(at))
}

pub fn is_live(at: DateTime<Utc>) -> Condition {
    Condition::all().add(Column::EndedAt.is_null()).add(Column::ExpiresAt.gt(at)).add(Column::IdleExpiresAt.gt(at))
}
