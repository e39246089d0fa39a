//! Root queries about conversations.

use async_graphql::{Context, ID, Lookahead, Object, Result};
use entity::id::ConversationId;

use super::loader::WithOwner;
use super::object::{Conversation, ConversationFilter, ConversationOrder};
use super::rows;
use crate::access::Permission;
use crate::graphql::connection::{Connection, Total};
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::id::WireId;
use crate::graphql::paging::Paging;
use crate::graphql::row::Row;

#[derive(Default)]
pub struct ConversationQuery;

#[Object]
impl ConversationQuery {
    /// The conversation; null if there is none that the viewer may see. Needs `conversations:read`.
    #[graphql(guard = "Requires(Permission::ConversationsRead)", directive = requiresPermission::apply(Permission::ConversationsRead))]
    async fn conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id, beginning with conv_.")] id: ID,
    ) -> Result<Option<Row<Conversation>>> {
        let id = ConversationId::argument("id", &id)?;
        let cx = cx(ctx);
        // Nearly everybody who asks for the owner asks for it here.
        if !ctx.look_ahead().field("owner").exists() {
            return Ok(cx.load(id).await?.map(Conversation).map(Row));
        }
        Ok(cx.load(WithOwner(id)).await?.map(|(row, owner)| {
            owner.into_iter().for_each(|owner| cx.came(owner.id, Some(owner)));
            Row(Conversation(row))
        }))
    }

    /// The conversations that the viewer owns or that were shared with them, latest activity first unless ordered
    /// otherwise. Needs `conversations:read`.
    #[graphql(guard = "Requires(Permission::ConversationsRead)", directive = requiresPermission::apply(Permission::ConversationsRead))]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversations; without it those outside the trash.")] filter: Option<
            ConversationFilter,
        >,
        #[graphql(desc = "In which order; latest activity first if not given.")] order_by: Option<ConversationOrder>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Conversation>>> {
        let cx = cx(ctx);
        let order = order_by.unwrap_or_default().order();
        let filter = filter.unwrap_or_default().parse()?;
        let window = Paging { first, after, last, before }.window(cx, order)?;
        let wanted = ctx.look_ahead();
        let is_wanted = |items: Lookahead<'_>| items.field("lastMessage").exists();
        let slice = match is_wanted(wanted.field("nodes")) || is_wanted(wanted.field("edges").field("node")) {
            false => rows::page(&cx.db, &cx.viewer()?, &filter, &window).await?,
            true => {
                let (slice, messages) = rows::page_with_last(&cx.db, &cx.viewer()?, &filter, &window).await?;
                let ids = slice.rows.iter().map(|row| row.last_message_id);
                for (id, message) in ids.zip(messages) {
                    id.into_iter().for_each(|id| cx.came(id, message.clone()));
                }
                slice
            }
        };
        let total = Total::later(move |cx| {
            let filter = filter.clone();
            Box::pin(async move { rows::count(&cx.db, &cx.viewer()?, &filter).await })
        });
        Ok(Some(Connection::new(slice, order, total, Conversation)))
    }
}
