//! What operators get to see besides the log.

use std::net::SocketAddr;

use clap::Args;

/// Metrics, traces, and when the log complains.
#[derive(Args, Clone, Debug)]
pub struct Telemetry {
    /// Address and port for Prometheus' metrics, under the path /metrics. Not given, there are none. Whoever reaches it can
    /// read them.
    #[arg(long, env = "STOA_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,
    /// Most names of operations that are told apart in the metrics; the others are counted together.
    #[arg(long, env = "STOA_METRICS_OPERATIONS", default_value = "200")]
    pub metrics_operations: usize,
    /// Queries and mutations that take as long or longer are logged as a warning. 0 for none.
    #[arg(long, env = "STOA_SLOW_OPERATION", default_value = "1000", value_name = "MILLISECONDS")]
    pub slow_operation: u32,
    /// Where traces go: an OpenTelemetry collector that takes OTLP over HTTP, e.g. http://127.0.0.1:4318. Not given, there
    /// are none.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp_endpoint: Option<String>,
}

impl Telemetry {
    /// From so many milliseconds on a query or mutation is slow; infinitely many if none is.
    pub fn slow_operation(&self) -> f64 {
        if self.slow_operation == 0 { f64::INFINITY } else { f64::from(self.slow_operation) }
    }

    /// Where traces go. An empty text is none, as OpenTelemetry has it.
    pub fn collector(&self) -> Option<&str> {
        self.otlp_endpoint.as_deref().map(str::trim).filter(|url| !url.is_empty())
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.metrics_operations <= 10_000, "STOA_METRICS_OPERATIONS must be at most 10000.");
        Ok(())
    }
}
