//! How processes wake each other: PostgreSQL's `LISTEN` and `NOTIFY`, beside the writing transactions.
//!
//! A `NOTIFY` inside a transaction takes one lock for the whole database at commit, so writers would commit one after
//! the other. Here it is sent after the commit, by a task, at most once in [`PAUSE`], on a connection of its own. If the
//! process dies in between, or a listener loses its connection, nothing is lost but time: who waits looks again every
//! [`BLIND_LOOK`] without a listener, and every [`LOOKS`]th time of that with one.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sea_orm::DatabaseConnection;
use sea_orm::sqlx::postgres::{PgListener, PgPoolOptions};
use sea_orm::sqlx::{self, PgPool};
use tokio::sync::watch;
use uuid::Uuid;

use super::bell::{Call, Ears};
use super::outbox::{self, CHANNEL};

/// Between two notifications of one process.
const PAUSE: Duration = Duration::from_millis(10);
/// Between two looks without a listener.
const BLIND_LOOK: Duration = Duration::from_secs(2);
/// Every so many of those one looks although there is a listener.
const LOOKS: u32 = 10;
/// Between two attempts to listen: from the first to the last, doubling.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// Topics of one notification: its payload has less than 8,000 bytes.
const MOST_TOPICS: usize = 200;
/// The payload's word for everybody.
const EVERYBODY: &str = "*";

pub(super) struct Between {
    /// Names this process in what it sends, so that it does not wake itself twice.
    name: String,
    /// One connection to listen, one to tell.
    pool: PgPool,
    ears: Ears,
    outgoing: Mutex<Outgoing>,
    listening: AtomicBool,
    begun: AtomicBool,
    closed: watch::Sender<bool>,
}

#[derive(Default)]
struct Outgoing {
    topics: HashSet<Uuid>,
    everybody: bool,
    /// A task is at it.
    under_way: bool,
}

impl Outgoing {
    /// The words after the sender's name; nothing if there is nothing to tell.
    fn take(&mut self) -> Option<String> {
        let topics = std::mem::take(&mut self.topics);
        if std::mem::take(&mut self.everybody) || topics.len() > MOST_TOPICS {
            return Some(EVERYBODY.to_owned());
        }
        let words: Vec<String> = topics.iter().map(|topic| topic.simple().to_string()).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }
}

/// What a payload says, unless `own` sent it.
fn read(own: &str, payload: &str) -> Option<Call> {
    let (sender, words) = payload.split_once(' ')?;
    if sender == own {
        return None;
    }
    let topics: Result<Vec<Uuid>, _> = words.split(' ').map(Uuid::try_parse).collect();
    Some(topics.map_or(Call::Everybody, Call::About))
}

impl Between {
    pub(super) fn new(db: &DatabaseConnection, ears: Ears) -> Self {
        let options = (*db.get_postgres_connection_pool().connect_options()).clone();
        let pool = PgPoolOptions::new().max_connections(2).acquire_timeout(BLIND_LOOK).connect_lazy_with(options);
        Self {
            name: format!("{:016x}", rand::random::<u64>()),
            pool,
            ears,
            outgoing: Mutex::default(),
            listening: AtomicBool::new(false),
            begun: AtomicBool::new(false),
            closed: watch::Sender::new(false),
        }
    }

    fn outgoing(&self) -> std::sync::MutexGuard<'_, Outgoing> {
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the other processes, soon.
    pub(super) fn tell(self: &Arc<Self>, call: Call) {
        let mut outgoing = self.outgoing();
        match call {
            Call::Everybody => outgoing.everybody = true,
            Call::About(topics) => outgoing.topics.extend(topics),
        }
        if !std::mem::replace(&mut outgoing.under_way, true) {
            tokio::spawn(self.clone().send());
        }
    }

    async fn send(self: Arc<Self>) {
        loop {
            let words = {
                let mut outgoing = self.outgoing();
                let words = outgoing.take();
                outgoing.under_way = words.is_some();
                words
            };
            let Some(words) = words else { return };
            if let Err(cause) = outbox::notify(&self.pool, &format!("{} {words}", self.name)).await
                && !self.pool.is_closed()
            {
                tracing::warn!(%cause, "other processes could not be told of a change; they will look for themselves");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Begins to listen, if that has not happened yet.
    pub(super) fn hear(self: &Arc<Self>) {
        if !self.begun.swap(true, Ordering::Relaxed) {
            tokio::spawn(self.clone().until_closed());
        }
    }

    pub(super) async fn close(&self) {
        self.closed.send_replace(true);
        self.pool.close().await;
    }

    async fn until_closed(self: Arc<Self>) {
        let mut closed = self.closed.subscribe();
        tokio::select! {
            // The sender lives as long as this task.
            _ = closed.wait_for(|closed| *closed) => {}
            () = self.listen() => {}
            () = self.look() => {}
        }
    }

    async fn listen(&self) {
        let mut pause = RETRY.0;
        loop {
            let lost = self.receive(&mut pause).await;
            self.listening.store(false, Ordering::Relaxed);
            let Err(cause) = lost;
            tracing::warn!(%cause, "not listening to other processes; looking every two seconds");
            tokio::time::sleep(pause).await;
            pause = RETRY.1.min(pause * 2);
        }
    }

    async fn receive(&self, pause: &mut Duration) -> Result<std::convert::Infallible, sqlx::Error> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(CHANNEL).await?;
        self.listening.store(true, Ordering::Relaxed);
        *pause = RETRY.0;
        // Whatever was said before.
        self.ears.wake(&Call::Everybody);
        loop {
            match listener.try_recv().await? {
                Some(said) => {
                    if let Some(call) = read(&self.name, said.payload()) {
                        self.ears.wake(&call);
                    }
                }
                // The connection was lost and is there again.
                None => self.ears.wake(&Call::Everybody),
            }
        }
    }

    async fn look(&self) {
        for tick in 1_u32.. {
            tokio::time::sleep(BLIND_LOOK).await;
            if tick.is_multiple_of(LOOKS) || !self.listening.load(Ordering::Relaxed) {
                self.ears.wake(&Call::Everybody);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_says_who_and_fits() {
        let topics: Vec<Uuid> = (0..MOST_TOPICS as u128).map(Uuid::from_u128).collect();
        let mut outgoing = Outgoing { topics: topics.iter().copied().collect(), ..Outgoing::default() };
        let payload = format!("0123456789abcdef {}", outgoing.take().unwrap());
        assert!(payload.len() < 8000, "{}", payload.len());
        let Some(Call::About(mut read_back)) = read("another", &payload) else { panic!("{payload}") };
        read_back.sort();
        assert_eq!(read_back, topics);
        assert_eq!(read("0123456789abcdef", &payload), None);
        assert_eq!(outgoing.take(), None);
        outgoing.topics = (0..=MOST_TOPICS as u128).map(Uuid::from_u128).collect();
        assert_eq!(outgoing.take().as_deref(), Some(EVERYBODY));
        assert_eq!(read("another", "me *"), Some(Call::Everybody));
        assert_eq!(read("another", "me something newer"), Some(Call::Everybody));
    }
}
