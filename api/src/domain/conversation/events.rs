//! The subscription to a conversation: what happens in it, for as long as one may know of it.

use async_graphql::{Context, Enum, ID, Object, Result, Subscription};
use entity::id::{ConversationId, MessageId, ToolCallId};
use futures_util::stream::{self, Stream};

use super::object::Conversation;
use super::watch::Watch;
use crate::access::Permission;
use crate::domain::message::object::Message;
use crate::domain::tool_call::object::ToolCall;
use crate::domain::user::object::User;
use crate::error::Error;
use crate::events::{Cursor, Event, Feed, Step};
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::id::WireId;
use crate::graphql::scalars::DateTime;

/// What happened.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
pub enum ConversationEventKind {
    /// Somebody appended a message.
    MessageAdded,
    /// Somebody edited a message, or removed it while what is below it stayed, or its `status` changed.
    MessageChanged,
    /// Somebody removed a message with everything below it: ask for `activePath` again.
    MessageDeleted,
    /// Somebody recorded a tool call.
    ToolCallAdded,
    /// A tool call was approved or rejected, went on, or is over.
    ToolCallChanged,
}

/// Which changes are told of, by the action that is recorded, and as what.
const KINDS: &[(&str, ConversationEventKind)] = &[
    ("message.append", ConversationEventKind::MessageAdded),
    ("message.branch", ConversationEventKind::MessageAdded),
    ("message.begin", ConversationEventKind::MessageAdded),
    ("message.edit", ConversationEventKind::MessageChanged),
    ("message.empty", ConversationEventKind::MessageChanged),
    ("message.finish", ConversationEventKind::MessageChanged),
    ("message.cancel", ConversationEventKind::MessageChanged),
    ("message.continue", ConversationEventKind::MessageChanged),
    ("message.interrupt", ConversationEventKind::MessageChanged),
    ("message.delete", ConversationEventKind::MessageDeleted),
    ("tool_call.record", ConversationEventKind::ToolCallAdded),
    ("tool_call.approve", ConversationEventKind::ToolCallChanged),
    ("tool_call.reject", ConversationEventKind::ToolCallChanged),
    ("tool_call.start", ConversationEventKind::ToolCallChanged),
    ("tool_call.cancel", ConversationEventKind::ToolCallChanged),
    ("tool_call.result", ConversationEventKind::ToolCallChanged),
];

impl ConversationEventKind {
    /// Nothing for changes that this subscription does not tell of.
    fn of(event: &Event) -> Option<Self> {
        KINDS.iter().find(|(action, _)| *action == event.kind).map(|(_, kind)| *kind)
    }

    /// Whether the subject of the event is a tool call.
    fn is_of_tool_call(self) -> bool {
        matches!(self, Self::ToolCallAdded | Self::ToolCallChanged)
    }
}

/// Something that happened in a conversation.
pub struct ConversationEvent {
    kind: ConversationEventKind,
    event: Event,
}

/// Something that happened in a conversation. The things it names are shown as they are when the event is delivered,
/// which may be later than the change.
#[Object]
impl ConversationEvent {
    /// The place of this event; opaque. Given as `after` it brings everything since, in order and once. Keep the one of
    /// the last event that you have dealt with.
    async fn cursor(&self) -> String {
        self.event.cursor.encode()
    }

    /// What happened.
    async fn kind(&self) -> ConversationEventKind {
        self.kind
    }

    /// When it happened.
    async fn at(&self) -> DateTime {
        DateTime(self.event.at)
    }

    /// Who did it; null if that was nobody with an account.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match self.event.actor {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User)),
            None => Ok(None),
        }
    }

    /// The id of the message or tool call that it happened to, also when that is gone.
    async fn subject_id(&self) -> ID {
        match self.kind.is_of_tool_call() {
            true => ToolCallId(self.event.subject).encode(),
            false => MessageId(self.event.subject).encode(),
        }
    }

    /// The message that it happened to, or that asked for the tool; null if it is gone by now.
    async fn message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
        let id = match self.kind.is_of_tool_call() {
            true => self.call(ctx).await?.map(|call| call.0.message_id),
            false => Some(MessageId(self.event.subject)),
        };
        match id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Message)),
            None => Ok(None),
        }
    }

    /// The tool call that it happened to; null if it is gone by now, and for events of messages.
    async fn tool_call(&self, ctx: &Context<'_>) -> Result<Option<ToolCall>> {
        match self.kind.is_of_tool_call() {
            true => self.call(ctx).await,
            false => Ok(None),
        }
    }

    /// The conversation that it happened in.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Option<Conversation>> {
        Ok(cx(ctx).load(self.event.cursor.conversation()).await?.map(Conversation))
    }
}

impl ConversationEvent {
    async fn call(&self, ctx: &Context<'_>) -> Result<Option<ToolCall>> {
        Ok(cx(ctx).load(ToolCallId(self.event.subject)).await?.map(ToolCall))
    }
}

#[derive(Default)]
pub struct ConversationSubscription;

#[Subscription]
impl ConversationSubscription {
    /// What happens in a conversation: messages added, changed and removed, tool calls added and changed. With `after` first
    /// everything since that place, in
    /// order and once; without it what happens from now on. To load a conversation and miss nothing after that, take
    /// its `eventCursor`. Whether the viewer may know of it is asked again for each
    /// event: the stream ends with `FORBIDDEN` or `NOT_FOUND` when that is over, and with `UNAUTHENTICATED` when the
    /// session is. Needs `conversations:read`.
    #[graphql(guard = "Requires(Permission::ConversationsRead)", directive = requiresPermission::apply(Permission::ConversationsRead))]
    async fn conversation_events<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(desc = "The conversation's id, beginning with conv_.")] conversation_id: ID,
        #[graphql(desc = "The cursor of the last event that is known already, or the conversation's `eventCursor`.")]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<Option<ConversationEvent>>> + 'c> {
        let watch = Watch { cx: cx(ctx), conversation: ConversationId::argument("conversationId", &conversation_id)? };
        let after = match after {
            Some(text) => Some(
                Cursor::parse(watch.conversation, &text)
                    .ok_or_else(|| Error::invalid("after", "This is not a cursor of this conversation's events."))?,
            ),
            None => None,
        };
        watch.check().await?;
        let resumes = after.is_some();
        let feed = watch.open(after).await?;
        if resumes {
            watch.cx.app.metrics.resumed();
        }
        watch.cx.live.begin();
        Ok(stream::unfold((watch, Some(feed)), async |(watch, feed)| {
            let mut feed = feed?;
            match watch.next(&mut feed).await {
                Ok(event) => Some((Ok(Some(event)), (watch, Some(feed)))),
                Err(error) => {
                    watch.cx.live.end(error.clone());
                    Some((Err(error.into()), (watch, None)))
                }
            }
        }))
    }
}

/// Following a conversation's events.
impl Watch<'_> {
    async fn open(&self, after: Option<Cursor>) -> crate::error::Result<Feed> {
        let topics = self.cx.viewer()?.topics();
        Feed::open(&self.cx.app.bell, self.cx.db.clone(), self.conversation, after, topics).await
    }

    /// The next event to tell of. Asked after every step, also after those that bring no such event: a share that is
    /// taken back is an event of the conversation, and the end of a session rings.
    async fn next(&self, feed: &mut Feed) -> crate::error::Result<ConversationEvent> {
        loop {
            let step = feed.next().await?;
            match self.check().await {
                // As in the feed: what cannot be asked now is asked again, and nothing is told meanwhile.
                Err(Error::Unavailable | Error::Timeout) => self.check_patiently().await?,
                checked => checked?,
            }
            let Step::Event(event) = step else { continue };
            if let Some(kind) = ConversationEventKind::of(&event) {
                return Ok(ConversationEvent { kind, event });
            }
        }
    }

    async fn check_patiently(&self) -> crate::error::Result<()> {
        loop {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            match self.check().await {
                Err(Error::Unavailable | Error::Timeout) => {}
                checked => return checked,
            }
        }
    }
}
