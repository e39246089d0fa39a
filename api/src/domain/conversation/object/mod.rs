//! The GraphQL types of conversations.

mod inputs;
mod participant;

use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::{Context, Enum, ID, Object, Result};
use entity::id::ThingId;
use entity::{conversation, message};
use serde::{Deserialize, Serialize};

use super::loader::{Chosen, OwnShare, Participants};
use super::policy;
use super::rows::PARTICIPANTS;
use crate::domain::advisor::object::Advisor;
use crate::domain::message::object::{Message, MessageFilter, MessageOrder};
use crate::domain::message::rows::{InConversation, Messages};
use crate::domain::share::object::Share;
use crate::domain::share::rows::{SHARES_BY_TIME, Shares};
use crate::domain::thing::object::AccessLevel;
use crate::domain::user::object::User;
use crate::domain::workspace::object::Workspace;
use crate::events::Cursor;
use crate::graphql::cell::Cell;
use crate::graphql::connection::{Connection, Listed, Total};
use crate::graphql::context::{CountUnder, RequestContext, Under, cx};
use crate::graphql::id::WireId;
use crate::graphql::paging::Paging;
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::DateTime;

pub use inputs::{ConversationFilter, ConversationOrder, ConversationOrderField};
pub use participant::Participant;

/// Where a conversation stands in its owner's life.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "conversation::Status")]
pub enum ConversationStatus {
    /// In use.
    Active,
    /// Put aside; everything still works.
    Archived,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Conversation(pub Arc<conversation::Model>);

impl Listed for Conversation {
    const NAME: &'static str = "Conversation";
}

impl Columns for Conversation {
    fn column<'r>(&'r self, field: &'r Field) -> Option<Cell<'r>> {
        let row = &self.0;
        Some(match field.name.node.as_str() {
            "id" => Cell::id(row.id),
            "title" => row.title.as_deref().into(),
            "status" => Cell::name(ConversationStatus::from(row.status)),
            "archivedAt" => row.archived_at.into(),
            "deletedAt" => row.deleted_at.into(),
            "version" => row.version.into(),
            "createdAt" => row.created_at.into(),
            "updatedAt" => row.updated_at.into(),
            "lastActivityAt" => row.last_activity_at.into(),
            "messageCount" => row.message_count.into(),
            _ => return None,
        })
    }
}

impl From<conversation::Model> for Conversation {
    fn from(row: conversation::Model) -> Self {
        Self(Arc::new(row))
    }
}

impl Conversation {
    /// The end of the branch that the viewer reads.
    async fn leaf(&self, cx: &RequestContext) -> Result<Option<Arc<message::Model>>> {
        let chosen = match self.0.owner_id == cx.viewer()?.user {
            true => None,
            false => cx.load(Under { parent: self.0.id, args: Chosen }).await?,
        };
        match chosen.or(self.0.active_leaf_id) {
            Some(id) => Ok(cx.load(id).await?),
            None => Ok(None),
        }
    }
}

/// A tree of messages with one owner. Seen by its owner and by those it was shared with, and by nobody else.
#[Object]
impl Conversation {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// The title, 1 to 200 characters; null while nobody has given one.
    async fn title(&self) -> Option<&str> {
        self.0.title.as_deref()
    }

    /// Whether it is in use or put aside.
    async fn status(&self) -> ConversationStatus {
        self.0.status.into()
    }

    /// When it was put aside; null while it is in use.
    async fn archived_at(&self) -> Option<DateTime> {
        self.0.archived_at.map(DateTime::from)
    }

    /// When it was put into the trash; null while it is not there. Only the owner sees conversations in the trash.
    async fn deleted_at(&self) -> Option<DateTime> {
        self.0.deleted_at.map(DateTime::from)
    }

    /// Grows by one with each change of the conversation itself; messages do not count.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When the conversation itself was last changed; messages do not count.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// When the last message was appended, or the conversation made while there is none.
    async fn last_activity_at(&self) -> DateTime {
        self.0.last_activity_at.into()
    }

    /// A place among the conversation's events before anything in this answer was read: `conversationEvents` with it as
    /// `after` tells of everything that this answer does not show, and maybe again of what it shows already. Null in
    /// the answer to a sign-in.
    async fn event_cursor(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let horizon = cx(ctx).viewer()?.horizon;
        Ok(horizon.map(|horizon| Cursor::before(self.0.id, horizon).encode()))
    }

    /// The advisor that it is held with; null if there is none or the viewer may not see it.
    async fn advisor(&self, ctx: &Context<'_>) -> Result<Option<Row<Advisor>>> {
        match self.0.advisor_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Advisor).map(Row)),
            None => Ok(None),
        }
    }

    /// The workspace that holds it; null if none does or the viewer is no member there.
    async fn workspace(&self, ctx: &Context<'_>) -> Result<Option<Workspace>> {
        match self.0.workspace_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Workspace)),
            None => Ok(None),
        }
    }

    /// Who made it, and who alone deletes it.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        Ok(cx(ctx).load_or_known(self.0.owner_id).await?.map(User).map(Row))
    }

    /// What the viewer may do here; each level includes the ones before it. Operations need their permission besides.
    async fn viewer_access(&self, ctx: &Context<'_>) -> Result<Option<AccessLevel>> {
        let cx = cx(ctx);
        // Asked for owners too, so that a list costs the same whoever owns its rows.
        let share = cx.load(Under { parent: self.0.id, args: OwnShare }).await?;
        Ok(policy::level(&cx.viewer()?, &self.0, share))
    }

    /// How many messages there are in the whole tree. Kept, not counted.
    async fn message_count(&self) -> i32 {
        self.0.message_count
    }

    /// The message that was appended last, on whichever branch; null while there is none.
    async fn last_message(&self, ctx: &Context<'_>) -> Result<Option<Row<Message>>> {
        match self.0.last_message_id {
            Some(id) => Ok(cx(ctx).load_or_known(id).await?.map(Message).map(Row)),
            None => Ok(None),
        }
    }

    /// The end of the branch that the viewer reads: where they wrote or chose last (`selectBranch`), else where the owner
    /// did. Null while there is no message.
    async fn active_leaf(&self, ctx: &Context<'_>) -> Result<Option<Row<Message>>> {
        Ok(self.leaf(cx(ctx)).await?.map(Message).map(Row))
    }

    /// The branch that the viewer reads, from its root to `activeLeaf`, in the order of `depth`: `last: 20` shows its end.
    /// Costs what the page is long, however long the conversation is.
    async fn active_path(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Message>>> {
        let leaf = self.leaf(cx(ctx)).await?;
        Message::way(cx(ctx), leaf.as_deref(), Paging { first, after, last, before }).await.map(Some)
    }

    /// The conversation that it is a copy of; null if it is none, or the viewer does not see that.
    async fn forked_from(&self, ctx: &Context<'_>) -> Result<Option<Row<Conversation>>> {
        match self.0.forked_from_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Conversation).map(Row)),
            None => Ok(None),
        }
    }

    /// The last message of the branch that was copied; null for a copy of a whole tree, and where the viewer does not see it.
    async fn forked_from_message(&self, ctx: &Context<'_>) -> Result<Option<Row<Message>>> {
        match self.0.forked_from_message_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Message).map(Row)),
            None => Ok(None),
        }
    }

    /// The messages of the whole tree, in the order in which they were appended unless ordered otherwise.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which messages.")] filter: Option<MessageFilter>,
        #[graphql(desc = "In which order; as appended if not given.")] order_by: Option<MessageOrder>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Message>>> {
        let (cx, id) = (cx(ctx), self.0.id);
        let order = order_by.unwrap_or_default().order();
        let filter = filter.unwrap_or_default().parse()?;
        let window = Paging { first, after, last, before }.window(cx, order)?;
        let total = match filter.is_empty() {
            true => Total::Known(self.0.message_count.into()),
            false => {
                let filter = filter.clone();
                Total::later(move |cx| {
                    let key = CountUnder { parent: id, args: Messages(filter.clone()) };
                    Box::pin(async move { Ok(cx.load(key).await?.unwrap_or(0)) })
                })
            }
        };
        let slice = cx.load(Under { parent: id, args: InConversation { filter, window } }).await?;
        let slice = slice.unwrap_or_else(crate::database::keyset::Slice::empty);
        Ok(Some(Connection::new(slice, order, total, Message)))
    }

    /// To whom it was shared, oldest first. Those with the level MANAGE see all shares, everybody else their own and those
    /// that they gave.
    async fn shares(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Share>>> {
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, ThingId::from(self.0.id), paging, SHARES_BY_TIME, Shares, Share).await?)
    }

    /// Who takes part: the owner, those it was shared with, and the authors of its messages.
    async fn participants(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Participant>>> {
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.0.id, paging, PARTICIPANTS, Participants, Participant).await?)
    }
}
