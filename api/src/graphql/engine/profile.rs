//! How long the fields of one request were at work, by type and field.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::{QueryPathNode, QueryPathSegment};

use crate::clock::Stopwatch;

/// Request data that makes the engine take times. A request without it pays for one look at an empty cell a field.
///
/// A field counts while at least one call of it is under way of which no sub-field is: while it computes, and while it
/// waits, also for a batch that others wait for at the same time. So calls side by side do not add up, no field has
/// more than the request took, and a parent is not charged for its children.
#[derive(Clone, Default)]
pub struct Profile(Arc<State>);

#[derive(Default)]
struct State {
    began: Stopwatch,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    /// Calls that are under way, by the hash of their path.
    calls: HashMap<u64, Call>,
    classes: HashMap<String, Class>,
}

struct Call {
    class: String,
    /// A leaf of an interface may be asked twice at a time: see `preflight`.
    times: u32,
    children: u32,
}

#[derive(Default)]
struct Class {
    calls: u64,
    /// Calls at work now, and since when.
    at_work: u32,
    since: f64,
    milliseconds: f64,
}

impl Class {
    fn enter(&mut self, now: f64) {
        if self.at_work == 0 {
            self.since = now;
        }
        self.at_work += 1;
    }

    fn leave(&mut self, now: f64) {
        self.at_work = self.at_work.saturating_sub(1);
        if self.at_work == 0 {
            self.milliseconds += now - self.since;
        }
    }
}

/// What is known of one field of one type.
#[derive(Clone, Debug)]
pub struct Timing {
    /// `Type.field`.
    pub field: String,
    pub calls: u64,
    pub milliseconds: f64,
}

impl Profile {
    /// The fields that were at work longest, at most so many.
    pub fn longest(&self, most: usize) -> Vec<Timing> {
        let open = self.0.lock();
        let timing = |(field, class): (&String, &Class)| Timing {
            field: field.clone(),
            calls: class.calls,
            milliseconds: class.milliseconds,
        };
        let mut timings: Vec<Timing> = open.classes.iter().map(timing).collect();
        timings.sort_by(|a, b| b.milliseconds.total_cmp(&a.milliseconds).then_with(|| a.field.cmp(&b.field)));
        timings.truncate(most);
        timings
    }

    /// A call begins, and ends when the result is dropped. The items of a list are no calls.
    pub(super) fn begin(&self, parent: &str, name: &str, node: &QueryPathNode<'_>) -> Option<Timed> {
        if matches!(node.segment, QueryPathSegment::Index(_)) {
            return None;
        }
        let (own, above) = (place(node), above(node).map(place));
        let class = format!("{parent}.{name}");
        let now = self.0.began.milliseconds();
        let open = &mut *self.0.lock();
        if let Some(above) = above.and_then(|above| open.calls.get_mut(&above)) {
            above.children += 1;
            if above.children == 1
                && let Some(class) = open.classes.get_mut(&above.class)
            {
                class.leave(now);
            }
        }
        let timing = open.classes.entry(class.clone()).or_default();
        timing.calls += 1;
        timing.enter(now);
        open.calls.entry(own).or_insert(Call { class, times: 0, children: 0 }).times += 1;
        Some(Timed { state: self.0.clone(), own, above })
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, own: u64, above: Option<u64>) {
        let now = self.began.milliseconds();
        let open = &mut *self.lock();
        if let Some(call) = open.calls.get_mut(&own) {
            call.times -= 1;
            if call.children == 0
                && let Some(class) = open.classes.get_mut(&call.class)
            {
                class.leave(now);
            }
            if call.times == 0 {
                open.calls.remove(&own);
            }
        }
        if let Some(above) = above.and_then(|above| open.calls.get_mut(&above)) {
            above.children = above.children.saturating_sub(1);
            if above.children == 0
                && let Some(class) = open.classes.get_mut(&above.class)
            {
                class.enter(now);
            }
        }
    }
}

/// A call that is under way.
pub(super) struct Timed {
    state: Arc<State>,
    own: u64,
    above: Option<u64>,
}

impl Drop for Timed {
    fn drop(&mut self) {
        self.state.end(self.own, self.above);
    }
}

/// The field whose value this one is part of: past the places in lists.
fn above<'n>(node: &'n QueryPathNode<'n>) -> Option<&'n QueryPathNode<'n>> {
    node.parents().find(|node| matches!(node.segment, QueryPathSegment::Name(_)))
}

fn place(node: &QueryPathNode<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for node in std::iter::once(node).chain(node.parents()) {
        match node.segment {
            QueryPathSegment::Name(name) => name.hash(&mut hasher),
            QueryPathSegment::Index(index) => index.hash(&mut hasher),
        }
    }
    hasher.finish()
}
