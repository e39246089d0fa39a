//! The GraphQL types of messages.

use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, ServerResult, Value};
use entity::id::UserId;
use entity::message;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::loader::Children;
use super::rows::{BY_POSITION, CHILDREN, Filter, Place};
use crate::database::keyset::Order;
use crate::domain::conversation::object::Conversation;
use crate::domain::tool_call::object::ToolCall;
use crate::domain::tool_call::rows::{TOOL_CALLS_BY_POSITION, ToolCalls};
use crate::domain::user::object::User;
use crate::graphql::cell::Cell;
use crate::graphql::connection::{Connection, Listed};
use crate::graphql::context::cx;
use crate::graphql::id::WireId;
use crate::graphql::paging::{OrderDirection, Paging};
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::DateTime;

/// Who speaks.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "message::Role")]
pub enum MessageRole {
    /// Instructions to the model.
    System,
    /// A person.
    User,
    /// The model.
    Assistant,
    /// A tool, with its result as the model is shown it.
    Tool,
}

/// Why the model stopped.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "message::FinishReason")]
pub enum FinishReason {
    /// It had said everything.
    Stop,
    /// It reached the limit of tokens.
    Length,
    /// It asked for tools.
    ToolCalls,
    /// A filter of the provider stopped it.
    ContentFilter,
    /// Somebody cancelled it.
    Cancelled,
    /// It failed.
    Error,
}

/// Which messages; what is left out does not narrow.
#[derive(Clone, Default, InputObject)]
pub struct MessageFilter {
    /// Those of these roles.
    roles: Option<Vec<MessageRole>>,
    /// Those by this author.
    author_id: Option<ID>,
}

impl MessageFilter {
    pub fn parse(self) -> crate::error::Result<Filter> {
        Ok(Filter {
            roles: self.roles.map(|roles| roles.into_iter().map(message::Role::from).collect()),
            author: self.author_id.map(|id| UserId::argument("filter.authorId", &id)).transpose()?,
        })
    }
}

/// What messages can be ordered by.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
pub enum MessageOrderField {
    /// The order in which they were appended.
    Position,
}

/// An order of messages.
#[derive(InputObject)]
pub struct MessageOrder {
    /// What to order by.
    field: MessageOrderField,
    /// Which end comes first.
    direction: OrderDirection,
}

impl Default for MessageOrder {
    fn default() -> Self {
        Self { field: MessageOrderField::Position, direction: OrderDirection::Asc }
    }
}

impl MessageOrder {
    pub fn order(&self) -> Order<message::Model> {
        let order = match self.field {
            MessageOrderField::Position => BY_POSITION,
        };
        Order { descending: self.direction == OrderDirection::Desc, ..order }
    }
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Message(pub Arc<message::Model>);

impl Listed for Message {
    const NAME: &'static str = "Message";
}

impl Columns for Message {
    fn column<'r>(&'r self, field: &'r Field) -> Option<Cell<'r>> {
        let row = &self.0;
        Some(match field.name.node.as_str() {
            "id" => Cell::id(row.id),
            "depth" => row.depth.into(),
            "position" => row.position.into(),
            "role" => Cell::name(MessageRole::from(row.role)),
            "content" => row.content.as_str().into(),
            "model" => row.model.as_deref().into(),
            "finishReason" => row.finish_reason.map_or(Cell::Null, |reason| Cell::name(FinishReason::from(reason))),
            "promptTokens" => row.prompt_tokens.into(),
            "completionTokens" => row.completion_tokens.into(),
            "version" => row.version.into(),
            "createdAt" => row.created_at.into(),
            "updatedAt" => row.updated_at.into(),
            "editedAt" => row.edited_at.into(),
            _ => return None,
        })
    }

    fn together<'r>(rows: &'r [Self], ctx: &'r Context<'r>) -> Option<BoxFuture<'r, ServerResult<Vec<Value>>>> {
        if ctx.item.node.name.node != "toolCalls" {
            return None;
        }
        let places = rows.iter().map(Message::place).collect();
        Some(Box::pin(Connection::under_each(ctx, places, TOOL_CALLS_BY_POSITION, ToolCalls, ToolCall)))
    }
}

impl Message {
    fn place(&self) -> Place {
        Place { conversation: self.0.conversation_id, message: self.0.id }
    }
}

impl From<message::Model> for Message {
    fn from(row: message::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// One node of a conversation's tree. Seen by whoever sees the conversation.
#[Object]
impl Message {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// The conversation it belongs to.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Option<Row<Conversation>>> {
        Ok(cx(ctx).load(self.0.conversation_id).await?.map(Conversation).map(Row))
    }

    /// The message it answers; null for the root of a tree.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Row<Message>>> {
        match self.0.parent_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Message).map(Row)),
            None => Ok(None),
        }
    }

    /// How many steps it is from the root of its tree; 0 for the root.
    async fn depth(&self) -> i32 {
        self.0.depth
    }

    /// Its place in the order of appending: 1, 2, 3 … through the whole conversation. Never changes.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// The messages that answer this one, in the order of appending; more than one is a branching.
    async fn children(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Message>>> {
        let place = self.place();
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, place, paging, CHILDREN, Children, Message).await?)
    }

    /// Who appended it, also for a model's answer; null when the account is gone.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        match self.0.author_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }

    /// Who speaks.
    async fn role(&self) -> MessageRole {
        self.0.role.into()
    }

    /// The text as it was given, at most 200,000 characters; may be empty.
    async fn content(&self) -> &str {
        &self.0.content
    }

    /// The model that wrote it, e.g. `vendor/small-1`; null for people.
    async fn model(&self) -> Option<&str> {
        self.0.model.as_deref()
    }

    /// Why the model stopped; null for people.
    async fn finish_reason(&self) -> Option<FinishReason> {
        self.0.finish_reason.map(FinishReason::from)
    }

    /// Tokens that the model read; null if not known.
    async fn prompt_tokens(&self) -> Option<i32> {
        self.0.prompt_tokens
    }

    /// Tokens that the model wrote; null if not known.
    async fn completion_tokens(&self) -> Option<i32> {
        self.0.completion_tokens
    }

    /// The tools that this message asked for, in order.
    async fn tool_calls(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<ToolCall>>> {
        let place = self.place();
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, place, paging, TOOL_CALLS_BY_POSITION, ToolCalls, ToolCall).await?)
    }

    /// Grows by one with each edit.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was appended.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last changed in any way.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// When its text was last edited; null if never.
    async fn edited_at(&self) -> Option<DateTime> {
        self.0.edited_at.map(DateTime::from)
    }
}
