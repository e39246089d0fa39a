//! Who may hand a role on, take it away, or change what it gives: whoever holds all that it gives and outranks it. What
//! counts is what the role would give if it and all that it inherits from were active: nobody hands on a resting role
//! that somebody else wakes later. Conditions do not lessen what a role gives, and what somebody holds under a condition
//! they do not hand on.

use chrono::{DateTime, Utc};
use entity::id::{RoleId, UserId};
use entity::role;

use super::{policy, rows};
use crate::access::PermissionSet;
use crate::auth::Principal;
use crate::error::{Error, Result};
use crate::write::Tx;

/// Refuses if the viewer may not handle these roles.
pub async fn require(tx: &Tx, viewer: &Principal, roles: &[&role::Model]) -> Result<()> {
    let ids: Vec<RoleId> = roles.iter().map(|role| role.id).collect();
    policy::may_handle(viewer, rows::reach(tx, &ids).await?)?;
    for role in roles {
        require_rank(tx, viewer, role.level).await?;
    }
    Ok(())
}

/// Refuses if the viewer does not stand above this level.
pub async fn require_rank(tx: &Tx, viewer: &Principal, level: i32) -> Result<()> {
    match outranks(tx, viewer.user, viewer.unconditional, level, viewer.at).await? {
        true => Ok(()),
        false => Err(Error::Forbidden("This needs a role of a higher level.")),
    }
}

/// Whether somebody who does not act now could handle the role.
pub async fn could(tx: &Tx, user: UserId, role: &role::Model, at: DateTime<Utc>) -> Result<bool> {
    let held = rows::unconditional(tx, user, at).await?;
    Ok(held.holds_all(rows::reach(tx, &[role.id]).await?) && outranks(tx, user, held, role.level, at).await?)
}

async fn outranks(tx: &Tx, user: UserId, held: PermissionSet, level: i32, at: DateTime<Utc>) -> Result<bool> {
    if policy::outranks(held, 0, level) {
        return Ok(true);
    }
    Ok(policy::outranks(held, rows::level_of(tx, user, at).await?, level))
}
