//! What a request costs, as the caller is told.

use async_graphql::{Name, Value, indexmap::IndexMap};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::bucket::Policy;
use crate::error::ErrorCode;
use crate::graphql::engine::RequestError;
use crate::telemetry::{Spent, Step};

/// Cost and budget as every response to a priced document tells them.
#[derive(Clone, Debug)]
pub struct Bill {
    policy: Policy,
    /// The price: the most that the document can cost.
    pub requested: u64,
    /// What it has cost; 0 if it did not run.
    pub actual: u64,
    /// What is left of the budget.
    pub remaining: u64,
    /// How far paying went, for the metrics.
    step: Step,
}

/// Why a document does not run.
#[derive(Debug)]
pub struct Denial {
    pub bill: Bill,
    /// The highest price that is ever accepted, when this one is beyond it.
    pub limit: Option<u64>,
    /// Seconds after which the same document will be accepted, when waiting helps.
    pub wait: Option<u64>,
}

impl Bill {
    pub(super) fn new(policy: Policy, requested: u64, remaining: u64) -> Self {
        Self { policy, requested, actual: requested, remaining, step: Step::Paid }
    }

    pub(super) fn unpaid(self, step: Step) -> Self {
        Self { actual: 0, step, ..self }
    }

    /// What is counted of it.
    pub fn spent(&self) -> Spent {
        Spent { policy: self.policy.name, requested: self.requested, actual: self.actual, step: self.step }
    }

    /// `extensions.cost`.
    pub fn value(&self) -> Value {
        let entries = [
            ("requested", self.requested),
            ("actual", self.actual),
            ("remaining", self.remaining),
            ("restoreRate", self.policy.restore.into()),
            ("capacity", self.policy.capacity.into()),
        ];
        let entries = entries.into_iter().map(|(name, number)| (Name::new(name), Value::from(number)));
        Value::Object(entries.collect::<IndexMap<_, _>>())
    }

    /// `RateLimit-Policy` and `RateLimit`, as draft-ietf-httpapi-ratelimit-headers has them: the quota and its window,
    /// what remains and in how many seconds all of it is back.
    pub fn write(&self, headers: &mut HeaderMap) {
        let Policy { name, capacity, .. } = self.policy;
        let full = match u64::from(capacity).saturating_sub(self.remaining) {
            0 => 0,
            missing => self.policy.seconds_for(missing as f64),
        };
        let fields = [
            ("ratelimit-policy", format!("\"{name}\";q={capacity};w={}", self.policy.window())),
            ("ratelimit", format!("\"{name}\";r={};t={full}", self.remaining)),
        ];
        for (name, value) in fields {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

impl Denial {
    /// The error that the caller gets: `COST_EXCEEDED`.
    pub fn error(&self) -> RequestError {
        let price = self.bill.requested;
        let message = match (self.limit, self.wait) {
            (Some(limit), _) => {
                format!("The document costs up to {price}, and no document may cost more than {limit}: ask for less.")
            }
            (None, wait) => format!(
                "The document costs up to {price}, and {} is left of the budget: wait {} s.",
                self.bill.remaining,
                wait.unwrap_or(1)
            ),
        };
        let mut error = RequestError::new(ErrorCode::CostExceeded, message);
        error.retry_after = self.wait;
        error
    }
}

/// Tells when to come again.
pub fn write_retry_after(headers: &mut HeaderMap, errors: &[RequestError]) {
    if let Some(seconds) = errors.iter().filter_map(|error| error.retry_after).max() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}
