//! What is not counted but read when the metrics are asked for.

use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use super::process::Process;

/// The state of the other parts at one moment.
pub struct Sample {
    /// Connections to the database that are there, those of them that nobody uses, and the most there may be.
    pub pool: (u32, usize, u32),
    /// Connections that may be open at a time.
    pub connection_limit: u32,
    /// Prepared documents: how many are kept, how often one was found, how often not.
    pub documents: (usize, u64, u64),
    /// Spans that ended and spans that were sent, if there are traces.
    pub spans: Option<(u64, u64)>,
}

impl Sample {
    pub(super) fn registry(&self, names: usize) -> Registry {
        let mut all = Registry::default();
        let to = all.sub_registry_with_prefix("stoa");
        let gauge = |number: usize| ConstGauge::new(number as u64);
        let (size, idle, most) = self.pool;
        let size = size as usize;
        to.register("database_connections_open", "Connections to the database", gauge(size));
        let help = "Connections to the database that are in use now";
        to.register("database_connections_used", help, gauge(size.saturating_sub(idle)));
        let help = "Most connections to the database, STOA_DATABASE_CONNECTIONS";
        to.register("database_connections_limit", help, gauge(most as usize));
        let help = "Most connections at a time, STOA_CONNECTION_LIMIT";
        to.register("http_connections_limit", help, gauge(self.connection_limit as usize));
        let (kept, hits, misses) = self.documents;
        to.register("document_cache_entries", "Prepared documents that are kept", gauge(kept));
        to.register("document_cache_hits", "Documents found prepared", ConstCounter::new(hits));
        to.register("document_cache_misses", "Documents that were not found prepared", ConstCounter::new(misses));
        let help = "Names of operations that are labels; those beyond STOA_METRICS_OPERATIONS are counted as other";
        to.register("operation_names", help, gauge(names));
        if let Some((ended, sent)) = self.spans {
            to.register("trace_spans", "Spans that ended and were to be sent", ConstCounter::new(ended));
            let help = "Spans that the collector has taken; what is missing for long was lost";
            to.register("trace_spans_sent", help, ConstCounter::new(sent));
        }
        if let Some(process) = Process::read() {
            process.register(&mut all);
        }
        all
    }
}

impl Process {
    fn register(self, to: &mut Registry) {
        let help = "Processor time that this process has used";
        to.register_with_unit("process_cpu", help, Unit::Seconds, ConstCounter::new(self.cpu_seconds));
        let help = "Memory of this process that is resident";
        to.register_with_unit("process_resident_memory", help, Unit::Bytes, ConstGauge::new(self.resident_bytes));
        to.register("process_open_fds", "Files and connections that are open", ConstGauge::new(self.open_files));
        if let Some(most) = self.most_files {
            to.register("process_max_fds", "Most files and connections that may be open", ConstGauge::new(most));
        }
        let help = "When this process began, since 1970";
        to.register_with_unit("process_start_time", help, Unit::Seconds, ConstGauge::new(self.started_seconds));
    }
}
