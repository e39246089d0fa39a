//! Root mutations about roles.

use async_graphql::{Context, ID, InputObject, Object, Result};
use chrono::Utc;
use entity::id::{RoleId, UserId};
use entity::{role, user_role};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::object::{Role, RoleAssignment};
use super::{policy, rows};
use crate::access::{DefaultRole, Permission, PermissionSet};
use crate::domain::user;
use crate::domain::user::object::User;
use crate::error::{Error, UserError, violated_constraint};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::Requires;
use crate::graphql::payload::payloads;
use crate::graphql::scalars::{self, DateTime};
use crate::write::{self, Change, Creation, Tx};

/// A new role.
#[derive(InputObject)]
pub struct CreateRoleInput {
    /// The name, unique: lower-case letters, digits, `_` and `-`, beginning with a letter, at most 63 characters.
    name: String,
    /// What the role is for, at most 500 characters.
    #[graphql(default)]
    description: String,
    /// What the role allows; only permissions that the caller holds.
    #[graphql(default)]
    permissions: Vec<Permission>,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
}

/// A permission for a role.
#[derive(InputObject)]
pub struct GrantPermissionInput {
    /// The role that gets it.
    role_id: ID,
    /// What is granted; the caller must hold it.
    permission: Permission,
}

/// A permission to take from a role.
#[derive(InputObject)]
pub struct RevokePermissionInput {
    /// The role that loses it.
    role_id: ID,
    /// What is taken; the caller must hold it.
    permission: Permission,
}

/// A role for a user.
#[derive(InputObject)]
pub struct AssignRoleInput {
    /// Who gets it.
    user_id: ID,
    /// What they get; the caller must hold all its permissions.
    role_id: ID,
    /// When it ends by itself; never if not given. Assigning again replaces the earlier end.
    expires_at: Option<DateTime>,
}

/// A role to take from a user.
#[derive(InputObject)]
pub struct RemoveRoleInput {
    /// Who loses it.
    user_id: ID,
    /// What they lose; the caller must hold all its permissions.
    role_id: ID,
}

payloads! {
    /// The answer to `createRole`.
    CreateRolePayload {
        /// The new role.
        role: Role,
    }
    /// The answer to `grantPermission`.
    GrantPermissionPayload {
        /// The role with its permissions as they are now.
        role: Role,
    }
    /// The answer to `revokePermission`.
    RevokePermissionPayload {
        /// The role with its permissions as they are now.
        role: Role,
    }
    /// The answer to `assignRole`.
    AssignRolePayload {
        /// The assignment as it is now.
        assignment: RoleAssignment,
    }
    /// The answer to `removeRole`.
    RemoveRolePayload {
        /// The user who held the role.
        user: User,
    }
}

/// A new role whose fields are known to be good; permissions by name, so that the draft can be compared.
#[derive(Serialize)]
struct RoleDraft {
    name: String,
    description: String,
    permissions: Vec<&'static str>,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl CreateRoleInput {
    fn parse(self) -> Result<RoleDraft, Error> {
        let mut checks = Checks::default();
        let client_id = checks.client_id(self.client_id.as_ref());
        let description = checks.line(&["description"], &self.description, 0..=500);
        let shaped = self.name.len() <= 63
            && self.name.starts_with(|c: char| c.is_ascii_lowercase())
            && self.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'));
        if !shaped {
            checks.refuse(UserError::invalid(&["name"], "1 to 63 of a-z, 0-9, `_` and `-`, beginning with a letter."));
        }
        checks.done()?;
        let permissions = self.permissions.iter().map(|permission| permission.name()).collect();
        Ok(RoleDraft { name: self.name, description, permissions, client_id })
    }
}

/// A role and a permission that it gets or loses.
struct GrantDraft {
    role: RoleId,
    permission: Permission,
}

fn parse_grant(role_id: &ID, permission: Permission) -> Result<GrantDraft, Error> {
    let mut checks = Checks::default();
    let role = checks.id(&["roleId"], role_id);
    checks.done()?;
    Ok(GrantDraft { role, permission })
}

fn parse_ends(user_id: &ID, role_id: &ID) -> Result<(UserId, RoleId), Error> {
    let mut checks = Checks::default();
    let ends = (checks.id(&["userId"], user_id), checks.id(&["roleId"], role_id));
    checks.done()?;
    Ok(ends)
}

#[derive(Default)]
pub struct RoleMutation;

#[Object]
impl RoleMutation {
    /// Creates a role. Needs `roles:write`.
    #[graphql(guard = "Requires(Permission::RolesWrite)")]
    async fn create_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The role.")] input: CreateRoleInput,
    ) -> Result<Option<CreateRolePayload>> {
        let payload = write::run(cx(ctx), input.parse(), |tx, draft| {
            Box::pin(async move {
                let role = Some(create_role(tx, draft).await?);
                Ok(CreateRolePayload { role, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Grants a permission to a role; granting it again changes nothing. Needs `roles:write`.
    #[graphql(guard = "Requires(Permission::RolesWrite)")]
    async fn grant_permission(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Role and permission.")] input: GrantPermissionInput,
    ) -> Result<Option<GrantPermissionPayload>> {
        let payload = write::run(cx(ctx), parse_grant(&input.role_id, input.permission), |tx, draft| {
            Box::pin(async move {
                let role = Some(change_grants(tx, draft, true).await?);
                Ok(GrantPermissionPayload { role, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Takes a permission from a role; taking it again changes nothing. The role `admin` keeps all. Needs `roles:write`.
    #[graphql(guard = "Requires(Permission::RolesWrite)")]
    async fn revoke_permission(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Role and permission.")] input: RevokePermissionInput,
    ) -> Result<Option<RevokePermissionPayload>> {
        let payload = write::run(cx(ctx), parse_grant(&input.role_id, input.permission), |tx, draft| {
            Box::pin(async move {
                let role = Some(change_grants(tx, draft, false).await?);
                Ok(RevokePermissionPayload { role, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Gives a role to a user, or changes when it ends. Needs `roles:write`.
    #[graphql(guard = "Requires(Permission::RolesWrite)")]
    async fn assign_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "User, role and end.")] input: AssignRoleInput,
    ) -> Result<Option<AssignRolePayload>> {
        let expires_at = input.expires_at.map(|at| at.0);
        let payload = write::run(cx(ctx), parse_ends(&input.user_id, &input.role_id), move |tx, (user, role)| {
            Box::pin(async move {
                let assignment = Some(assign(tx, user, role, expires_at).await?);
                Ok(AssignRolePayload { assignment, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Takes a role from a user. The last administrator keeps `admin`. Needs `roles:write`.
    #[graphql(guard = "Requires(Permission::RolesWrite)")]
    async fn remove_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "User and role.")] input: RemoveRoleInput,
    ) -> Result<Option<RemoveRolePayload>> {
        let payload = write::run(cx(ctx), parse_ends(&input.user_id, &input.role_id), |tx, (user, role)| {
            Box::pin(async move {
                let user = Some(remove(tx, user, role).await?);
                Ok(RemoveRolePayload { user, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn create_role(tx: &Tx, draft: RoleDraft) -> Result<Role, Error> {
    let viewer = tx.actor.principal()?;
    let permissions = PermissionSet::from_names(draft.permissions.iter().copied());
    policy::may_handle(viewer, permissions)?;
    let id = RoleId(tx.new_id());
    if let Creation::Again(first) = tx.claim("role.create", draft.client_id, &draft, id).await? {
        let first = RoleId(first);
        let row = rows::by_ids(tx, viewer, &[first]).await?.remove(&first);
        return row.map(Role).ok_or_else(|| Error::refused(UserError::not_found(&["clientId"])));
    }
    let after = json!(draft);
    let row = role::Model {
        id,
        name: draft.name,
        description: draft.description,
        is_default: false,
        version: 1,
        created_at: tx.at,
        updated_at: tx.at,
    };
    let row = rows::insert(tx, row).await.map_err(|cause| match violated_constraint(&cause) {
        Some("roles_name_key") => Error::refused(UserError::conflict(&["name"], "There is a role of this name.")),
        _ => cause.into(),
    })?;
    let permissions: Vec<Permission> = permissions.iter().collect();
    rows::grant(tx, row.id, &permissions, Some(viewer.user), tx.at).await?;
    tx.record(Change::new("role.create", "role", row.id).after(after)).await?;
    Ok(row.into())
}

async fn change_grants(tx: &Tx, draft: GrantDraft, add: bool) -> Result<Role, Error> {
    let viewer = tx.actor.principal()?;
    let GrantDraft { role, permission } = draft;
    policy::may_handle(viewer, PermissionSet::from_iter([permission]))?;
    let row = locked_role(tx, role).await?;
    if !add && row.name == DefaultRole::ADMIN {
        return Err(Error::refused(UserError::conflict(&["permission"], "The role `admin` keeps every permission.")));
    }
    let changed = match add {
        true => rows::grant(tx, row.id, &[permission], Some(viewer.user), tx.at).await?,
        false => rows::revoke(tx, row.id, permission).await?,
    };
    if !changed {
        tx.unchanged();
        return Ok(row.into());
    }
    let row = rows::touch(tx, &row, tx.at).await?;
    let (action, what) = if add { ("role.grant", "granted") } else { ("role.revoke", "revoked") };
    tx.record(Change::new(action, "role", row.id).after(json!({ what: permission.name() }))).await?;
    Ok(row.into())
}

async fn assign(
    tx: &Tx,
    user: UserId,
    role: RoleId,
    expires_at: Option<chrono::DateTime<Utc>>,
) -> Result<RoleAssignment, Error> {
    if expires_at.is_some_and(|end| end <= tx.at) {
        return Err(Error::refused(UserError::invalid(&["expiresAt"], "The end must lie ahead.")));
    }
    let role = handled_role(tx, user, role).await?;
    let before = rows::find_assignment(tx, user, role.id).await?;
    if expires_at.is_some() && before.is_some() && !rows::another_admin(tx, &role, user).await? {
        return Err(last_admin());
    }
    let assigned_by = Some(tx.actor.principal()?.user);
    let row = user_role::Model { user_id: user, role_id: role.id, assigned_by, assigned_at: tx.at, expires_at };
    rows::assign(tx, row.clone()).await?;
    let change = Change::new("role.assign", "user", user).after(json!({ "role": role.name, "expiresAt": expires_at }));
    tx.record(match before {
        Some(before) => change.before(json!({ "role": role.name, "expiresAt": before.expires_at })),
        None => change,
    })
    .await?;
    Ok(row.into())
}

async fn remove(tx: &Tx, user: UserId, role: RoleId) -> Result<User, Error> {
    let role = handled_role(tx, user, role).await?;
    let Some(before) = rows::find_assignment(tx, user, role.id).await? else {
        return Err(Error::refused(UserError::not_found(&["roleId"])));
    };
    if !rows::another_admin(tx, &role, user).await? {
        return Err(last_admin());
    }
    rows::remove(tx, user, role.id).await?;
    let gone = json!({ "role": role.name, "expiresAt": before.expires_at });
    tx.record(Change::new("role.remove", "user", user).before(gone)).await?;
    visible_user(tx, user).await
}

fn last_admin() -> Error {
    Error::refused(UserError::conflict(&["userId"], "This is the last administrator: make another one first."))
}

/// The visible role, locked, so that changes of its grants and holders come one after the other.
async fn locked_role(tx: &Tx, id: RoleId) -> Result<role::Model, Error> {
    let row = rows::find_for_update(tx, tx.actor.principal()?, id).await?;
    row.ok_or_else(|| Error::refused(UserError::not_found(&["roleId"])))
}

/// The locked role of an assignment, if the caller sees the user and may handle all that the role grants.
async fn handled_role(tx: &Tx, user: UserId, role: RoleId) -> Result<role::Model, Error> {
    let role = locked_role(tx, role).await?;
    let granted = rows::permissions_of(tx, &[role.id]).await?.remove(&role.id).unwrap_or_default();
    policy::may_handle(tx.actor.principal()?, granted)?;
    visible_user(tx, user).await?;
    Ok(role)
}

async fn visible_user(tx: &Tx, id: UserId) -> Result<User, Error> {
    let row = user::rows::by_ids(tx, tx.actor.principal()?, &[id]).await?.remove(&id);
    row.map(User).ok_or_else(|| Error::refused(UserError::not_found(&["userId"])))
}
