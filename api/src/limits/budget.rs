//! Budgets across processes: who may spend how much, with the database asked once a block.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use lru::LruCache;
use sea_orm::DatabaseConnection;
use uuid::Uuid;

use super::bill::{Bill, Denial};
use super::bucket::{Bucket, Policy, Seen};
use super::rows::{self, Asked};
use crate::auth::Actor;
use crate::clock::Clock;
use crate::config;
use crate::telemetry::{Metrics, Step};

/// Scopes that a process keeps in mind. One that is forgotten loses an unspent block.
const SCOPES: usize = 50_000;
/// How long a lease may take before the process goes on by itself.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long it then does not ask again.
const ON_ITS_OWN: TimeDelta = TimeDelta::seconds(5);
/// After the database has said no, it is not asked again so soon.
const REFUSED_FOR: TimeDelta = TimeDelta::seconds(1);

/// Whose budget it is.
#[derive(Clone, Debug)]
pub struct Scope {
    key: String,
    signed_in: bool,
    /// What was read of its row at the beginning of the request.
    seen: Option<Seen>,
}

impl Scope {
    /// That of the API key, else the user's if there is one, else that of the network address.
    pub fn of(actor: &Actor, address: Option<IpAddr>) -> Self {
        match actor {
            Actor::User(principal) => {
                let key = match principal.key() {
                    Some(key) => format!("key:{}", key.0),
                    None => format!("user:{}", principal.user.0),
                };
                Self { key, signed_in: true, seen: principal.budget }
            }
            Actor::Anonymous => Self { key: format!("address:{}", network(address)), signed_in: false, seen: None },
        }
    }
}

/// The address itself; of an IPv6 one the half that names a network, as everybody has billions of the rest.
fn network(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// The budgets of all who ask this process.
pub struct Budgets {
    db: DatabaseConnection,
    clock: Clock,
    process: Uuid,
    user: Policy,
    anonymous: Policy,
    document_limit: u32,
    known: Mutex<LruCache<String, Arc<tokio::sync::Mutex<Bucket>>>>,
    alone_until: Mutex<Option<DateTime<Utc>>>,
    metrics: Arc<Metrics>,
}

impl Budgets {
    pub fn new(settings: &config::Budgets, db: DatabaseConnection, clock: Clock, metrics: Arc<Metrics>) -> Self {
        let user = Policy { name: "user", capacity: settings.cost_budget, restore: settings.cost_restore };
        let anonymous = Policy {
            name: "address",
            capacity: settings.anonymous_cost_budget,
            restore: settings.anonymous_cost_restore,
        };
        let process = clock.new_id();
        let known = Mutex::new(LruCache::new(NonZeroUsize::new(SCOPES).unwrap_or(NonZeroUsize::MIN)));
        let document_limit = settings.cost_limit;
        Self { db, clock, process, user, anonymous, document_limit, known, alone_until: Mutex::default(), metrics }
    }

    fn policy(&self, scope: &Scope) -> Policy {
        if scope.signed_in { self.user } else { self.anonymous }
    }

    /// The highest price that anybody with this budget can ever pay.
    pub fn highest(&self, scope: &Scope) -> u64 {
        self.document_limit.min(self.policy(scope).capacity).into()
    }

    /// Pays a price, or says why not. Nothing is paid by who is denied.
    pub async fn pay(&self, scope: &Scope, price: u64) -> Result<Bill, Denial> {
        let policy = self.policy(scope);
        let bucket = self.bucket(scope, policy);
        let mut bucket = bucket.lock().await;
        let now = self.clock.now();
        bucket.leak(now);
        if let Some(seen) = scope.seen {
            bucket.learn(seen);
        }
        let bill = |bucket: &Bucket| Bill::new(policy, price, bucket.remaining());
        if price > self.highest(scope) {
            return Err(Denial {
                bill: bill(&bucket).unpaid(Step::TooDear),
                limit: Some(self.highest(scope)),
                wait: None,
            });
        }
        // Exact in a double: not more than a budget.
        let cost = price as f64;
        if let Some(lacking) = bucket.lacks(cost) {
            let asked_already = bucket.refused_at.is_some_and(|at| now - at < REFUSED_FOR) && !bucket.affords(cost);
            if asked_already || !self.lease(scope, policy, &mut bucket, lacking, now).await {
                let wait = Some(bucket.wait_for(cost));
                return Err(Denial { bill: bill(&bucket).unpaid(Step::NoBudget), limit: None, wait });
            }
        }
        bucket.refused_at = None;
        bucket.pay(cost);
        Ok(bill(&bucket))
    }

    /// Settles a bill at what the request has really cost.
    pub async fn settle(&self, scope: &Scope, bill: &mut Bill, actual: u64) {
        let policy = self.policy(scope);
        let bucket = self.bucket(scope, policy);
        let mut bucket = bucket.lock().await;
        let now = self.clock.now();
        bucket.leak(now);
        bucket.refund(bill.requested.saturating_sub(actual) as f64);
        let excess = bucket.excess();
        if excess > 0.0
            && let Some(leased) = self.ask(scope, policy, now, excess, 0.0, 0.0).await
        {
            bucket.settle(leased.used, -excess, leased.version);
        }
        bill.actual = actual;
        bill.remaining = bucket.remaining();
    }

    /// What a price would come to, now: nobody pays, nothing is written.
    pub async fn quote(&self, scope: &Scope, price: u64) -> Bill {
        let policy = self.policy(scope);
        let now = self.clock.now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).peek(&scope.key).cloned();
        let mut bucket = match known {
            Some(known) => known.lock().await.clone(),
            None => {
                let read = rows::peek(&self.db, &scope.key).await.ok().flatten();
                read.map_or_else(|| Bucket::new(policy, now), |(used, at)| Bucket::read(policy, used, at))
            }
        };
        bucket.leak(now);
        Bill::new(policy, price, bucket.remaining()).unpaid(Step::Quoted)
    }

    /// Forgets the rows of those who have all of their budget.
    pub async fn forget_full(&self) -> crate::error::Result<u64> {
        // A little more than a window, as a level may stand a block above the budget.
        let window = 2 * self.user.window().max(self.anonymous.window());
        let window = TimeDelta::seconds(i64::try_from(window).unwrap_or(i64::from(u32::MAX)));
        rows::forget(&self.db, self.clock.now() - window).await
    }

    fn bucket(&self, scope: &Scope, policy: Policy) -> Arc<tokio::sync::Mutex<Bucket>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(tokio::sync::Mutex::new(Bucket::new(policy, self.clock.now())));
        known.get_or_insert(scope.key.clone(), fresh).clone()
    }

    /// Gets what a price lacks, and a block more if there is one. False if it is not to be had.
    async fn lease(
        &self,
        scope: &Scope,
        policy: Policy,
        bucket: &mut Bucket,
        lacking: f64,
        now: DateTime<Utc>,
    ) -> bool {
        match self.ask(scope, policy, now, 0.0, lacking, lacking + policy.block()).await {
            Some(leased) => {
                bucket.settle(leased.used, leased.granted, leased.version);
                let granted = leased.granted > 0.0;
                bucket.refused_at = (!granted).then_some(now);
                granted
            }
            // Without a database each process holds the budgets by itself.
            None => bucket.take(lacking),
        }
    }

    /// Asks the database; nothing if it cannot be asked.
    async fn ask(
        &self,
        scope: &Scope,
        policy: Policy,
        at: DateTime<Utc>,
        returned: f64,
        least: f64,
        most: f64,
    ) -> Option<rows::Leased> {
        let alone = *self.alone_until.lock().unwrap_or_else(PoisonError::into_inner);
        if alone.is_some_and(|until| at < until) {
            return None;
        }
        let asked = Asked {
            scope: &scope.key,
            process: self.process,
            at,
            capacity: policy.capacity.into(),
            restore: policy.restore.into(),
            slack: policy.block(),
            returned,
            least,
            most,
        };
        let cause = match tokio::time::timeout(PATIENCE, rows::lease(&self.db, &asked)).await {
            Ok(Ok(leased)) => {
                let outcome = match most > 0.0 {
                    true if leased.granted > 0.0 => "granted",
                    true => "refused",
                    false => "returned",
                };
                self.metrics.leased(outcome);
                return Some(leased);
            }
            Ok(Err(cause)) => cause.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        self.metrics.leased("unavailable");
        tracing::warn!(cause, "budgets are kept by this process alone for a while");
        *self.alone_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(at + ON_ITS_OWN);
        None
    }
}
