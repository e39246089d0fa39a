//! Changing a role itself: what it is called, what it inherits from, whether it counts.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result};
use entity::id::RoleId;
use entity::role::{ActiveModel, Model};
use sea_orm::ActiveValue::{NotSet, Set};
use serde_json::{Value, json};

use super::{check_level, check_name, locked_role, visible_parent};
use crate::access::Permission;
use crate::domain::role::object::Role;
use crate::domain::role::place::out_of_place;
use crate::domain::role::{handing, policy, rows};
use crate::domain::second_factor::step_up;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A change of a role; what is left out stays.
#[derive(InputObject)]
pub struct UpdateRoleInput {
    /// The role; the caller must hold all that it gives or would give, and stand above its level.
    role_id: ID,
    /// The new name, as in `createRole`; not of the roles that ship with the service.
    name: Option<String>,
    /// What the role is for, at most 500 characters.
    description: Option<String>,
    /// What it inherits from; null for nothing. The caller must hold all that the parent gives and stand above it.
    parent_id: MaybeUndefined<ID>,
    /// Whether it counts: an inactive role gives its holders nothing, and its children nothing to inherit.
    is_active: Option<bool>,
    /// The new level, 0 to 1000: 0 without a rank. The caller must stand above it.
    level: Option<i32>,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `updateRole`.
    UpdateRolePayload {
        /// The role as it is now, also when `expectedVersion` was stale.
        role: Role,
    }
}

struct RolePatch {
    id: RoleId,
    name: Option<String>,
    description: Option<String>,
    parent: MaybeUndefined<RoleId>,
    is_active: Option<bool>,
    level: Option<i32>,
    expected_version: Option<i32>,
}

impl UpdateRoleInput {
    fn parse(self) -> Result<RolePatch, Error> {
        let mut checks = Checks::default();
        let id = checks.id(&["roleId"], &self.role_id);
        if let Some(name) = &self.name {
            check_name(&mut checks, name);
        }
        let description = self.description.map(|text| checks.line(&["description"], &text, 0..=500));
        let parent = self.parent_id.map_value(|id| checks.id(&["parentId"], &id));
        if let Some(level) = self.level {
            check_level(&mut checks, level);
        }
        checks.done()?;
        let (name, is_active, level) = (self.name, self.is_active, self.level);
        Ok(RolePatch { id, name, description, parent, is_active, level, expected_version: self.expected_version })
    }
}

impl RolePatch {
    /// Whether it may change what holders of the role or of its descendants may do.
    fn moves(&self) -> bool {
        !self.parent.is_undefined() || self.is_active.is_some()
    }

    fn apply(self, row: &Model) -> Model {
        Model {
            name: self.name.unwrap_or_else(|| row.name.clone()),
            description: self.description.unwrap_or_else(|| row.description.clone()),
            parent_id: match self.parent {
                MaybeUndefined::Undefined => row.parent_id,
                MaybeUndefined::Null => None,
                MaybeUndefined::Value(parent) => Some(parent),
            },
            is_active: self.is_active.unwrap_or(row.is_active),
            level: self.level.unwrap_or(row.level),
            ..row.clone()
        }
    }
}

#[derive(Default)]
pub struct UpdateRole;

#[Object]
impl UpdateRole {
    /// Renames a role, moves it in the hierarchy, ranks it, puts it to rest or wakes it. A circle, a chain of more than 16
    /// roles, a name that is taken, and any such change of `admin` are a `CONFLICT`. Needs `roles:write`, and for `parentId`
    /// and `isActive` a recent second factor (`SECOND_FACTOR_REQUIRED`) if the viewer's account has one.
    #[graphql(guard = "Requires(Permission::RolesWrite)", directive = requiresPermission::apply(Permission::RolesWrite))]
    async fn update_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateRoleInput,
    ) -> Result<Option<UpdateRolePayload>> {
        let call = Call::of(cx(ctx), "updateRole", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, patch| {
            Box::pin(async move {
                let (role, user_errors) = update(tx, patch).await?;
                Ok(UpdateRolePayload { role: Some(role), user_errors })
            })
        });
        Ok(payload.await?)
    }
}

async fn update(tx: &Tx, patch: RolePatch) -> Result<(Role, Vec<UserError>), Error> {
    if patch.moves() {
        step_up::require(tx).await?;
        rows::take_turns(tx).await?;
    }
    let viewer = tx.actor.principal()?;
    let row = locked_role(tx, patch.id).await?;
    handing::require(tx, viewer, &[&row]).await?;
    if let MaybeUndefined::Value(parent) = patch.parent {
        handing::require(tx, viewer, &[&visible_parent(tx, parent).await?]).await?;
    }
    handing::require_rank(tx, viewer, patch.level.unwrap_or(0)).await?;
    if patch.expected_version.is_some_and(|version| version != row.version) {
        let message = "The role has changed meanwhile; its present state is in the answer.";
        return Ok((row.into(), vec![UserError::conflict(&["expectedVersion"], message)]));
    }
    let changed = patch.apply(&row);
    policy::stays(&row, &changed)?;
    if changed == row {
        tx.unchanged();
        return Ok((row.into(), Vec::new()));
    }
    let moved = (changed.parent_id, changed.is_active) != (row.parent_id, row.is_active);
    let change = ActiveModel {
        id: Set(row.id),
        name: Set(changed.name),
        description: Set(changed.description),
        parent_id: if moved { Set(changed.parent_id) } else { NotSet },
        is_active: if moved { Set(changed.is_active) } else { NotSet },
        level: Set(changed.level),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        ..Default::default()
    };
    let changed = rows::update(tx, change).await.map_err(out_of_place)?;
    tx.record(Change::new("role.update", "role", row.id).before(state(&row)).after(state(&changed))).await?;
    Ok((changed.into(), Vec::new()))
}

/// A role as the audit log keeps it.
pub(super) fn state(row: &Model) -> Value {
    json!({ "name": row.name, "description": row.description, "parent": row.parent_id, "isActive": row.is_active,
        "level": row.level })
}
