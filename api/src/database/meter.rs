//! Counting the statements of one request and, when somebody asked for that, timing them; and their spans in a trace.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sea_orm::{DbErr, ExecResult, QueryResult};
use tracing::Span;

use crate::clock::Stopwatch;
use crate::telemetry::traces;

/// Characters of a statement that are told.
const LONGEST_SHAPE: usize = 2_000;

/// How many statements a request has made, and how many are under way. With a record, also what they were.
#[derive(Clone, Default)]
pub struct Meter {
    statements: Arc<AtomicU32>,
    running: Arc<AtomicU32>,
    record: Option<Arc<Record>>,
}

impl Meter {
    /// A meter that also writes down what it sees.
    pub fn recording() -> Self {
        Self { record: Some(Arc::default()), ..Self::default() }
    }

    /// What was written down, if anything is.
    pub fn record(&self) -> Option<&Record> {
        self.record.as_deref()
    }

    pub fn statements(&self) -> u32 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Whether a statement is under way.
    pub fn is_busy(&self) -> bool {
        self.running.load(Ordering::Relaxed) > 0
    }

    /// Counts a statement, which is under way until the result is dropped or has its rows.
    pub fn begin(&self, sql: &str) -> Measured {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.running.fetch_add(1, Ordering::Relaxed);
        let timed = self.record.clone().map(|record| Timed { record, began: Stopwatch::start(), sql: sql.to_owned() });
        Measured { running: self.running.clone(), span: traces::statement(sql), timed, rows: None }
    }
}

/// A statement that is under way.
pub struct Measured {
    running: Arc<AtomicU32>,
    /// Ends with this; nothing is ever inside of it.
    span: Span,
    timed: Option<Timed>,
    rows: Option<u64>,
}

struct Timed {
    record: Arc<Record>,
    began: Stopwatch,
    sql: String,
}

impl Measured {
    /// The statement is over; if it did not fail it had so many rows.
    pub fn end(mut self, rows: Option<u64>) {
        if rows.is_none() {
            traces::failed(&self.span, "database");
        }
        self.rows = rows;
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        self.running.fetch_sub(1, Ordering::Relaxed);
        if let Some(Timed { record, began, sql }) = self.timed.take() {
            record.statement(sql, began.milliseconds(), self.rows);
        }
    }
}

/// What a statement has brought, noted on the way.
pub fn executed(measured: Measured, result: Result<ExecResult, DbErr>) -> Result<ExecResult, DbErr> {
    measured.end(result.as_ref().ok().map(ExecResult::rows_affected));
    result
}

/// The same for at most one row.
pub fn found_one(measured: Measured, result: Result<Option<QueryResult>, DbErr>) -> Result<Option<QueryResult>, DbErr> {
    measured.end(result.as_ref().ok().map(|row| row.is_some().into()));
    result
}

/// The same for any number of rows.
pub fn found_all(measured: Measured, result: Result<Vec<QueryResult>, DbErr>) -> Result<Vec<QueryResult>, DbErr> {
    measured.end(result.as_ref().ok().map(|rows| rows.len() as u64));
    result
}

/// What one request did with the database.
#[derive(Default)]
pub struct Record {
    began: Stopwatch,
    sums: Mutex<Sums>,
}

#[derive(Clone, Default)]
pub struct Sums {
    /// The times of all statements added up; those that run side by side count each.
    pub milliseconds: f64,
    pub slowest: Option<Slowest>,
    /// By loader: batches, and keys in them.
    pub loaders: BTreeMap<&'static str, (u32, usize)>,
}

/// The statement that took longest, without the values that it was sent with.
#[derive(Clone)]
pub struct Slowest {
    pub shape: String,
    pub milliseconds: f64,
    /// Rows that came back or were changed; nothing if it failed.
    pub rows: Option<u64>,
}

impl Record {
    /// Since the request began.
    pub fn milliseconds(&self) -> f64 {
        self.began.milliseconds()
    }

    pub fn sums(&self) -> Sums {
        self.lock().clone()
    }

    /// A loader reads so many keys at once.
    pub fn batch(&self, loader: &'static str, keys: usize) {
        let mut sums = self.lock();
        let (batches, all) = sums.loaders.entry(loader).or_default();
        *batches += 1;
        *all += keys;
    }

    fn statement(&self, sql: String, milliseconds: f64, rows: Option<u64>) {
        let mut sums = self.lock();
        sums.milliseconds += milliseconds;
        if sums.slowest.as_ref().is_none_or(|slowest| slowest.milliseconds < milliseconds) {
            sums.slowest = Some(Slowest { shape: shape(&sql), milliseconds, rows });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sums> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The text of a statement in one line. Values are no part of it: they travel beside it as parameters.
fn shape(sql: &str) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_SHAPE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_one_bounded_line() {
        assert_eq!(shape("\n  select 1\n    from t  "), "select 1 from t");
        let long = shape(&"é ".repeat(5_000));
        assert_eq!((long.chars().count(), long.ends_with('…')), (LONGEST_SHAPE + 1, true));
    }

    #[test]
    fn what_is_dropped_is_over_too() {
        let meter = Meter::recording();
        let measured = meter.begin("select 1");
        assert_eq!((meter.is_busy(), meter.statements()), (true, 1));
        drop(measured);
        meter.begin("select 2").end(Some(3));
        let sums = meter.record().expect("it records").sums();
        assert_eq!((meter.is_busy(), meter.statements(), sums.slowest.is_some()), (false, 2, true));
        assert!(Meter::default().record().is_none());
    }
}
