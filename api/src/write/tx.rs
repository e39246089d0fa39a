//! The transaction of one mutation.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use uuid::Uuid;

use crate::auth::{Actor, Client, Principal};
use crate::clock::Clock;
use crate::database::Transaction;
use crate::error::{Error, Result};
use crate::events::Call;
use crate::graphql::context::RequestContext;

/// A transaction that knows who acts, since when, and whether the change has been recorded.
pub struct Tx {
    transaction: Transaction,
    recorded: AtomicBool,
    kept: AtomicBool,
    signed_in: OnceLock<Principal>,
    calls: Mutex<Vec<Call>>,
    clock: Clock,
    /// The moment of the change; every row of one mutation carries the same.
    pub at: DateTime<Utc>,
    pub actor: Actor,
    /// Where the request comes from.
    pub client: Client,
    pub request_id: String,
    /// For so long a second factor that was shown counts.
    pub second_factor_window: TimeDelta,
}

impl Tx {
    pub(super) fn new(transaction: Transaction, cx: &RequestContext) -> Self {
        Self {
            transaction,
            recorded: AtomicBool::new(false),
            kept: AtomicBool::new(false),
            signed_in: OnceLock::new(),
            calls: Mutex::default(),
            clock: cx.app.clock.clone(),
            at: cx.app.clock.now(),
            actor: cx.actor(),
            client: cx.client.clone(),
            request_id: cx.request_id.clone(),
            second_factor_window: TimeDelta::seconds(cx.app.auth.second_factor_window.into()),
        }
    }

    pub fn new_id(&self) -> Uuid {
        self.clock.new_id()
    }

    pub(super) fn set_recorded(&self) {
        self.recorded.store(true, Ordering::Relaxed);
    }

    /// Once the mutation is committed, the bell rings for those.
    pub(super) fn calls(&self, call: Call) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    /// Says that the mutation found everything as asked and wrote nothing, so there is nothing to record.
    pub fn unchanged(&self) {
        self.set_recorded();
    }

    /// Commits although the mutation refuses: for refusals that are themselves an event, such as a replayed token.
    pub fn keep_despite_refusal(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Relaxed)
    }

    /// Once the mutation is committed, the rest of the request acts as `principal`.
    pub fn signs_in(&self, principal: Principal) {
        self.signed_in.get_or_init(|| principal);
    }

    pub(super) fn signed_in(&self) -> Option<Principal> {
        self.signed_in.get().copied()
    }

    /// Commits, and says whom that concerns.
    pub(super) async fn commit(self) -> Result<Vec<Call>> {
        if !self.recorded.load(Ordering::Relaxed) {
            self.transaction.rollback().await?;
            return Err(Error::internal(anyhow::anyhow!("a mutation changed something without recording it")));
        }
        self.transaction.commit().await?;
        Ok(self.calls.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) async fn rollback(self) -> Result<()> {
        Ok(self.transaction.rollback().await?)
    }
}

#[async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.transaction.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.transaction.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.transaction.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.transaction.query_all_raw(statement).await
    }
}
