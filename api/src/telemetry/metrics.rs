//! What is counted, all of it. Counting is an addition to an atomic number; of an operation it is besides that two looks
//! into a map and two histograms.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::labels::{Admission, Build, Leased, Policy, Posted, Refusal, Transport, Via};
use super::operations::{Finished, Operations};
use super::sample::Sample;

/// Media type of what [`Metrics::page`] writes.
pub const MEDIA: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Number = Counter<u64, AtomicU64>;

/// The metrics of one service.
pub struct Metrics {
    registry: Registry,
    operations: Operations,
    paid: Family<Policy, Number>,
    refunded: Family<Policy, Number>,
    refused: Family<Refusal, Number>,
    leases: Family<Leased, Number>,
    admissions: Family<Admission, Number>,
    connections: Gauge,
    turned_away: Number,
    sockets: Gauge,
    streams: Gauge,
    subscriptions: Family<Via, Gauge>,
    delivered: Family<Via, Number>,
    resumed: Number,
    repeated: Number,
    rings: Number,
    mails: Family<Posted, Number>,
}

/// What an operation has cost, and how that went.
pub struct Spent {
    pub policy: &'static str,
    pub requested: u64,
    pub actual: u64,
    pub step: Step,
}

/// How far a payment went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    Paid,
    /// The budget did not have it.
    NoBudget,
    /// No budget would have it.
    TooDear,
    /// Only the price was asked for.
    Quoted,
}

/// Something that is open, for as long as this is there.
pub struct Open(Gauge);

impl Open {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// With room for so many names of operations.
    pub fn new(names: usize) -> Self {
        let mut registry = Registry::with_prefix("stoa");
        let operations = Operations::new(&mut registry, names);
        let build = Family::<Build, Gauge>::default();
        build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build_info", "The version that runs", build);
        let mut metrics = Self {
            operations,
            paid: Family::default(),
            refunded: Family::default(),
            refused: Family::default(),
            leases: Family::default(),
            admissions: Family::default(),
            connections: Gauge::default(),
            turned_away: Number::default(),
            sockets: Gauge::default(),
            streams: Gauge::default(),
            subscriptions: Family::default(),
            delivered: Family::default(),
            resumed: Number::default(),
            repeated: Number::default(),
            rings: Number::default(),
            mails: Family::default(),
            registry,
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let to = &mut self.registry;
        to.register("cost_paid_units", "Units of cost taken from budgets before running", self.paid.clone());
        to.register("cost_refunded_units", "Units of cost given back after running", self.refunded.clone());
        let help = "Documents refused for their price, by whose budget it was and by reason: budget (too early), document \
                    (dearer than any may be)";
        to.register("cost_refusals", help, self.refused.clone());
        let help = "Blocks of budget asked of the database: granted, refused, returned, unavailable";
        to.register("budget_leases", help, self.leases.clone());
        to.register("sign_ins", "Attempts to begin or go on with a session", self.admissions.clone());
        to.register("http_connections_open", "Connections that are open now", self.connections.clone());
        let help = "Connections refused because STOA_CONNECTION_LIMIT were open";
        to.register("http_connections_refused", help, self.turned_away.clone());
        to.register("sockets_open", "WebSockets that are open now", self.sockets.clone());
        to.register("event_streams_open", "Event streams that are open now", self.streams.clone());
        to.register("subscriptions_running", "Subscriptions that run now", self.subscriptions.clone());
        to.register("events_delivered", "Events told to subscribers", self.delivered.clone());
        to.register("subscriptions_resumed", "Subscriptions that went on after a cursor", self.resumed.clone());
        let help = "Mutations answered from the record of an earlier call with the same idempotencyKey";
        to.register("mutations_repeated", help, self.repeated.clone());
        to.register("mails", "Attempts to send a mail: sent, later, dropped", self.mails.clone());
        to.register("bell_rings", "Wake-ups that commits of this process caused", self.rings.clone());
    }

    /// An operation is over.
    pub fn finished(&self, finished: &Finished) {
        self.operations.count(finished);
    }

    /// A document had its price.
    pub fn spent(&self, spent: &Spent) {
        let policy = spent.policy;
        let reason = match spent.step {
            Step::Quoted => return,
            Step::Paid => {
                self.paid.get_or_create(&Policy { policy }).inc_by(spent.requested);
                self.refunded.get_or_create(&Policy { policy }).inc_by(spent.requested.saturating_sub(spent.actual));
                return;
            }
            Step::NoBudget => "budget",
            Step::TooDear => "document",
        };
        self.refused.get_or_create(&Refusal { policy, reason }).inc();
    }

    /// The database was asked for a block of budget, or given one back.
    pub fn leased(&self, outcome: &'static str) {
        self.leases.get_or_create(&Leased { outcome }).inc();
    }

    /// Somebody tried to begin a session or to go on with one.
    pub fn admission(&self, admission: Admission) {
        self.admissions.get_or_create(&admission).inc();
    }

    pub fn connection(&self) -> Open {
        Open::new(&self.connections)
    }

    /// There was no place for a connection.
    pub fn turned_away(&self) {
        self.turned_away.inc();
    }

    pub fn socket(&self) -> Open {
        Open::new(&self.sockets)
    }

    pub fn event_stream(&self) -> Open {
        Open::new(&self.streams)
    }

    pub fn subscription(&self, transport: Transport) -> Open {
        Open::new(&self.subscriptions.get_or_create(&Via { transport }))
    }

    /// A subscriber was told of an event.
    pub fn delivered(&self, transport: Transport) {
        self.delivered.get_or_create(&Via { transport }).inc();
    }

    /// A subscription went on after a cursor.
    pub fn resumed(&self) {
        self.resumed.inc();
    }

    /// A mutation was answered from the record.
    pub fn repeated(&self) {
        self.repeated.inc();
    }

    /// It was tried to send a mail.
    pub fn posted(&self, outcome: &'static str) {
        self.mails.get_or_create(&Posted { outcome }).inc();
    }

    /// A commit rang the bell so often.
    pub fn rang(&self, times: usize) {
        self.rings.inc_by(times as u64);
    }

    /// Everything as OpenMetrics text, with what others know at this moment.
    pub fn page(&self, sample: &Sample) -> Result<String, std::fmt::Error> {
        let mut page = String::new();
        text::encode_registry(&mut page, &self.registry)?;
        text::encode_registry(&mut page, &sample.registry(self.operations.known()))?;
        text::encode_eof(&mut page)?;
        Ok(page)
    }
}
