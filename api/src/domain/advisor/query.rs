//! Root queries about advisors.

use async_graphql::{Context, ID, Object, Result};
use entity::id::AdvisorId;

use super::object::{Advisor, AdvisorFilter, AdvisorOrder};
use super::rows;
use crate::access::Permission;
use crate::graphql::connection::{Connection, Total};
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::id::WireId;
use crate::graphql::paging::Paging;
use crate::graphql::row::Row;

#[derive(Default)]
pub struct AdvisorQuery;

#[Object]
impl AdvisorQuery {
    /// The advisor; null if there is none that the viewer may see. Needs `advisors:read`.
    #[graphql(guard = "Requires(Permission::AdvisorsRead)", directive = requiresPermission::apply(Permission::AdvisorsRead))]
    async fn advisor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id, beginning with adv_.")] id: ID,
    ) -> Result<Option<Row<Advisor>>> {
        let id = AdvisorId::argument("id", &id)?;
        Ok(cx(ctx).load(id).await?.map(Advisor).map(Row))
    }

    /// The advisors that the viewer has: their own and those that were shared with them, by name unless ordered otherwise.
    /// Needs `advisors:read`.
    #[graphql(guard = "Requires(Permission::AdvisorsRead)", directive = requiresPermission::apply(Permission::AdvisorsRead))]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn advisors(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which advisors; without it those outside the trash.")] filter: Option<AdvisorFilter>,
        #[graphql(desc = "In which order; by name if not given.")] order_by: Option<AdvisorOrder>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Advisor>>> {
        let cx = cx(ctx);
        let order = order_by.unwrap_or_default().order();
        let filter = filter.unwrap_or_default().parse()?;
        let window = Paging { first, after, last, before }.window(cx, order)?;
        let slice = rows::page(&cx.db, &cx.viewer()?, &filter, &window).await?;
        let total = Total::later(move |cx| {
            let filter = filter.clone();
            Box::pin(async move { rows::count(&cx.db, &cx.viewer()?, &filter).await })
        });
        Ok(Some(Connection::new(slice, order, total, Advisor)))
    }
}
