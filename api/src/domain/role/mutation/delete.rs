//! Deleting a role that nobody needs.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::RoleId;
use serde_json::json;

use super::locked_role;
use super::update::state;
use crate::access::Permission;
use crate::domain::invitation;
use crate::domain::role::{handing, rows};
use crate::error::{Error, UserError, violated_constraint};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A role to delete.
#[derive(InputObject)]
pub struct DeleteRoleInput {
    /// The role; the caller must hold all that it gives or would give, and stand above its level.
    role_id: ID,
    /// The version that the deletion is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `deleteRole`.
    DeleteRolePayload {
        /// The id that no longer names anything.
        deleted_role_id: ID,
    }
}

impl DeleteRoleInput {
    fn parse(&self) -> Result<(RoleId, Option<i32>), Error> {
        let mut checks = Checks::default();
        let id = checks.id(&["roleId"], &self.role_id);
        checks.done()?;
        Ok((id, self.expected_version))
    }
}

#[derive(Default)]
pub struct DeleteRole;

#[Object]
impl DeleteRole {
    /// Deletes a role with its grants, for good. While somebody holds it or is invited to it, or another role inherits from
    /// it, that is a `CONFLICT`, and always for the roles that ship with the service. Assignments that have expired go with
    /// it. Needs `roles:write`.
    #[graphql(guard = "Requires(Permission::RolesWrite)", directive = requiresPermission::apply(Permission::RolesWrite))]
    async fn delete_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which role.")] input: DeleteRoleInput,
    ) -> Result<Option<DeleteRolePayload>> {
        let wire_id = input.role_id.clone();
        let call = Call::of(cx(ctx), "deleteRole", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), move |tx, (id, expected_version)| {
            Box::pin(async move {
                delete(tx, id, expected_version).await?;
                Ok(DeleteRolePayload { deleted_role_id: Some(wire_id), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn delete(tx: &Tx, id: RoleId, expected_version: Option<i32>) -> Result<(), Error> {
    let row = locked_role(tx, id).await?;
    handing::require(tx, tx.actor.principal()?, &[&row]).await?;
    if expected_version.is_some_and(|version| version != row.version) {
        return Err(conflict("expectedVersion", "The role has changed meanwhile: look at it again."));
    }
    if row.is_default {
        return Err(conflict("roleId", "The roles that ship with the service stay."));
    }
    if invitation::rows::gives(tx, id, tx.at).await? {
        return Err(conflict("roleId", "Somebody is invited to this role: take the invitation back first."));
    }
    let granted = rows::permissions_of(tx, &[id]).await?.remove(&id).unwrap_or_default();
    let granted: Vec<&str> = granted.iter().map(Permission::name).collect();
    let expired = rows::forget_expired(tx, id, tx.at).await?;
    rows::delete(tx, id).await.map_err(|cause| match violated_constraint(&cause) {
        Some("user_roles_role_fkey") => conflict("roleId", "Somebody holds this role: take it away first."),
        Some("roles_parent_fkey") => conflict("roleId", "Other roles inherit from this one: move them first."),
        _ => cause.into(),
    })?;
    let gone = json!({ "role": state(&row), "permissions": granted, "expiredAssignments": expired });
    tx.record(Change::new("role.delete", "role", id).before(gone)).await
}

fn conflict(path: &str, message: &str) -> Error {
    Error::refused(UserError::conflict(&[path], message))
}
