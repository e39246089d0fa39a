//! Root queries about messages.

use async_graphql::{Context, ID, Object, Result};
use entity::id::MessageId;

use super::object::Message;
use crate::access::Permission;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::id::WireId;
use crate::graphql::row::Row;

#[derive(Default)]
pub struct MessageQuery;

#[Object]
impl MessageQuery {
    /// The message; null if there is none in a conversation that the viewer may see. Needs `conversations:read`.
    #[graphql(guard = "Requires(Permission::ConversationsRead)", directive = requiresPermission::apply(Permission::ConversationsRead))]
    async fn message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id, beginning with msg_.")] id: ID,
    ) -> Result<Option<Row<Message>>> {
        let id = MessageId::argument("id", &id)?;
        Ok(cx(ctx).load(id).await?.map(Message).map(Row))
    }
}
