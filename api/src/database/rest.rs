//! Connections between two requests.
//!
//! A connection that is given back to sqlx's pool is given back in a task of its own, after a round trip to the server
//! that makes sure of it: as much work as a small read. A connection whose last statement was answered to its end needs no such
//! thing. Some of those rest here, at most half of them all, and the next request takes one.
//!
//! Whoever waits for the pool itself must not wait for connections that rest: while a request waits none is laid to rest,
//! one in [`TURN`] goes to the pool anyway, for what takes from it directly, and after a quiet moment all of them do.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use sea_orm::DbErr;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{PgPool, Postgres};
use tokio::runtime::Handle;

use super::direct::query_error;

/// One in so many is given to the pool whoever waits.
const TURN: u32 = 16;
/// After so long without a request none rests.
const QUIET: Duration = Duration::from_secs(1);

type Connection = PoolConnection<Postgres>;

/// The connections that requests take from the pool.
pub struct Rest {
    pool: PgPool,
    most: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    resting: Vec<Connection>,
    /// Requests that wait for the pool.
    waiting: u32,
    /// Connections that were given back.
    given: u32,
    /// The pool is closed, or closing.
    is_over: bool,
}

/// A request that waits for the pool, for as long as this lives.
struct Waiting<'a>(&'a Rest);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
    }
}

impl Rest {
    /// To be called in the runtime in which the pool is used.
    pub fn new(pool: PgPool) -> Arc<Self> {
        let most = pool.options().get_max_connections() as usize / 2;
        let rest = Arc::new(Self { pool, most, state: Mutex::default() });
        tokio::spawn(watch(Arc::downgrade(&rest)));
        rest
    }

    /// A connection, as soon as there is one.
    pub async fn take(&self) -> Result<Connection, DbErr> {
        let waiting = {
            let mut state = self.state();
            if let Some(connection) = state.resting.pop() {
                return Ok(connection);
            }
            // Before the lock is free: whoever gives one back from now on knows of this.
            state.waiting += 1;
            Waiting(self)
        };
        if let Some(connection) = self.pool.try_acquire() {
            return Ok(connection);
        }
        // A box: this future is large, and seldom needed.
        let acquired = Box::pin(self.pool.acquire()).await;
        drop(waiting);
        acquired.map_err(query_error)
    }

    /// Gives back a connection whose last statement was answered to its end. Every other one is to be dropped.
    pub fn give(&self, connection: Connection) {
        let mut state = self.state();
        state.given = state.given.wrapping_add(1);
        let may_rest = state.waiting == 0 && !state.given.is_multiple_of(TURN) && !state.is_over;
        if may_rest && state.resting.len() < self.most {
            state.resting.push(connection);
        } else {
            drop(state);
            drop(connection);
        }
    }

    /// How many rest.
    pub fn resting(&self) -> usize {
        self.state().resting.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        let resting = std::mem::take(&mut self.state().resting);
        // The pool takes connections back in a task; without a runtime there is none, and no pool to use either.
        if Handle::try_current().is_err() {
            resting.into_iter().for_each(|connection| drop(connection.leak()));
        }
    }
}

/// Empties the rest when it is quiet, and for good when the pool is closed, which waits for every connection.
async fn watch(rest: Weak<Rest>) {
    let Some(closed) = rest.upgrade().map(|rest| rest.pool.close_event()) else { return };
    let mut closed = std::pin::pin!(closed);
    let mut before = 0;
    loop {
        let is_over = tokio::time::timeout(QUIET, closed.as_mut()).await.is_ok();
        let Some(rest) = rest.upgrade() else { return };
        let mut state = rest.state();
        let is_quiet = std::mem::replace(&mut before, state.given) == state.given;
        state.is_over = is_over;
        let rested = if is_over || is_quiet { std::mem::take(&mut state.resting) } else { Vec::new() };
        drop(state);
        drop(rested);
        if is_over {
            return;
        }
    }
}
