//! The subscription to a message that is being written.

use std::time::Duration;

use async_graphql::{Context, ID, Object, Result, Subscription};
use entity::id::MessageId;
use entity::message::Status;
use futures_util::stream::{self, Stream};

use super::rows;
use crate::access::Permission;
use crate::domain::conversation::watch::Watch;
use crate::domain::message::object::{Message, MessageStatus};
use crate::error::Error;
use crate::events::Ear;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::id::WireId;

/// After the database could not be reached.
const AWAY: Duration = Duration::from_secs(1);

/// What there is to read of a message that is being written.
pub struct MessageStreamEvent {
    message: MessageId,
    text: String,
    is_snapshot: bool,
    sequence: i32,
    status: Status,
}

/// What there is to read of a message that is being written: the text so far, or what has been added to it.
#[Object]
impl MessageStreamEvent {
    /// The text: all of it if `isSnapshot`, in place of what was read before; else what follows that.
    async fn text(&self) -> &str {
        &self.text
    }

    /// Whether `text` is the whole text so far.
    async fn is_snapshot(&self) -> bool {
        self.is_snapshot
    }

    /// The number of the last piece in it. Given as `after` it brings what follows; 0 before the first piece, and for a
    /// message that was not written piece by piece.
    async fn sequence(&self) -> i32 {
        self.sequence
    }

    /// Where the message is: with COMPLETE and CANCELLED this is the last event; after INTERRUPTED there may be more.
    async fn status(&self) -> MessageStatus {
        self.status.into()
    }

    /// The message; null if it is gone by now.
    async fn message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
        Ok(cx(ctx).load(self.message).await?.map(Message))
    }
}

#[derive(Default)]
pub struct StreamSubscription;

#[Subscription]
impl StreamSubscription {
    /// A message as it is written: first the text so far, or with `after` what follows that piece, then every piece once and
    /// in order, several of them in one event where the reader is slower than the writer. Ends when the message is
    /// COMPLETE or CANCELLED. Whether the viewer may read it is asked again for each event: the stream ends with
    /// `FORBIDDEN` or `NOT_FOUND` when that is over, and with `UNAUTHENTICATED` when the session is. Needs
    /// `conversations:read`.
    #[graphql(guard = "Requires(Permission::ConversationsRead)", directive = requiresPermission::apply(Permission::ConversationsRead))]
    async fn message_stream<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(desc = "The message's id, beginning with msg_.")] message_id: ID,
        #[graphql(desc = "The `sequence` of the last event that is known already.")] after: Option<i32>,
    ) -> Result<impl Stream<Item = Result<Option<MessageStreamEvent>>> + 'c> {
        let cx = cx(ctx);
        let message = MessageId::argument("messageId", &message_id)?;
        if after.is_some_and(|after| after < 0) {
            return Err(Error::invalid("after", "Not below 0.").into());
        }
        let row = cx.load(message).await?.ok_or(Error::NotFound)?;
        let watch = Watch { cx, conversation: row.conversation_id };
        // Before the first look, so that nothing rings unheard between the look and the wait.
        let ear = watch.listen()?;
        cx.live.begin();
        let reader = Reader { watch, ear, message, known: after, told: None };
        Ok(stream::unfold(Some(reader), async |reader| {
            let mut reader = reader?;
            match reader.next().await {
                Ok(Some(event)) => Some((Ok(Some(event)), Some(reader))),
                Ok(None) => None,
                Err(error) => {
                    reader.watch.cx.live.end(error.clone());
                    Some((Err(error.into()), None))
                }
            }
        }))
    }
}

/// Somebody who reads along.
struct Reader<'c> {
    watch: Watch<'c>,
    ear: Ear,
    message: MessageId,
    /// The last piece that is known.
    known: Option<i32>,
    /// The status that was told last.
    told: Option<Status>,
}

impl Reader<'_> {
    /// What there is to tell next; nothing once the end has been told.
    async fn next(&mut self) -> crate::error::Result<Option<MessageStreamEvent>> {
        if matches!(self.told, Some(Status::Complete | Status::Cancelled)) {
            return Ok(None);
        }
        loop {
            match self.look().await {
                Ok(Some(event)) => {
                    self.known = Some(event.sequence);
                    self.told = Some(event.status);
                    return Ok(Some(event));
                }
                Ok(None) => self.ear.heard().await,
                // What cannot be asked now is asked again, and nothing is told meanwhile.
                Err(Error::Unavailable | Error::Timeout) => tokio::time::sleep(AWAY).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// What is new, if anything is.
    async fn look(&self) -> crate::error::Result<Option<MessageStreamEvent>> {
        self.watch.check().await?;
        let db = &self.watch.cx.db;
        if let Some(known) = self.known
            && let Some(next) = rows::next(db, self.message, known).await?
            && let Some(text) = next.text
        {
            let is_new = !text.is_empty() || self.told != Some(next.status);
            let sequence = next.state.next_sequence - 1;
            return Ok(is_new.then_some(MessageStreamEvent {
                message: self.message,
                text,
                is_snapshot: false,
                sequence,
                status: next.status,
            }));
        }
        let (text, sequence, status) = rows::whole(db, self.message).await?.ok_or(Error::NotFound)?;
        Ok(Some(MessageStreamEvent { message: self.message, text, is_snapshot: true, sequence, status }))
    }
}
