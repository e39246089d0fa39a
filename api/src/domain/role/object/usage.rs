//! The GraphQL type of how a role's permissions are used.

use async_graphql::Object;
use entity::id::RoleId;

use crate::access::Permission;
use crate::domain::role::loader::{Given, Used};
use crate::domain::role::rows::Use;
use crate::error::Result;
use crate::graphql::context::{RequestContext, Under};
use crate::graphql::scalars::DateTime;

/// How a permission is used that a role gives.
pub struct PermissionUse {
    permission: Permission,
    /// Nothing if it is not counted.
    found: Option<Use>,
}

/// What a role gives, with its uses; nothing for those who may not know.
pub async fn of_role(cx: &RequestContext, role: RoleId) -> Result<Option<Vec<PermissionUse>>> {
    if !cx.viewer()?.holds(Permission::UsersRead) {
        return Ok(None);
    }
    let given = cx.load(Under { parent: role, args: Given }).await?.unwrap_or_default();
    let uses = cx.load(Under { parent: role, args: Used }).await?.unwrap_or_default();
    let of = |permission: Permission| PermissionUse {
        permission,
        found: uses.get(&permission).copied().filter(|_| permission.is_counted()),
    };
    Ok(Some(given.iter().map(of).collect()))
}

/// How a permission is used that a role gives: whether those who hold the role were let through with it since it was given
/// to them, be it that they have it by another role, too. It is written down a few seconds later, to ten minutes.
#[Object]
impl PermissionUse {
    /// Which permission.
    async fn permission(&self) -> Permission {
        self.permission
    }

    /// Since when its uses are counted in this installation; null if they are not, since it only widens what is shown or opens
    /// nothing yet.
    async fn counted_since(&self) -> Option<DateTime> {
        self.found.map(|found| found.since.into())
    }

    /// When a holder used it last; null for never since `countedSince`.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.found.and_then(|found| found.last).map(DateTime::from)
    }

    /// How many of the holders have used it.
    async fn holders_count(&self) -> i32 {
        self.found.map_or(0, |found| i32::try_from(found.holders).unwrap_or(i32::MAX))
    }
}
