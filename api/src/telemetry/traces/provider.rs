//! Where spans go: collected in a queue with an end, sent by a thread of their own. What the queue cannot hold is lost,
//! and nobody waits for it. How many are sampled, how long the queue is and the like are OpenTelemetry's standard
//! variables (`OTEL_TRACES_SAMPLER`, `OTEL_BSP_…`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`), which its SDK reads.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider, SpanLimits};
use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::registry::LookupSpan;

use super::TARGET;
use super::client::Client;
use super::spans::{Exporter, Queue, Spans};

/// For the last spans, when the service stops.
const GOODBYE: Duration = Duration::from_secs(3);

type BoxedLayer<S> = Box<dyn Layer<S> + Send + Sync>;

/// Traces that go to a collector.
pub struct Traces {
    provider: SdkTracerProvider,
    spans: Arc<Spans>,
}

impl Traces {
    /// Towards the collector at this address. It need not be there yet.
    pub fn to(collector: &str) -> anyhow::Result<Self> {
        let client = Client::to(collector)?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(format!("{}/v1/traces", collector.trim_end_matches('/')))
            .build()
            .context("OTEL_EXPORTER_OTLP_… does not describe a collector that traces can be sent to")?;
        let spans = Arc::<Spans>::default();
        let exporter = Exporter { spans: spans.clone(), exporter };
        let named = std::iter::once(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        let resource = Resource::builder().with_attributes(named);
        let resource = match resource_has_name(&Resource::builder().build()) {
            true => resource,
            false => resource.with_service_name("stoa"),
        };
        let limits = SpanLimits { max_events_per_span: 0, max_links_per_span: 0, ..SpanLimits::default() };
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Queue {
                spans: spans.clone(),
                processor: BatchSpanProcessor::builder(exporter).build(),
            })
            .with_span_limits(limits)
            .with_resource(resource.build())
            .build();
        Ok(Self { provider, spans })
    }

    /// How many there were so far.
    pub fn spans(&self) -> &Arc<Spans> {
        &self.spans
    }

    /// What listens to our spans.
    pub fn layer<S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync>(&self) -> BoxedLayer<S> {
        let ours: fn(&Metadata<'_>) -> bool = |metadata| metadata.target() == TARGET;
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("stoa"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false)
            .with_filter(FilterFn::new(ours).with_max_level_hint(LevelFilter::TRACE))
            .boxed()
    }

    /// Sends what has not been sent. Blocks for a moment.
    pub fn close(self) {
        if let Err(cause) = self.provider.shutdown_with_timeout(GOODBYE) {
            tracing::warn!(%cause, "the last traces may not have arrived");
        }
        let (spans, sent) = (self.spans.ended(), self.spans.sent());
        tracing::info!(spans, lost = spans.saturating_sub(sent), "no more traces");
    }
}

/// Whether the variables give the service a name.
fn resource_has_name(resource: &Resource) -> bool {
    let name = resource.get(&opentelemetry::Key::from_static_str("service.name"));
    name.is_some_and(|name| !name.as_str().starts_with("unknown_service"))
}
