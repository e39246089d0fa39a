//! Root queries about shares.

use async_graphql::{Context, ID, Object, Result};

use super::audience::{ProposedShareInput, ThingAudience};
use super::object::Share;
use super::rows::{self, LATEST_SHARES, Side};
use crate::access::Permission;
use crate::domain::thing::ThingRef;
use crate::graphql::connection::{Connection, Total};
use crate::graphql::context::{RequestContext, cx};
use crate::graphql::cost::cost;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::paging::Paging;

#[derive(Default)]
pub struct ShareQuery;

#[Object]
impl ShareQuery {
    /// What was shared with the viewer and has not ended, the latest first: with them by name, with a team or a workspace
    /// of theirs; memberships of workspaces, too. Needs `conversations:read`.
    #[graphql(guard = "Requires(Permission::ConversationsRead)", directive = requiresPermission::apply(Permission::ConversationsRead))]
    async fn shared_with_me(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Share>>> {
        list(cx(ctx), Side::With, Paging { first, after, last, before }).await
    }

    /// What the viewer shared and has not ended, the latest first, of things that they still see. Needs
    /// `conversations:read`.
    #[graphql(guard = "Requires(Permission::ConversationsRead)", directive = requiresPermission::apply(Permission::ConversationsRead))]
    async fn shared_by_me(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Share>>> {
        list(cx(ctx), Side::By, Paging { first, after, last, before }).await
    }
}

#[derive(Default)]
pub struct AudienceQuery;

#[Object]
impl AudienceQuery {
    /// Whom something reaches at this moment, and whom it would reach with one share more, before that is given; null if it
    /// does not exist for the viewer. A share that `share` would refuse is `INVALID`, a grantee whom the viewer cannot
    /// name `NOT_FOUND`. Needs `shares:write` and the level MANAGE there.
    #[graphql(guard = "Requires(Permission::SharesWrite)", directive = requiresPermission::apply(Permission::SharesWrite), directive = cost::apply(20))]
    async fn audience(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A conversation or a workspace.")] thing_id: ID,
        #[graphql(desc = "A share that it does not have yet.")] share: Option<ProposedShareInput>,
    ) -> Result<Option<ThingAudience>> {
        let thing = ThingRef::argument("thingId", &thing_id)?;
        Ok(ThingAudience::ask(cx(ctx), thing, share).await?)
    }
}

async fn list(cx: &RequestContext, side: Side, paging: Paging) -> Result<Option<Connection<Share>>> {
    let window = paging.window(cx, LATEST_SHARES)?;
    let slice = rows::page_of_viewer(&cx.db, &cx.viewer()?, side, &window).await?;
    let total =
        Total::later(move |cx| Box::pin(async move { rows::count_of_viewer(&cx.db, &cx.viewer()?, side).await }));
    Ok(Some(Connection::new(slice, LATEST_SHARES, total, Share)))
}
