//! Who sees which sessions, and which of them can be used.

use chrono::{DateTime, Utc};
use entity::session::Column;
use sea_orm::{ColumnTrait, Condition, Value};

use crate::auth::Principal;
use crate::database::shape::{Rule, equal};

/// One's own, in a session; whoever works as somebody else sees the session in which they do.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    match viewer.session() {
        Some(session) if viewer.is_impersonation() => equal(Column::Id, session),
        Some(_) => equal(Column::UserId, viewer.user),
        None => Rule::none(),
    }
}

/// Those that are neither ended nor expired.
pub fn live(at: DateTime<Utc>) -> Rule<'static> {
    let values: [Value; 2] = [at.into(), at.into()];
    Rule::new("live", values, move || is_live(at))
}

pub fn is_live(at: DateTime<Utc>) -> Condition {
    Condition::all().add(Column::EndedAt.is_null()).add(Column::ExpiresAt.gt(at)).add(Column::IdleExpiresAt.gt(at))
}
