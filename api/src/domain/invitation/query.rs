//! The root query about invitations.

use async_graphql::{Context, Object, Result};

use super::object::{Invitation, InvitationFilter};
use super::rows::{self, BY_CREATED};
use crate::access::Permission;
use crate::graphql::connection::{Connection, Total};
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::paging::Paging;

#[derive(Default)]
pub struct InvitationQuery;

#[Object]
impl InvitationQuery {
    /// All invitations, whoever made them, the latest first. Needs `users:write`.
    #[graphql(guard = "Requires(Permission::UsersWrite)", directive = requiresPermission::apply(Permission::UsersWrite))]
    async fn invitations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invitations.")] filter: Option<InvitationFilter>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Invitation>>> {
        let cx = cx(ctx);
        let state = filter.unwrap_or_default().state;
        let window = Paging { first, after, last, before }.window(cx, BY_CREATED)?;
        let slice = rows::page(&cx.db, &cx.viewer()?, state, &window).await?;
        let total = Total::later(move |cx| Box::pin(async move { rows::count(&cx.db, &cx.viewer()?, state).await }));
        Ok(Some(Connection::new(slice, BY_CREATED, total, Invitation)))
    }
}
