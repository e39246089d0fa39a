//! Root queries about roles and permissions.

use async_graphql::{Context, Object, Result};

use super::object::{PermissionEntry, Role, RoleAssignment};
use super::rows::{self, EXPIRING, PERMISSIONS_BY_NAME, ROLES_BY_NAME};
use crate::access::Permission;
use crate::graphql::connection::{Connection, Total};
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::paging::Paging;
use crate::graphql::scalars::DateTime;

#[derive(Default)]
pub struct RoleQuery;

#[Object]
impl RoleQuery {
    /// All roles by name. Needs `roles:read`.
    #[graphql(guard = "Requires(Permission::RolesRead)", directive = requiresPermission::apply(Permission::RolesRead))]
    async fn roles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Role>>> {
        let cx = cx(ctx);
        let window = Paging { first, after, last, before }.window(cx, ROLES_BY_NAME)?;
        let slice = rows::page(&cx.db, &cx.viewer()?, &window).await?;
        let total = Total::later(|cx| Box::pin(async move { rows::count(&cx.db, &cx.viewer()?).await }));
        Ok(Some(Connection::new(slice, ROLES_BY_NAME, total, Role)))
    }

    /// All permissions by name. Needs `roles:read`.
    #[graphql(guard = "Requires(Permission::RolesRead)", directive = requiresPermission::apply(Permission::RolesRead))]
    async fn permissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<PermissionEntry>>> {
        let cx = cx(ctx);
        let window = Paging { first, after, last, before }.window(cx, PERMISSIONS_BY_NAME)?;
        let slice = rows::permissions_page(&cx.db, &window).await?;
        let total = Total::later(|cx| Box::pin(async move { rows::permissions_count(&cx.db).await }));
        Ok(Some(Connection::new(slice, PERMISSIONS_BY_NAME, total, PermissionEntry)))
    }

    /// The roles that people hold for a time and that end before a moment, the soonest first; not those that have ended.
    /// Needs `users:read`.
    #[graphql(guard = "Requires(Permission::UsersRead)", directive = requiresPermission::apply(Permission::UsersRead))]
    async fn role_assignments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The moment before which they end.")] expiring_before: DateTime,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<RoleAssignment>>> {
        let (cx, end) = (cx(ctx), expiring_before.0);
        let window = Paging { first, after, last, before }.window(cx, EXPIRING)?;
        let slice = rows::page_of_expiring(&cx.db, &cx.viewer()?, end, &window).await?;
        let total =
            Total::later(move |cx| Box::pin(async move { rows::count_expiring(&cx.db, &cx.viewer()?, end).await }));
        Ok(Some(Connection::new(slice, EXPIRING, total, RoleAssignment)))
    }
}
