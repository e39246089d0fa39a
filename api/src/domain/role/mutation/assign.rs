//! Who holds a role.

use async_graphql::{Context, ID, InputObject, Object, Result};
use chrono::Utc;
use entity::id::{RoleId, UserId};
use entity::{role, user_role};
use serde_json::json;

use super::locked_role;
use crate::access::Permission;
use crate::domain::role::object::RoleAssignment;
use crate::domain::role::{handing, rows};
use crate::domain::second_factor::step_up;
use crate::domain::user;
use crate::domain::user::object::User;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{InSession, Requires, requiresPermission, requiresSession};
use crate::graphql::payload::payloads;
use crate::graphql::scalars::DateTime;
use crate::write::{self, Call, Change, Tx};

/// A role for a user.
#[derive(InputObject)]
pub struct AssignRoleInput {
    /// Who gets it.
    user_id: ID,
    /// What they get; the caller must hold all its permissions, inherited ones too, and stand above its level.
    role_id: ID,
    /// When it ends by itself; never if not given. Assigning again replaces the earlier end.
    expires_at: Option<DateTime>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// A role to take from a user.
#[derive(InputObject)]
pub struct RemoveRoleInput {
    /// Who loses it.
    user_id: ID,
    /// What they lose; the caller must hold all its permissions, inherited ones too, and stand above its level.
    role_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
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

fn parse_ends(user_id: &ID, role_id: &ID) -> Result<(UserId, RoleId), Error> {
    let mut checks = Checks::default();
    let ends = (checks.id(&["userId"], user_id), checks.id(&["roleId"], role_id));
    checks.done()?;
    Ok(ends)
}

#[derive(Default)]
pub struct RoleHolders;

#[Object]
impl RoleHolders {
    /// Gives a role to a user, or changes when it ends. Needs `roles:write`, a session, and a recent second factor
    /// (`SECOND_FACTOR_REQUIRED`) if the viewer's account has one.
    #[graphql(guard = "Requires(Permission::RolesWrite).and(InSession)", directive = requiresPermission::apply(Permission::RolesWrite), directive = requiresSession::apply())]
    async fn assign_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "User, role and end.")] input: AssignRoleInput,
    ) -> Result<Option<AssignRolePayload>> {
        let expires_at = input.expires_at.map(|at| at.0);
        let call = Call::of(cx(ctx), "assignRole", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse_ends(&input.user_id, &input.role_id), move |tx, (user, role)| {
            Box::pin(async move {
                step_up::require(tx).await?;
                let assignment = Some(assign(tx, user, role, expires_at).await?);
                Ok(AssignRolePayload { assignment, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Takes a role from a user. The last administrator keeps `admin`. Needs `roles:write`.
    #[graphql(guard = "Requires(Permission::RolesWrite)", directive = requiresPermission::apply(Permission::RolesWrite))]
    async fn remove_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "User and role.")] input: RemoveRoleInput,
    ) -> Result<Option<RemoveRolePayload>> {
        let call = Call::of(cx(ctx), "removeRole", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse_ends(&input.user_id, &input.role_id), |tx, (user, role)| {
            Box::pin(async move {
                let user = Some(remove(tx, user, role).await?);
                Ok(RemoveRolePayload { user, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
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
    if expires_at.is_some() && before.is_some() && !rows::another_admin(tx, &role, user, tx.at).await? {
        return Err(last_admin());
    }
    if let Some(same) = before.as_ref().filter(|row| row.expires_at == expires_at) {
        tx.unchanged();
        return Ok(same.clone().into());
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
    if !rows::another_admin(tx, &role, user, tx.at).await? {
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

/// The locked role of an assignment, if the caller sees the user and may handle the role.
async fn handled_role(tx: &Tx, user: UserId, role: RoleId) -> Result<role::Model, Error> {
    let role = locked_role(tx, role).await?;
    handing::require(tx, tx.actor.principal()?, &[&role]).await?;
    visible_user(tx, user).await?;
    Ok(role)
}

async fn visible_user(tx: &Tx, id: UserId) -> Result<User, Error> {
    let row = user::rows::by_ids(tx, tx.actor.principal()?, &[id]).await?.remove(&id);
    row.map(User).ok_or_else(|| Error::refused(UserError::not_found(&["userId"])))
}
