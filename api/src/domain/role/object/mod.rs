//! The GraphQL types of roles, permissions and assignments.

mod assignment;
mod usage;

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use entity::{permission, role};
use serde::{Deserialize, Serialize};

use crate::access::{Condition, Permission};
use crate::domain::audit::object::AuditEntry;
use crate::domain::audit::rows::entries::BY_TIME;
use crate::domain::role::condition::GrantCondition;
use crate::domain::role::loader::{Ancestors, Changes, Children, Given, Granted, Written};
use crate::domain::role::rows::{Assignments, CHILDREN_BY_NAME, Grant, HOLDERS};
use crate::domain::user::object::User;
use crate::graphql::connection::{Connection, Listed};
use crate::graphql::context::{Under, cx};
use crate::graphql::cost::cost;
use crate::graphql::guard::visibleTo;
use crate::graphql::id::WireId;
use crate::graphql::paging::Paging;
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::DateTime;

pub use assignment::RoleAssignment;
use usage::PermissionUse;

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Role(pub Arc<role::Model>);

impl Listed for Role {
    const NAME: &'static str = "Role";
}

impl Columns for Role {}

/// A named set of permissions, which may inherit from another one. Seen with `roles:read`, or when one holds it.
#[Object]
impl Role {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// The name, unique: lower-case letters, digits, `_` and `-`, beginning with a letter, at most 63 characters.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the role is for; may be empty.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Whether the role ships with the service.
    async fn is_default(&self) -> bool {
        self.0.is_default
    }

    /// Whether it counts: an inactive role gives its holders nothing, and its children nothing to inherit.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// Its rank, 0 to 1000; 0 without one. A role with a rank is handed on by those who hold one of a higher level.
    async fn level(&self) -> i32 {
        self.0.level
    }

    /// What it inherits from; null for nothing, or if the viewer may not see that.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Role>> {
        match self.0.parent_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Role)),
            None => Ok(None),
        }
    }

    /// All that it inherits from, the nearest first: at most 15, of which those are left out that the viewer may not see.
    /// Also those that give nothing because they, or one in between, are inactive.
    #[graphql(directive = cost::apply(16))]
    async fn ancestors(&self, ctx: &Context<'_>) -> Result<Option<Vec<Role>>> {
        let rows = cx(ctx).load(Under { parent: self.0.id, args: Ancestors }).await?;
        Ok(rows.map(|rows| rows.into_iter().map(Role).collect()))
    }

    /// The roles that inherit from it directly and that the viewer may see, by name.
    async fn children(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Role>>> {
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.0.id, paging, CHILDREN_BY_NAME, Children, Role).await?)
    }

    /// What the role itself allows, without what it inherits; also what counts only under a condition, and what a
    /// wildcard covers. The set is closed and small, so this is a plain list.
    async fn permissions(&self, ctx: &Context<'_>) -> Result<Option<Vec<Permission>>> {
        Ok(cx(ctx).load(Under { parent: self.0.id, args: Granted }).await?.map(|set| set.iter().collect()))
    }

    /// The grants of the role itself, by name: with the conditions under which they count, and by whom. A plain list, as
    /// they are few.
    #[graphql(directive = cost::apply(10))]
    async fn grants(&self, ctx: &Context<'_>) -> Result<Option<Vec<RoleGrant>>> {
        let grants = cx(ctx).load(Under { parent: self.0.id, args: Written }).await?;
        Ok(grants.map(|grants| grants.into_iter().map(RoleGrant).collect()))
    }

    /// What its holders may do through it: what it allows itself and what it inherits, also what
    /// counts only under a condition; empty while it is inactive.
    async fn effective_permissions(&self, ctx: &Context<'_>) -> Result<Option<Vec<Permission>>> {
        Ok(cx(ctx).load(Under { parent: self.0.id, args: Given }).await?.map(|set| set.iter().collect()))
    }

    /// Who holds the role, as far as the viewer may know: everybody with `users:read`, else only oneself.
    async fn holders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<RoleAssignment>>> {
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.0.id, paging, HOLDERS, Assignments, RoleAssignment).await?)
    }

    /// Private to holders of `users:read`: how those who hold the role use what it gives, by the order of permissions. A
    /// permission that nobody uses can be taken back.
    #[graphql(directive = visibleTo::apply(false, Some(Permission::UsersRead)), directive = cost::apply(10))]
    async fn permission_uses(&self, ctx: &Context<'_>) -> Result<Option<Vec<PermissionUse>>> {
        Ok(usage::of_role(cx(ctx), self.0.id).await?)
    }

    /// Who changed the role and what it grants, the latest first; to whom it was given and from whom it was taken is with
    /// those. Empty without `audit:read`.
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<AuditEntry>>> {
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.0.id, paging, BY_TIME, Changes, AuditEntry).await?)
    }

    /// Grows by one with each change of the role or its permissions.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When the role was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When the role or its permissions were last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }
}

impl From<role::Model> for Role {
    fn from(row: role::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// A permission that a role was granted.
pub struct RoleGrant(Grant);

/// What a role was granted, as it is written down.
#[Object]
impl RoleGrant {
    /// What was granted: the name of a permission, or `conversations:*` for everything about a resource, or `*:*` for
    /// everything, also of later versions.
    async fn pattern(&self) -> &str {
        &self.0.name
    }

    /// The permission, if it is one that this version of the service knows; null for a wildcard.
    async fn permission(&self) -> Option<Permission> {
        Permission::parse(&self.0.name)
    }

    /// Whether it counts only under a condition.
    async fn is_conditional(&self) -> bool {
        self.0.condition.is_some()
    }

    /// When it counts; null for always. Null with `isConditional` is a condition that this version of the service does not
    /// understand: such a grant never counts.
    async fn condition(&self) -> Option<GrantCondition> {
        self.0.condition.as_deref().and_then(Condition::read).map(GrantCondition::from)
    }

    /// Who granted it; null when it came with the service or the giver may not be seen.
    async fn granted_by(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        match self.0.granted_by {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }

    /// When it was granted, or its condition last changed.
    async fn granted_at(&self) -> DateTime {
        self.0.granted_at.into()
    }
}

/// A permission as it is listed.
#[derive(Clone)]
pub struct PermissionEntry(pub Arc<permission::Model>);

impl Listed for PermissionEntry {
    const NAME: &'static str = "Permission";
}

impl Columns for PermissionEntry {}

/// The right to call a kind of operation, or a wildcard for several. The set is closed; a role grants some of them.
#[Object(name = "Permission")]
impl PermissionEntry {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// The permission as an enum value; null for a wildcard, and for a row that this version of the service does not know.
    async fn name(&self) -> Option<Permission> {
        Permission::parse(&self.0.name)
    }

    /// What it is about, e.g. `conversations`; `*` for everything.
    async fn resource(&self) -> &str {
        &self.0.resource
    }

    /// What may be done with it, e.g. `write`; `*` for a wildcard.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// One sentence for people.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// When this installation learned of the permission.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}
