//! The root query about the use of what is deprecated.

use async_graphql::{Context, Object, Result};

use super::object::{DeprecatedUse, DeprecatedUseFilter};
use super::rows::{self, BY_LAST_USE};
use crate::access::Permission;
use crate::graphql::connection::{Connection, Total};
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::paging::Paging;

#[derive(Default)]
pub struct DeprecatedUseQuery;

#[Object]
impl DeprecatedUseQuery {
    /// Who uses what the schema calls deprecated, the last use first. Kept when the element is gone. Needs
    /// `operations:inspect`.
    #[graphql(guard = "Requires(Permission::OperationsInspect)", directive = requiresPermission::apply(Permission::OperationsInspect))]
    async fn deprecated_uses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which uses.")] filter: Option<DeprecatedUseFilter>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<DeprecatedUse>>> {
        let cx = cx(ctx);
        let filter = filter.unwrap_or_default().parse()?;
        let window = Paging { first, after, last, before }.window(cx, BY_LAST_USE)?;
        let slice = rows::page(&cx.db, &cx.viewer()?, &filter, &window).await?;
        let total = Total::later(move |cx| {
            let filter = filter.clone();
            Box::pin(async move { rows::count(&cx.db, &cx.viewer()?, &filter).await })
        });
        Ok(Some(Connection::new(slice, BY_LAST_USE, total, DeprecatedUse)))
    }
}
