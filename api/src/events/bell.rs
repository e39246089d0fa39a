//! The bell: tells those who wait for something that it is worth looking at the outbox again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sea_orm::DatabaseConnection;
use tokio::sync::Notify;
use uuid::Uuid;

use super::between::Between;

/// Whom a commit concerns.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Call {
    /// Those who wait for one of these things: conversations, users, sessions.
    About(Vec<Uuid>),
    /// Everybody: what changed may touch anyone, as a role does.
    Everybody,
}

/// One for each process. Ringing never waits and never fails.
pub struct Bell {
    ears: Ears,
    between: Arc<Between>,
}

/// Those who wait, by what they wait for, and those who are told of everything.
#[derive(Clone, Default)]
pub(super) struct Ears {
    waiting: Arc<Mutex<HashMap<Uuid, Vec<Arc<Notify>>>>>,
    told: Arc<OnceLock<Told>>,
}

type Told = Box<dyn Fn(&Call) + Send + Sync>;

impl Bell {
    /// A bell for the processes that share this database. Nothing is connected until somebody rings or listens.
    pub fn new(db: &DatabaseConnection) -> Self {
        let ears = Ears::default();
        Self { between: Arc::new(Between::new(db, ears.clone())), ears }
    }

    /// Wakes those whom a commit concerns, here and in the other processes. Call it after the commit.
    pub fn ring(&self, call: Call) {
        self.ears.wake(&call);
        self.between.tell(call);
    }

    /// From now on hears every ring about one of `topics`.
    pub fn listen(&self, topics: impl IntoIterator<Item = Uuid>) -> Ear {
        self.between.hear();
        let ear = Ear { topics: topics.into_iter().collect(), rung: Arc::default(), ears: self.ears.clone() };
        let mut ears = self.ears.lock();
        for topic in &ear.topics {
            ears.entry(*topic).or_default().push(ear.rung.clone());
        }
        ear
    }

    /// From now on `told` is called at every ring, here and from other processes, before anybody wakes. There is one such
    /// listener.
    pub fn tell(&self, told: impl Fn(&Call) + Send + Sync + 'static) {
        self.between.hear();
        self.ears.told.get_or_init(|| Box::new(told));
    }

    /// Gives the connections back; nothing is heard from other processes any more.
    pub async fn close(&self) {
        self.between.close().await;
    }
}

impl Ears {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Vec<Arc<Notify>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wake(&self, call: &Call) {
        if let Some(told) = self.told.get() {
            told(call);
        }
        let ears = self.lock();
        match call {
            Call::About(topics) => {
                topics.iter().filter_map(|topic| ears.get(topic)).flatten().for_each(|rung| rung.notify_one());
            }
            Call::Everybody => ears.values().flatten().for_each(|rung| rung.notify_one()),
        }
    }
}

/// Somebody who listens. What rang while nobody waited is remembered as one ring.
pub struct Ear {
    topics: Vec<Uuid>,
    rung: Arc<Notify>,
    ears: Ears,
}

impl Ear {
    /// Waits until the bell has rung since the last time this returned.
    pub async fn heard(&self) {
        self.rung.notified().await;
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let mut ears = self.ears.lock();
        for topic in &self.topics {
            if let Some(others) = ears.get_mut(topic) {
                others.retain(|rung| !Arc::ptr_eq(rung, &self.rung));
                if others.is_empty() {
                    ears.remove(topic);
                }
            }
        }
    }
}
