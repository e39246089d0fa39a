//! The only source of time, and of the ids that are made of time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use uuid::{ContextV7, Timestamp, Uuid};

/// Tells the time: the system's, or in tests one that stands until it is moved.
#[derive(Clone)]
pub struct Clock {
    fixed: Option<Arc<Mutex<DateTime<Utc>>>>,
    order: Arc<Mutex<ContextV7>>,
}

impl Clock {
    pub fn system() -> Self {
        Self { fixed: None, order: Arc::new(Mutex::new(ContextV7::new())) }
    }

    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self { fixed: Some(Arc::new(Mutex::new(at))), ..Self::system() }
    }

    /// The present moment in whole microseconds, which is what the database keeps.
    pub fn now(&self) -> DateTime<Utc> {
        let now = match &self.fixed {
            Some(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
            None => Utc::now(),
        };
        now.trunc_subsecs(6)
    }

    /// Moves a fixed clock; the system's clock does not move for anybody.
    pub fn advance(&self, by: TimeDelta) {
        if let Some(at) = &self.fixed {
            *at.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }

    /// A new UUIDv7. Ids of one process grow in the order in which they were made, also within a millisecond.
    pub fn new_id(&self) -> Uuid {
        let now = self.now();
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        Uuid::new_v7(Timestamp::from_unix(&*order, seconds, now.timestamp_subsec_nanos()))
    }
}

/// Measures how long something takes; nothing but figures for people is made of it.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn milliseconds(self) -> f64 {
        self.0.elapsed().as_secs_f64() * 1000.0
    }
}

impl Default for Stopwatch {
    /// Starts now.
    fn default() -> Self {
        Self::start()
    }
}
