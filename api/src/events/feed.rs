//! The events of one conversation, one after the other, for as long as somebody asks.

use std::collections::VecDeque;
use std::time::Duration;

use entity::id::ConversationId;
use uuid::Uuid;

use super::bell::{Bell, Ear};
use super::cursor::Cursor;
use super::outbox::{self, Event, Since};
use crate::database::Reader;
use crate::error::{Error, Result};

/// Between two looks at an event that waits for an older transaction to end: from the first to the last, doubling.
const HELD: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(250));
/// After the database could not be reached.
const AWAY: Duration = Duration::from_secs(1);

/// A reader of the outbox. It holds one page of rows at most, and reads the next when that is used up.
pub struct Feed {
    db: Reader,
    ear: Ear,
    place: Cursor,
    since: Option<Since>,
    page: VecDeque<Event>,
}

/// What a feed comes back with.
#[derive(Debug)]
pub enum Step {
    /// The next event, of whatever kind.
    Event(Event),
    /// The bell rang and nothing has been read yet: time to ask whether the reader may still listen.
    Rung,
}

impl Feed {
    /// Everything after the cursor; without one, what is committed from now on. Besides the conversation the bell is
    /// heard about `topics`.
    pub async fn open(
        bell: &Bell,
        db: Reader,
        conversation: ConversationId,
        after: Option<Cursor>,
        topics: impl IntoIterator<Item = Uuid>,
    ) -> Result<Self> {
        // Before the first look, so that nothing rings unheard between the look and the wait.
        let ear = bell.listen(topics.into_iter().chain([conversation.0]));
        let (place, since) = match after {
            Some(cursor) => (cursor, None),
            None => {
                let (cursor, since) = outbox::present(&db, conversation).await?;
                (cursor, Some(since))
            }
        };
        Ok(Self { db, ear, place, since, page: VecDeque::new() })
    }

    /// Waits for the next event, or for a ring. A database that is away is waited for.
    pub async fn next(&mut self) -> Result<Step> {
        let mut pause = HELD.0;
        loop {
            if let Some(event) = self.page.pop_front() {
                self.place = event.cursor;
                return Ok(Step::Event(event));
            }
            let page = match outbox::page(&self.db, &self.place, self.since.as_ref()).await {
                Ok(page) => page,
                Err(Error::Unavailable | Error::Timeout) => {
                    tokio::time::sleep(AWAY).await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            self.page = page.events.into();
            if !self.page.is_empty() {
                continue;
            }
            if !page.held {
                self.ear.heard().await;
                return Ok(Step::Rung);
            }
            // The end of that transaction rings no bell here.
            tokio::select! {
                () = self.ear.heard() => {}
                () = tokio::time::sleep(pause) => pause = HELD.1.min(pause * 2),
            }
        }
    }
}
