//! Who sees which roles, and who may hand them on.

use chrono::{DateTime, Utc};
use entity::{role, user_role};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition};

use crate::access::{DefaultRole, Permission, PermissionSet};
use crate::auth::Principal;
use crate::database::shape::{Rule, equal};
use crate::error::{Error, Result, UserError};

/// All roles with `roles:read`; else the roles one holds.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    if viewer.holds(Permission::RolesRead) {
        return Rule::all();
    }
    let (user, at) = (viewer.user.0, viewer.at);
    Rule::new("held", [user.into(), at.into()], move || {
        let mut held = Query::select();
        held.column(user_role::Column::RoleId)
            .from(user_role::Entity)
            .and_where(user_role::Column::UserId.eq(user))
            .cond_where(unexpired(at));
        Expr::col((role::Entity, role::Column::Id)).in_subquery(held)
    })
}

/// The assignments that have not ended at a moment.
pub fn unexpired(at: DateTime<Utc>) -> Condition {
    Condition::any().add(user_role::Column::ExpiresAt.is_null()).add(user_role::Column::ExpiresAt.gt(at))
}

/// The rows behind permissions are no secret, but only those with `roles:read` have a use for them.
pub fn permissions_visible(viewer: &Principal) -> bool {
    viewer.holds(Permission::RolesRead)
}

/// Assignments of a user are private to that user and those with `users:read`; holders of a role need `users:read`.
pub fn assignments_visible(viewer: &Principal) -> Rule<'static> {
    match viewer.holds(Permission::UsersRead) {
        true => Rule::all(),
        false => equal(user_role::Column::UserId, viewer.user),
    }
}

/// Nobody hands on, or takes away, what they do not hold without any condition.
pub fn may_handle(viewer: &Principal, permissions: PermissionSet) -> Result<()> {
    match viewer.unconditional.holds_all(permissions) {
        true => Ok(()),
        false => Err(Error::Forbidden("Nobody grants or removes permissions that they do not hold themselves.")),
    }
}

/// Whether somebody who holds this, and whose highest role is of this level, may hand on or change roles of `level`: those
/// below their own, and those without a rank. Whoever holds everything stands above all ranks.
pub fn outranks(held: PermissionSet, own: i32, level: i32) -> bool {
    level == 0 || own > level || held.holds_all(PermissionSet::everything())
}

/// What of a role stays as it is: a default one keeps its name, and `admin` neither rests nor inherits nor is ranked anew.
pub fn stays(row: &role::Model, changed: &role::Model) -> Result<()> {
    let refuse = |path, message| Err(Error::refused(UserError::conflict(&[path], message)));
    if row.is_default && row.name != changed.name {
        return refuse("name", "The roles that ship with the service keep their names.");
    }
    if row.name != DefaultRole::ADMIN {
        return Ok(());
    }
    let message = "The role `admin` stays active, on top, and without a parent.";
    match () {
        () if changed.parent_id.is_some() => refuse("parentId", message),
        () if !changed.is_active => refuse("isActive", message),
        () if changed.level != row.level => refuse("level", message),
        () => Ok(()),
    }
}
