//! Who sees which invitations.

use chrono::{DateTime, Utc};
use entity::invitation::Column as Of;
use sea_orm::{ColumnTrait, Condition};

use super::object::InvitationState;
use crate::access::Permission;
use crate::auth::Principal;
use crate::database::shape::Rule;

/// All of them with `users:write`, else none.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    if viewer.holds(Permission::UsersWrite) { Rule::all() } else { Rule::none() }
}

/// Those in a state at a moment.
pub fn in_state(state: InvitationState, at: DateTime<Utc>) -> Rule<'static> {
    let unused = || Condition::all().add(Of::UsedAt.is_null()).add(Of::RevokedAt.is_null());
    match state {
        InvitationState::Open => Rule::new("open", [at.into()], move || unused().add(Of::ExpiresAt.gt(at))),
        InvitationState::Expired => Rule::new("expired", [at.into()], move || unused().add(Of::ExpiresAt.lte(at))),
        InvitationState::Used => Rule::new("used", [], || Of::UsedAt.is_not_null()),
        InvitationState::Revoked => Rule::new("revoked", [], || Of::RevokedAt.is_not_null()),
    }
}
