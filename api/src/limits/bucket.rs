//! One scope's budget as this process sees it. Pure: time comes in, nothing goes out.

use chrono::{DateTime, TimeDelta, Utc};

/// Sums of fractions may be off by this much; prices are whole.
const TOLERANCE: f64 = 1e-6;

/// How large a budget is and how fast it comes back.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Its name in the `RateLimit` headers.
    pub name: &'static str,
    /// Units that may be used at once.
    pub capacity: u32,
    /// Units that come back in a second.
    pub restore: u32,
}

impl Policy {
    /// Units that a process takes at a time.
    pub fn block(&self) -> f64 {
        f64::from(self.capacity) / 20.0
    }

    /// How long an empty budget takes to be full again.
    pub fn window(&self) -> u64 {
        u64::from(self.capacity.div_ceil(self.restore.max(1)))
    }

    /// Whole seconds until so many units are back, at least one.
    pub fn seconds_for(&self, units: f64) -> u64 {
        let seconds = ((units - TOLERANCE) / f64::from(self.restore.max(1))).ceil();
        // Neither negative nor beyond a document's price: the cast is exact.
        seconds.max(1.0) as u64
    }
}

/// The row of a budget as somebody has read it.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub used: f64,
    pub at: DateTime<Utc>,
    pub version: i64,
}

/// What is known of a budget, and what this process may spend of it without asking.
///
/// `used` is what all processes have been handed, as of the last time this one asked; it leaks. `leased` is the part of it
/// that is here and unspent. What has really been spent is `used - leased`, which cannot be less than nothing, so the
/// lease shrinks when `used` leaks below it: a block that is kept for long is worth no more than the budget itself.
#[derive(Clone, Debug)]
pub struct Bucket {
    policy: Policy,
    used: f64,
    leased: f64,
    at: DateTime<Utc>,
    /// Of the row, when it was last seen.
    version: i64,
    /// Since when the database says no.
    pub refused_at: Option<DateTime<Utc>>,
}

impl Bucket {
    pub fn new(policy: Policy, at: DateTime<Utc>) -> Self {
        Self { policy, used: 0.0, leased: 0.0, at, version: 0, refused_at: None }
    }

    /// The same as seen by somebody who holds nothing and reads what was used at some time.
    pub fn read(policy: Policy, used: f64, at: DateTime<Utc>) -> Self {
        Self { used, ..Self::new(policy, at) }
    }

    /// Lets time pass.
    pub fn leak(&mut self, now: DateTime<Utc>) {
        let passed = (now - self.at).max(TimeDelta::zero());
        let seconds = passed.num_microseconds().map_or(f64::MAX, |micros| micros as f64 / 1e6);
        self.used = (self.used - seconds * f64::from(self.policy.restore)).max(0.0);
        self.leased = self.leased.min(self.used);
        self.at = self.at.max(now);
    }

    fn left(&self) -> f64 {
        (f64::from(self.policy.capacity) - self.used + self.leased).clamp(0.0, f64::from(self.policy.capacity))
    }

    /// Whole units that may still be used.
    pub fn remaining(&self) -> u64 {
        (self.left() + TOLERANCE).floor() as u64
    }

    /// Whether a price is within what is left.
    pub fn affords(&self, price: f64) -> bool {
        self.left() + TOLERANCE >= price
    }

    /// Whole seconds until a price is within what is left.
    pub fn wait_for(&self, price: f64) -> u64 {
        self.policy.seconds_for(price - self.left())
    }

    /// Units that the lease lacks for a price; nothing if it suffices.
    pub fn lacks(&self, price: f64) -> Option<f64> {
        (self.leased + TOLERANCE < price).then_some(price - self.leased)
    }

    /// Pays from the lease.
    pub fn pay(&mut self, price: f64) {
        self.leased = (self.leased - price).max(0.0);
    }

    /// What was paid too much comes back, unless it has leaked meanwhile.
    pub fn refund(&mut self, units: f64) {
        self.leased = (self.leased + units).min(self.used);
    }

    /// Unspent units beyond a block, which others should have.
    pub fn excess(&self) -> f64 {
        (self.leased - self.policy.block()).max(0.0)
    }

    /// The database's word: what all have used, and what was handed to or taken from this process.
    pub fn settle(&mut self, used: f64, granted: f64, version: i64) {
        self.version = version;
        self.leased = (self.leased + granted).max(0.0);
        self.used = used.max(self.leased);
    }

    /// What somebody has read of the row, unless something newer is known.
    pub fn learn(&mut self, seen: Seen) {
        if seen.version > self.version {
            let mut row = Self::read(self.policy, seen.used, seen.at);
            row.leak(self.at);
            self.version = seen.version;
            self.used = row.used.max(self.leased);
        }
    }

    /// Takes units on this process's own account, when there is no database to ask. False if there are not so many.
    pub fn take(&mut self, units: f64) -> bool {
        let enough = self.used + units <= f64::from(self.policy.capacity) + TOLERANCE;
        if enough {
            self.used += units;
            self.leased += units;
        }
        enough
    }
}
