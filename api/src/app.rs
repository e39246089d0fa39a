//! The service as its parts know it: settings, clock, database, keys.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use chrono::TimeDelta;
use sea_orm::DatabaseConnection;

use crate::auth::master::MasterKey;
use crate::auth::password::Passwords;
use crate::auth::token::Tokens;
use crate::auth::{Activity, Compat, Door, Guesses, Known};
use crate::clock::Clock;
use crate::config::{Auth, Config, Registration};
use crate::database::{Reader, Rest};
use crate::documents::Documents;
use crate::domain::audit::chain::Chain;
use crate::domain::deprecated_use::recorder::Recorder;
use crate::domain::link::views::Views;
use crate::domain::mail::post::Post;
use crate::domain::role::usage::Usage;
use crate::events::Bell;
use crate::federation::Providers;
use crate::limits::Budgets;
use crate::telemetry::Metrics;

pub struct App {
    pub clock: Clock,
    pub db: DatabaseConnection,
    /// The connections of requests.
    pub rest: Arc<Rest>,
    /// Statements that requests have sent to the database.
    pub sent: Arc<AtomicU32>,
    /// Rings after each commit.
    pub bell: Bell,
    pub tokens: Tokens,
    /// Seals secrets that have to be read again.
    pub seals: MasterKey,
    /// Makes the links of the audit log.
    pub chain: Chain,
    /// Who was looked up a moment ago.
    pub known: Arc<Known>,
    pub passwords: Passwords,
    /// Who may come in the old ways.
    pub compat: Compat,
    /// When sessions and keys were last used.
    pub activity: Activity,
    /// Who looks at what links show.
    pub views: Views,
    /// Who guessed wrong how often.
    pub guesses: Guesses,
    pub auth: Auth,
    pub registration: Registration,
    /// Whose accounts one can sign in with.
    pub providers: Providers,
    /// Writes mail and sends it.
    pub post: Post,
    /// Who may still spend how much.
    pub budgets: Budgets,
    /// What runs by id, and who may run what.
    pub documents: Documents,
    /// Notes who uses what is deprecated.
    pub deprecated_uses: Recorder,
    /// Notes who uses which permission.
    pub usage: Usage,
    /// What is counted for operators.
    pub metrics: Arc<Metrics>,
    /// Most items of one page.
    pub page_limit: u64,
    /// So long a message that is being written waits for its next piece.
    pub stream_lease: TimeDelta,
    /// Whether anybody may sign in as a demo person.
    pub demo: bool,
}

impl App {
    pub async fn new(config: &Config, db: DatabaseConnection, clock: Clock, demo: bool) -> anyhow::Result<Arc<Self>> {
        let master = config.auth.master_key(&config.database)?;
        let tokens = Tokens::new(&db, master.clone(), &config.auth, clock.clone()).await?;
        let known = Arc::new(Known::new(config.auth.credential_cache));
        let bell = Bell::new(&db);
        if known.is_on() {
            let known = known.clone();
            bell.tell(move |call| known.forget(call));
        }
        let metrics = Arc::new(Metrics::new(config.telemetry.metrics_operations));
        Ok(Arc::new(Self {
            known,
            rest: Rest::new(db.get_postgres_connection_pool().clone()),
            sent: Arc::default(),
            tokens,
            chain: Chain::new(&master),
            seals: master,
            passwords: Passwords::new(&config.auth)?,
            compat: Compat::new(&config.compat),
            activity: Activity::new(config.auth.user_session_timeout),
            views: Views::default(),
            guesses: Guesses::new(&config.auth),
            auth: config.auth.clone(),
            providers: Providers::new(&config.federation, &clock)?,
            post: Post::new(&config.mail)?,
            registration: config.auth.registration.unwrap_or(match demo {
                true => Registration::Open,
                false => Registration::Closed,
            }),
            documents: Documents::new(&config.documents, clock.clone()),
            deprecated_uses: Recorder::new(db.clone(), clock.clone()),
            usage: Usage::default(),
            budgets: Budgets::new(&config.budgets, db.clone(), clock.clone(), metrics.clone()),
            metrics,
            page_limit: config.limits.page_limit as u64,
            stream_lease: TimeDelta::seconds(config.limits.stream_lease.into()),
            clock,
            bell,
            db,
            demo,
        }))
    }

    /// The reading side of one request. With `recording` it also writes down what it does, for whoever asked.
    pub fn reader(&self, recording: bool) -> Reader {
        Reader::new(self.rest.clone(), self.sent.clone(), recording)
    }

    /// What tells who is behind a credential.
    pub fn door(&self) -> Door<'_> {
        Door {
            tokens: &self.tokens,
            known: &self.known,
            activity: &self.activity,
            clock: &self.clock,
            passwords: &self.passwords,
            guesses: &self.guesses,
            compat: &self.compat,
            pool: &self.db,
        }
    }
}
