//! What is loaded about roles in batches.

use std::sync::Arc;

use entity::id::{PermissionId, RoleId, UserId};
use entity::{audit_entry, permission, role, user_role};

use super::rows::{self, Assignments};
use crate::access::PermissionSet;
use crate::database::keyset::{Slice, Window};
use crate::domain::audit::rows::entries;
use crate::domain::user::object::EffectivePermissions;
use crate::domain::user::policy::may_see_private;
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

/// Marks the permissions that a role grants itself.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Granted;

/// Marks those that it gives, with what it inherits.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Given;

/// Marks the grants of a role as they are written down.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Written;

/// Marks what a role inherits from.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Ancestors;

/// Marks what inherits from a role directly.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Children;

/// Marks how the holders of a role use what it gives.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Used;

/// Marks the entries of the audit log about a role.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Changes;

loads_by_id!(RoleId => role::Model, rows::by_ids);
loads_by_id!(PermissionId => permission::Model, rows::permissions_by_ids);

loads_under!(Under<RoleId, Granted> => PermissionSet,
    async |at: &Loads, roles: &[RoleId], _: &Granted| rows::permissions_of(&at.db, roles).await);

loads_under!(Under<RoleId, Given> => PermissionSet,
    async |at: &Loads, roles: &[RoleId], _: &Given| rows::effective_permissions_of(&at.db, roles).await);

loads_under!(Under<RoleId, Written> => Vec<rows::Grant>,
    async |at: &Loads, roles: &[RoleId], _: &Written| rows::grants_of(&at.db, roles).await);

loads_under!(Under<RoleId, Ancestors> => Vec<Arc<role::Model>>,
    async |at: &Loads, roles: &[RoleId], _: &Ancestors| rows::ancestors(&at.db, &at.viewer()?, roles).await);

loads_under!(Under<RoleId, Window<role::Model>> => Slice<role::Model>,
async |at: &Loads, roles: &[RoleId], window: &Window<role::Model>| {
    rows::children(&at.db, &at.viewer()?, roles, window).await
});

loads_under!(CountUnder<RoleId, Children> => i64,
    async |at: &Loads, roles: &[RoleId], _: &Children| rows::count_children(&at.db, &at.viewer()?, roles).await);

loads_under!(Under<UserId, EffectivePermissions> => PermissionSet,
async |at: &Loads, users: &[UserId], _: &EffectivePermissions| {
    let viewer = &at.viewer()?;
    let users: Vec<UserId> = users.iter().copied().filter(|user| may_see_private(viewer, *user)).collect();
    rows::effective_permissions(&at.db, &users, viewer.at).await
});

loads_under!(Under<UserId, Window<user_role::Model>> => Slice<user_role::Model>,
async |at: &Loads, users: &[UserId], window: &Window<user_role::Model>| {
    rows::assignments_of_users(&at.db, &at.viewer()?, users, window).await
});

loads_under!(Under<RoleId, Window<user_role::Model>> => Slice<user_role::Model>,
async |at: &Loads, roles: &[RoleId], window: &Window<user_role::Model>| {
    rows::assignments_of_roles(&at.db, &at.viewer()?, roles, window).await
});

loads_under!(CountUnder<UserId, Assignments> => i64,
async |at: &Loads, users: &[UserId], _: &Assignments| {
    rows::count_assignments_of_users(&at.db, &at.viewer()?, users).await
});

loads_under!(CountUnder<RoleId, Assignments> => i64,
async |at: &Loads, roles: &[RoleId], _: &Assignments| {
    rows::count_assignments_of_roles(&at.db, &at.viewer()?, roles).await
});

loads_under!(Under<RoleId, Used> => rows::Uses,
    async |at: &Loads, roles: &[RoleId], _: &Used| rows::uses_of(&at.db, roles, at.viewer()?.at).await);

loads_under!(Under<RoleId, Window<audit_entry::Model>> => Slice<audit_entry::Model>,
async |at: &Loads, roles: &[RoleId], window: &Window<audit_entry::Model>| {
    entries::pages_of_roles(&at.db, &at.viewer()?, roles, window).await
});

loads_under!(CountUnder<RoleId, Changes> => i64,
    async |at: &Loads, roles: &[RoleId], _: &Changes| entries::count_of_roles(&at.db, &at.viewer()?, roles).await);
