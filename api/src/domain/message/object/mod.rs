//! The GraphQL types of messages.

mod columns;
mod inputs;
mod version;

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use entity::message;
use serde::{Deserialize, Serialize};

use super::loader::{Children, SiblingPage, Siblings, Way};
use super::rows::tree::{BY_DEPTH, SIBLINGS};
use super::rows::versions::{BY_VERSION, Versions};
use super::rows::{CHILDREN, Place};
use crate::database::keyset::Slice;
use crate::domain::conversation::object::Conversation;
use crate::domain::stream::loader::{SoFar, Stream};
use crate::domain::stream::object::MessageWriting;
use crate::domain::tool_call::object::ToolCall;
use crate::domain::tool_call::rows::{TOOL_CALLS_BY_POSITION, ToolCalls};
use crate::domain::user::object::User;
use crate::graphql::connection::{Connection, Listed, Total};
use crate::graphql::context::{RequestContext, Under, cx};
use crate::graphql::id::WireId;
use crate::graphql::paging::Paging;
use crate::graphql::row::Row;
use crate::graphql::scalars::DateTime;

pub use inputs::{FinishReason, MessageFilter, MessageOrder, MessageRole, MessageStatus};
pub use version::MessageVersion;

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Message(pub Arc<message::Model>);

impl Listed for Message {
    const NAME: &'static str = "Message";
}

impl From<message::Model> for Message {
    fn from(row: message::Model) -> Self {
        Self(Arc::new(row))
    }
}

impl Message {
    fn place(&self) -> Place {
        Place { conversation: self.0.conversation_id, message: self.0.id }
    }

    /// A page of the way from the root of its tree to `leaf`; an empty one where there is none.
    pub async fn way(
        cx: &RequestContext,
        leaf: Option<&message::Model>,
        paging: Paging,
    ) -> Result<Connection<Message>> {
        let window = paging.window(cx, BY_DEPTH)?;
        let slice = match leaf {
            Some(leaf) => cx.load(Under { parent: leaf.id, args: Way(window) }).await?,
            None => None,
        };
        let total = Total::Known(leaf.map_or(0, |leaf| i64::from(leaf.depth) + 1));
        Ok(Connection::new(slice.unwrap_or_else(Slice::empty), BY_DEPTH, total, Message))
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
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.place(), paging, CHILDREN, Children, Message).await?)
    }

    /// The messages that answer the same one, itself included, in the order of appending: the branches at this point. For
    /// a message that answers none, those of the conversation that answer none.
    async fn siblings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Message>>> {
        let (cx, id, place) = (cx(ctx), self.0.id, self.place());
        let window = Paging { first, after, last, before }.window(cx, SIBLINGS)?;
        let slice = cx.load(Under { parent: id, args: SiblingPage(window) }).await?;
        let total = Total::later(move |cx| {
            Box::pin(async move {
                let here = cx.load(Under { parent: place, args: Siblings }).await?;
                Ok(here.map_or(0, |here| here.total.into()))
            })
        });
        Ok(Some(Connection::new(slice.unwrap_or_else(Slice::empty), SIBLINGS, total, Message)))
    }

    /// Which of its siblings it is, from 1.
    async fn sibling_position(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let here = cx(ctx).load(Under { parent: self.place(), args: Siblings }).await?;
        Ok(here.map(|here| here.position))
    }

    /// How many siblings there are, itself included; more than 1 is a branching.
    async fn sibling_count(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let here = cx(ctx).load(Under { parent: self.place(), args: Siblings }).await?;
        Ok(here.map(|here| here.total))
    }

    /// The way from the root of its tree to this message, itself included, in the order of `depth`: `last: 20` shows the
    /// end of a branch. Costs what the page is long, however long the way is.
    async fn path(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Message>>> {
        Message::way(cx(ctx), Some(&self.0), Paging { first, after, last, before }).await.map(Some)
    }

    /// What it said before each edit, latest first. For its author at the level COMMENT, and for everybody with WRITE who
    /// has `messages:write`; nobody else is shown any.
    async fn versions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<MessageVersion>>> {
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.0.id, paging, BY_VERSION, Versions, MessageVersion).await?)
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

    /// The text as it was given, at most 200,000 characters; may be empty. While it is being written, the text so far.
    async fn content(&self, ctx: &Context<'_>) -> Result<String> {
        let so_far = match self.0.status {
            message::Status::Streaming => cx(ctx).load(Under { parent: self.0.id, args: SoFar }).await?,
            _ => None,
        };
        Ok(so_far.unwrap_or_else(|| self.0.content.clone()))
    }

    /// Whether it has been written.
    async fn status(&self) -> MessageStatus {
        self.0.status.into()
    }

    /// Where the writing is; null unless it is STREAMING or INTERRUPTED.
    async fn writing(&self, ctx: &Context<'_>) -> Result<Option<MessageWriting>> {
        match self.0.status {
            message::Status::Complete | message::Status::Cancelled => Ok(None),
            message::Status::Streaming | message::Status::Interrupted => {
                let state = cx(ctx).load(Under { parent: self.0.id, args: Stream }).await?;
                Ok(state.map(MessageWriting::from))
            }
        }
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
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.place(), paging, TOOL_CALLS_BY_POSITION, ToolCalls, ToolCall).await?)
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

    /// Who edited it last; null if nobody has, or the account is gone.
    async fn edited_by(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        match self.0.edited_by_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }

    /// When it was removed while what is below it stayed: it says nothing any more. Null for all others.
    async fn deleted_at(&self) -> Option<DateTime> {
        self.0.deleted_at.map(DateTime::from)
    }
}
