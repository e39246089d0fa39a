//! Making a role.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::RoleId;
use entity::role;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{check_level, check_name, visible_parent};
use crate::access::{Pattern, Permission, PermissionSet};
use crate::domain::role::object::Role;
use crate::domain::role::place::out_of_place;
use crate::domain::role::{handing, policy, rows};
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars;
use crate::write::{self, Call, Change, Creation, Tx};

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
    /// What it inherits from; nothing if not given. The caller must hold all that the parent gives.
    parent_id: Option<ID>,
    /// Its level, 0 to 1000: 0 without a rank. The caller must stand above it.
    #[graphql(default)]
    level: i32,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `createRole`.
    CreateRolePayload {
        /// The new role.
        role: Role,
    }
}

/// A new role whose fields are known to be good; permissions by name, so that the draft can be compared.
#[derive(Serialize)]
struct RoleDraft {
    name: String,
    description: String,
    permissions: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<RoleId>,
    #[serde(skip_serializing_if = "is_unranked")]
    level: i32,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

fn is_unranked(level: &i32) -> bool {
    *level == 0
}

impl CreateRoleInput {
    fn parse(self) -> Result<RoleDraft, Error> {
        let mut checks = Checks::default();
        let client_id = checks.client_id(self.client_id.as_ref());
        let description = checks.line(&["description"], &self.description, 0..=500);
        check_name(&mut checks, &self.name);
        let parent = self.parent_id.map(|id| checks.id(&["parentId"], &id));
        check_level(&mut checks, self.level);
        checks.done()?;
        let permissions = self.permissions.iter().map(|permission| permission.name()).collect();
        Ok(RoleDraft { name: self.name, description, permissions, parent, level: self.level, client_id })
    }
}

#[derive(Default)]
pub struct CreateRole;

#[Object]
impl CreateRole {
    /// Creates a role. A chain of more than 16 roles that inherit from each other is a `CONFLICT`. Needs `roles:write`.
    #[graphql(guard = "Requires(Permission::RolesWrite)", directive = requiresPermission::apply(Permission::RolesWrite))]
    async fn create_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The role.")] input: CreateRoleInput,
    ) -> Result<Option<CreateRolePayload>> {
        let call = Call::of(cx(ctx), "createRole", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move {
                let role = Some(create_role(tx, draft).await?);
                Ok(CreateRolePayload { role, ..Default::default() })
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
    handing::require_rank(tx, viewer, draft.level).await?;
    if let Some(parent) = draft.parent {
        rows::take_turns(tx).await?;
        handing::require(tx, viewer, &[&visible_parent(tx, parent).await?]).await?;
    }
    let after =
        json!({ "name": draft.name, "permissions": draft.permissions, "level": draft.level, "parent": draft.parent });
    let row = role::Model {
        id,
        name: draft.name,
        description: draft.description,
        is_default: false,
        parent_id: draft.parent,
        is_active: true,
        level: draft.level,
        version: 1,
        created_at: tx.at,
        updated_at: tx.at,
    };
    let row = rows::insert(tx, row).await.map_err(out_of_place)?;
    let permissions: Vec<Pattern> = permissions.iter().map(Pattern::One).collect();
    rows::grant(tx, row.id, &permissions, Some(viewer.user), tx.at).await?;
    tx.record(Change::new("role.create", "role", row.id).after(after)).await?;
    Ok(row.into())
}
