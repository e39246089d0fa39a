//! Requests by operation. Operations' names come from strangers, and each name that is a label costs memory here and in
//! every system that collects the metrics, so there is a bound, and not everybody can use it up:
//!
//! - only the name of an operation that ran for somebody signed in becomes a label, up to
//!   `STOA_METRICS_OPERATIONS` names; one person brings in a quarter of them at most;
//! - every other name is counted as `other`, and no name as `unnamed`. What was refused before its kind was known is of
//!   the kind `none`.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use uuid::Uuid;

use super::labels::{Kind, Name, Operation, Request, Transport};

/// Longest name that is shown in full, in bytes; a name is made of ASCII letters.
const LONGEST: usize = 80;

/// An operation that is over.
pub struct Finished<'a> {
    pub kind: Kind,
    /// What the document calls it.
    pub name: Option<&'a str>,
    pub transport: Transport,
    /// `ok`, `errors`, `ended`, `cut` or the code of a refusal.
    pub outcome: &'static str,
    /// Who asked, if they were signed in.
    pub user: Option<Uuid>,
    pub statements: u32,
    pub milliseconds: f64,
}

impl Finished<'_> {
    /// Whose name may become a label: only then is the document valid, paid for, and somebody answers for it.
    fn bringer(&self) -> Option<Uuid> {
        self.user.filter(|_| matches!(self.outcome, "ok" | "errors" | "ended"))
    }
}

/// An operation's name as logs and traces show it: a name of the language, and not longer than a line bears.
pub fn shown(name: &str) -> &str {
    let plain = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
    &name[..plain.min(LONGEST)]
}

type Histograms = Family<Operation, Histogram, fn() -> Histogram>;

pub(super) struct Operations {
    requests: Family<Request, Counter>,
    durations: Histograms,
    statements: Histograms,
    names: RwLock<Names>,
    most: usize,
}

#[derive(Default)]
struct Names {
    known: HashMap<Kind, HashMap<Box<str>, Series>>,
    /// How many names each user has brought in.
    brought: HashMap<Uuid, usize>,
    count: usize,
}

/// What is counted of one operation.
#[derive(Clone)]
struct Series {
    name: Name,
    duration: Histogram,
    statements: Histogram,
}

impl Operations {
    pub(super) fn new(registry: &mut Registry, most: usize) -> Self {
        let durations: fn() -> Histogram =
            || Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]);
        let statements: fn() -> Histogram = || Histogram::new([0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0]);
        let operations = Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(durations),
            statements: Family::new_with_constructor(statements),
            names: RwLock::default(),
            most,
        };
        let help = "Operations that are over, by kind, name, transport and outcome";
        registry.register("requests", help, operations.requests.clone());
        let help = "Time from the body's last byte to the answer; subscriptions are not in it";
        registry.register_with_unit("request_duration", help, Unit::Seconds, operations.durations.clone());
        let help = "SQL statements of an operation; subscriptions are not in it";
        registry.register("request_statements", help, operations.statements.clone());
        operations
    }

    pub(super) fn count(&self, finished: &Finished) {
        let series = self.series(finished);
        let Finished { kind, transport, outcome, .. } = *finished;
        self.requests.get_or_create(&Request { kind, operation: series.name, transport, outcome }).inc();
        if kind != Kind::Subscription {
            series.duration.observe(finished.milliseconds / 1000.0);
            series.statements.observe(finished.statements.into());
        }
    }

    /// Names that have become labels.
    pub(super) fn known(&self) -> usize {
        self.names.read().unwrap_or_else(PoisonError::into_inner).count
    }

    fn series(&self, finished: &Finished) -> Series {
        let Finished { kind, name, .. } = *finished;
        let name = name.unwrap_or("unnamed");
        if let Some(series) = self.find(kind, name) {
            return series;
        }
        if let Some(bringer) =
            finished.bringer().filter(|_| name.len() <= LONGEST && name != "unnamed" && name != "other")
            && let Some(series) = self.let_in(kind, name, bringer)
        {
            return series;
        }
        let common = if name == "unnamed" { name } else { "other" };
        self.find(kind, common).unwrap_or_else(|| self.begin(&mut self.write(), kind, common))
    }

    fn find(&self, kind: Kind, name: &str) -> Option<Series> {
        self.names.read().unwrap_or_else(PoisonError::into_inner).known.get(&kind)?.get(name).cloned()
    }

    fn write(&self) -> RwLockWriteGuard<'_, Names> {
        self.names.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, names: &mut Names, kind: Kind, name: &str) -> Series {
        let label = Name(Arc::from(name));
        let labels = Operation { kind, operation: label.clone() };
        let series = Series {
            name: label,
            duration: self.durations.get_or_create_owned(&labels),
            statements: self.statements.get_or_create_owned(&labels),
        };
        names.known.entry(kind).or_default().insert(name.into(), series.clone());
        series
    }

    /// The series of a new name, if there is room for one more, and for one more of this person's.
    fn let_in(&self, kind: Kind, name: &str, bringer: Uuid) -> Option<Series> {
        // Asked before the lock that keeps others out: once there is no room, nobody needs that one.
        if self.known() >= self.most {
            return None;
        }
        let mut names = self.write();
        if let Some(series) = names.known.get(&kind).and_then(|known| known.get(name)) {
            return Some(series.clone());
        }
        let brought = names.brought.get(&bringer).copied().unwrap_or(0);
        if names.count >= self.most || brought >= self.most.div_ceil(4) {
            return None;
        }
        names.count += 1;
        names.brought.insert(bringer, brought + 1);
        Some(self.begin(&mut names, kind, name))
    }
}
