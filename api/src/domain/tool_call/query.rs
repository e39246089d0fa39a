//! Root queries about tool calls.

use async_graphql::{Context, ID, InputObject, Object, Result};

use super::object::ToolCall;
use super::rows::{self, LATEST, Waiting};
use crate::access::Permission;
use crate::error::Error;
use crate::graphql::connection::{Connection, Total};
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::id::WireId;
use crate::graphql::paging::Paging;

/// Which tool calls; what is left out does not narrow.
#[derive(Clone, Default, InputObject)]
pub struct WaitingToolCallFilter {
    /// Those of this conversation.
    conversation_id: Option<ID>,
    /// Those that follow the definition of this tool.
    tool_id: Option<ID>,
}

fn narrowed<T: WireId>(name: &'static str, id: Option<ID>) -> Result<Option<T>, Error> {
    id.map(|id| T::argument(name, &id)).transpose()
}

impl WaitingToolCallFilter {
    fn parse(self) -> Result<Waiting, Error> {
        Ok(Waiting {
            conversation: narrowed("filter.conversationId", self.conversation_id)?,
            tool: narrowed("filter.toolId", self.tool_id)?,
        })
    }
}

#[derive(Default)]
pub struct ToolCallQuery;

#[Object]
impl ToolCallQuery {
    /// The tool calls that wait for approval and about which the viewer may decide, in all conversations that they own or may
    /// write in, the latest first. Needs `tools:approve`; without `conversations:read` there are none.
    #[graphql(guard = "Requires(Permission::ToolsApprove)", directive = requiresPermission::apply(Permission::ToolsApprove))]
    async fn tool_calls_awaiting_approval(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which calls.")] filter: Option<WaitingToolCallFilter>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<ToolCall>>> {
        let cx = cx(ctx);
        let which = filter.unwrap_or_default().parse()?;
        let window = Paging { first, after, last, before }.window(cx, LATEST)?;
        let slice = rows::page_of_waiting(&cx.db, &cx.viewer()?, &which, &window).await?;
        let total =
            Total::later(move |cx| Box::pin(async move { rows::count_waiting(&cx.db, &cx.viewer()?, &which).await }));
        Ok(Some(Connection::new(slice, LATEST, total, ToolCall)))
    }
}
