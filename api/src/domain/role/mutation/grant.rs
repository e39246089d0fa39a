//! What a role allows.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::RoleId;
use serde_json::json;

use super::locked_role;
use crate::access::{DefaultRole, Permission, PermissionSet};
use crate::domain::role::object::Role;
use crate::domain::role::{handing, policy, rows};
use crate::domain::second_factor::step_up;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::Requires;
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A permission for a role.
#[derive(InputObject)]
pub struct GrantPermissionInput {
    /// The role that gets it.
    role_id: ID,
    /// What is granted; the caller must hold it.
    permission: Permission,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// A permission to take from a role.
#[derive(InputObject)]
pub struct RevokePermissionInput {
    /// The role that loses it.
    role_id: ID,
    /// What is taken; the caller must hold it.
    permission: Permission,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
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

#[derive(Default)]
pub struct RoleGrants;

#[Object]
impl RoleGrants {
    /// Grants a permission to a role; granting it again changes nothing. Needs `roles:write`, and a recent second factor
    /// (`SECOND_FACTOR_REQUIRED`) if the viewer's account has one.
    #[graphql(guard = "Requires(Permission::RolesWrite)")]
    async fn grant_permission(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Role and permission.")] input: GrantPermissionInput,
    ) -> Result<Option<GrantPermissionPayload>> {
        let call = Call::of(cx(ctx), "grantPermission", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse_grant(&input.role_id, input.permission), |tx, draft| {
            Box::pin(async move {
                step_up::require(tx).await?;
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
        let call = Call::of(cx(ctx), "revokePermission", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse_grant(&input.role_id, input.permission), |tx, draft| {
            Box::pin(async move {
                let role = Some(change_grants(tx, draft, false).await?);
                Ok(RevokePermissionPayload { role, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn change_grants(tx: &Tx, draft: GrantDraft, add: bool) -> Result<Role, Error> {
    let viewer = tx.actor.principal()?;
    let GrantDraft { role, permission } = draft;
    policy::may_handle(viewer, PermissionSet::from_iter([permission]))?;
    let row = locked_role(tx, role).await?;
    handing::require_rank(tx, viewer, row.level).await?;
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
