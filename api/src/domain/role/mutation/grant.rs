//! What a role allows.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::RoleId;
use serde_json::{Value, json};

use super::locked_role;
use crate::access::{Condition, DefaultRole, Pattern, Permission};
use crate::domain::role::condition::GrantConditionInput;
use crate::domain::role::object::Role;
use crate::domain::role::rows::Grant;
use crate::domain::role::{handing, policy, rows};
use crate::domain::second_factor::step_up;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{InSession, Requires, requiresPermission, requiresSession};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A permission for a role.
#[derive(InputObject)]
pub struct GrantPermissionInput {
    /// The role that gets it.
    role_id: ID,
    /// What is granted; the caller must hold it.
    permission: Option<Permission>,
    /// Instead of `permission`: `conversations:*` for everything about a resource, or `*:*` for everything, also of later
    /// versions. The caller must hold the same wildcard or a wider one.
    pattern: Option<String>,
    /// When it counts; always if not given. Granting again replaces the condition.
    condition: Option<GrantConditionInput>,
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
    permission: Option<Permission>,
    /// Instead of `permission`: a wildcard, as it was granted. What is granted besides stays.
    pattern: Option<String>,
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
    permission: Pattern,
    /// Which input named it.
    place: &'static str,
    condition: Option<Condition>,
}

fn parse_grant(
    role_id: &ID,
    permission: Option<Permission>,
    pattern: Option<&str>,
    condition: Option<GrantConditionInput>,
) -> Result<GrantDraft, Error> {
    let mut checks = Checks::default();
    let role = checks.id(&["roleId"], role_id);
    let place = if pattern.is_some() { "pattern" } else { "permission" };
    let named = match (permission, pattern) {
        (Some(permission), None) => Some(Pattern::One(permission)),
        (None, Some(pattern)) => Pattern::parse(pattern),
        _ => None,
    };
    let permission = named.unwrap_or_else(|| {
        let message = "Either `permission`, or `pattern` with a name, `resource:*` or `*:*`.";
        checks.refuse(UserError::invalid(&[place], message));
        Pattern::Everything
    });
    let condition = condition.map(GrantConditionInput::parse).transpose().unwrap_or_else(|message| {
        checks.refuse(UserError::invalid(&["condition"], message));
        None
    });
    if condition.as_ref().is_some_and(Condition::asks_for_owner) && !permission.is_of_things() {
        checks.refuse(UserError::invalid(&["condition"], "Nobody owns what this permission is about."));
    }
    checks.done()?;
    Ok(GrantDraft { role, permission, place, condition })
}

#[derive(Default)]
pub struct RoleGrants;

#[Object]
impl RoleGrants {
    /// Grants a permission to a role, always or under a condition; granting it again replaces the condition. What is held
    /// under a condition cannot be handed on. `admin` is granted nothing under a condition (`CONFLICT`). Needs `roles:write`, a session, and a recent second factor
    /// (`SECOND_FACTOR_REQUIRED`) if the viewer's account has one.
    #[graphql(guard = "Requires(Permission::RolesWrite).and(InSession)", directive = requiresPermission::apply(Permission::RolesWrite), directive = requiresSession::apply())]
    async fn grant_permission(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Role and permission.")] input: GrantPermissionInput,
    ) -> Result<Option<GrantPermissionPayload>> {
        let call = Call::of(cx(ctx), "grantPermission", &input, &input.idempotency_key);
        let draft = parse_grant(&input.role_id, input.permission, input.pattern.as_deref(), input.condition);
        let payload = write::run(cx(ctx), call, draft, |tx, draft| {
            Box::pin(async move {
                step_up::require(tx).await?;
                let role = Some(change_grants(tx, draft, true).await?);
                Ok(GrantPermissionPayload { role, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Takes a permission from a role; taking it again changes nothing. What the role has by a wildcard alone is taken with
    /// that (`CONFLICT`). The role `admin` keeps all. Needs `roles:write`.
    #[graphql(guard = "Requires(Permission::RolesWrite)", directive = requiresPermission::apply(Permission::RolesWrite))]
    async fn revoke_permission(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Role and permission.")] input: RevokePermissionInput,
    ) -> Result<Option<RevokePermissionPayload>> {
        let call = Call::of(cx(ctx), "revokePermission", &input, &input.idempotency_key);
        let draft = parse_grant(&input.role_id, input.permission, input.pattern.as_deref(), None);
        let payload = write::run(cx(ctx), call, draft, |tx, draft| {
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
    let GrantDraft { role, permission, place, condition } = draft;
    policy::may_handle(viewer, permission.covers())?;
    let row = locked_role(tx, role).await?;
    handing::require_rank(tx, viewer, row.level).await?;
    if !add && row.name == DefaultRole::ADMIN {
        return Err(Error::refused(UserError::conflict(&[place], "The role `admin` keeps every permission.")));
    }
    if condition.is_some() && row.name == DefaultRole::ADMIN {
        return Err(Error::refused(UserError::conflict(&["condition"], "The role `admin` knows no conditions.")));
    }
    let grants = rows::grants_of(tx, &[row.id]).await?.remove(&row.id).unwrap_or_default();
    let wider = grants.iter().any(|grant| permission.givers().skip(1).any(|wider| wider.name() == grant.name));
    let before = written(grants, permission);
    let condition = condition.map(|condition| serde_json::to_value(condition).map_err(Error::internal)).transpose()?;
    let changed = match add {
        true => rows::set_grant(tx, row.id, permission, condition.clone(), viewer.user, tx.at).await?,
        false => rows::revoke(tx, row.id, permission).await?,
    };
    if !changed {
        if !add && wider {
            let message = "The role has it by a wildcard, which is taken as a whole: see its `grants`.";
            return Err(Error::refused(UserError::conflict(&[place], message)));
        }
        tx.unchanged();
        return Ok(row.into());
    }
    let row = rows::touch(tx, &row, tx.at).await?;
    let (action, after) = match add {
        true => ("role.grant", json!({ "granted": permission.name(), "condition": condition })),
        false => ("role.revoke", json!({ "revoked": permission.name() })),
    };
    tx.record(Change::new(action, "role", row.id).before(before).after(after)).await?;
    Ok(row.into())
}

/// How a permission was granted, for the audit log.
fn written(grants: Vec<Grant>, permission: Pattern) -> Value {
    let grant = grants.into_iter().find(|grant| grant.name == permission.name());
    let condition = |text: String| serde_json::from_str::<Value>(&text).unwrap_or(Value::String(text));
    match grant {
        Some(grant) => json!({ "granted": grant.name, "condition": grant.condition.map(condition) }),
        None => json!({ "granted": null }),
    }
}
