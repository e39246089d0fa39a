//! The GraphQL types of conversations.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use entity::id::UserId;
use entity::{conversation, participant};
use serde::{Deserialize, Serialize};

use super::loader::{OwnShare, Participants};
use super::policy::{self, AccessLevel};
use super::rows::{BY_ACTIVITY, BY_CREATED, BY_TITLE, Filter, PARTICIPANTS};
use crate::database::keyset::Order;
use crate::domain::message::object::{Message, MessageFilter, MessageOrder};
use crate::domain::message::rows::{InConversation, Messages};
use crate::domain::share::object::Share;
use crate::domain::share::rows::{SHARES_BY_TIME, Shares};
use crate::domain::user::object::User;
use crate::graphql::connection::{Connection, Listed, Total};
use crate::graphql::context::{CountUnder, Under, cx};
use crate::graphql::id::WireId;
use crate::graphql::paging::{OrderDirection, Paging};
use crate::graphql::scalars::DateTime;

/// Where a conversation stands in its owner's life.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "conversation::Status")]
pub enum ConversationStatus {
    /// In use.
    Active,
    /// Put aside; everything still works.
    Archived,
}

/// Which conversations; what is left out does not narrow.
#[derive(Clone, Default, InputObject)]
pub struct ConversationFilter {
    /// Those in this state.
    status: Option<ConversationStatus>,
    /// Those of this owner: one's own with one's own id, somebody's shared ones with theirs.
    owner_id: Option<ID>,
    /// True for the conversations in one's trash, false for all others.
    #[graphql(default)]
    in_trash: bool,
    /// Those made at this moment or later.
    created_from: Option<DateTime>,
    /// Those made before this moment.
    created_before: Option<DateTime>,
    /// Those with activity at this moment or later.
    active_from: Option<DateTime>,
    /// Those whose last activity was before this moment.
    active_before: Option<DateTime>,
}

impl ConversationFilter {
    pub fn parse(self) -> crate::error::Result<Filter> {
        Ok(Filter {
            status: self.status.map(conversation::Status::from),
            owner: self.owner_id.map(|id| UserId::argument("filter.ownerId", &id)).transpose()?,
            in_trash: self.in_trash,
            created_from: self.created_from.map(|at| at.0),
            created_before: self.created_before.map(|at| at.0),
            active_from: self.active_from.map(|at| at.0),
            active_before: self.active_before.map(|at| at.0),
        })
    }
}

/// What conversations can be ordered by.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
pub enum ConversationOrderField {
    /// The moment of the last message, or of creation while there is none.
    LastActivity,
    /// The moment of creation.
    CreatedAt,
    /// The title as the database compares text; conversations without one count as empty.
    Title,
}

/// An order of conversations.
#[derive(InputObject)]
pub struct ConversationOrder {
    /// What to order by.
    field: ConversationOrderField,
    /// Which end comes first.
    direction: OrderDirection,
}

impl Default for ConversationOrder {
    fn default() -> Self {
        Self { field: ConversationOrderField::LastActivity, direction: OrderDirection::Desc }
    }
}

impl ConversationOrder {
    pub fn order(&self) -> Order<conversation::Model> {
        let order = match self.field {
            ConversationOrderField::LastActivity => BY_ACTIVITY,
            ConversationOrderField::CreatedAt => BY_CREATED,
            ConversationOrderField::Title => BY_TITLE,
        };
        Order { descending: self.direction == OrderDirection::Desc, ..order }
    }
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Conversation(pub Arc<conversation::Model>);

impl Listed for Conversation {
    const NAME: &'static str = "Conversation";
}

impl From<conversation::Model> for Conversation {
    fn from(row: conversation::Model) -> Self {
        Self(Arc::new(row))
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

    /// Who made it, and who alone shares and deletes it.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        Ok(cx(ctx).load(self.0.owner_id).await?.map(User))
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
    async fn last_message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
        match self.0.last_message_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Message)),
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

    /// To whom it was shared, oldest first. The owner sees all shares, everybody else only their own.
    async fn shares(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Share>>> {
        let (cx, id) = (cx(ctx), self.0.id);
        let window = Paging { first, after, last, before }.window(cx, SHARES_BY_TIME)?;
        let slice = cx.page_under(id, window).await?;
        let total = Total::later(move |cx| {
            Box::pin(async move { Ok(cx.load(CountUnder { parent: id, args: Shares }).await?.unwrap_or(0)) })
        });
        Ok(Some(Connection::new(slice, SHARES_BY_TIME, total, Share)))
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
        let (cx, id) = (cx(ctx), self.0.id);
        let window = Paging { first, after, last, before }.window(cx, PARTICIPANTS)?;
        let slice = cx.page_under(id, window).await?;
        let total = Total::later(move |cx| {
            Box::pin(async move { Ok(cx.load(CountUnder { parent: id, args: Participants }).await?.unwrap_or(0)) })
        });
        Ok(Some(Connection::new(slice, PARTICIPANTS, total, Participant)))
    }
}

#[derive(Clone)]
pub struct Participant(pub Arc<participant::Model>);

impl Listed for Participant {
    const NAME: &'static str = "Participant";
}

/// Somebody who takes part in a conversation, and why.
#[Object]
impl Participant {
    /// Who it is.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        Ok(cx(ctx).load(self.0.user_id).await?.map(User))
    }

    /// Whether they own the conversation.
    async fn is_owner(&self) -> bool {
        self.0.is_owner
    }

    /// Whether it is shared with them.
    async fn is_grantee(&self) -> bool {
        self.0.is_grantee
    }

    /// Whether they wrote in it; stays when the share is taken back.
    async fn is_author(&self) -> bool {
        self.0.is_author
    }
}
