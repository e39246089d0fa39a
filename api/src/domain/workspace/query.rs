//! Root queries about workspaces.

use async_graphql::{Context, ID, Object, Result};
use entity::id::WorkspaceId;

use super::object::Workspace;
use super::rows::{self, WORKSPACES_BY_TIME};
use crate::access::Permission;
use crate::graphql::connection::{Connection, Total};
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::id::WireId;
use crate::graphql::paging::Paging;

#[derive(Default)]
pub struct WorkspaceQuery;

#[Object]
impl WorkspaceQuery {
    /// The workspace; null if there is none that the viewer may see. Needs `conversations:read`.
    #[graphql(guard = "Requires(Permission::ConversationsRead)", directive = requiresPermission::apply(Permission::ConversationsRead))]
    async fn workspace(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id, beginning with space_.")] id: ID,
    ) -> Result<Option<Workspace>> {
        let id = WorkspaceId::argument("id", &id)?;
        Ok(cx(ctx).load(id).await?.map(Workspace))
    }

    /// The workspaces that the viewer is a member of, by themselves or in a team, in the order in which they were made.
    /// Needs `conversations:read`.
    #[graphql(guard = "Requires(Permission::ConversationsRead)", directive = requiresPermission::apply(Permission::ConversationsRead))]
    async fn workspaces(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Workspace>>> {
        let cx = cx(ctx);
        let window = Paging { first, after, last, before }.window(cx, WORKSPACES_BY_TIME)?;
        let slice = rows::page(&cx.db, &cx.viewer()?, &window).await?;
        let total = Total::later(|cx| Box::pin(async move { rows::count(&cx.db, &cx.viewer()?).await }));
        Ok(Some(Connection::new(slice, WORKSPACES_BY_TIME, total, Workspace)))
    }
}
