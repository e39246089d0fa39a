//! How many spans there were, and how many the collector has taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchSpanProcessor, Span, SpanData, SpanProcessor};

/// Spans of this process. Those that ended and are neither sent nor waiting were lost: the queue was full, or the collector
/// did not take them.
#[derive(Debug, Default)]
pub struct Spans {
    ended: AtomicU64,
    sent: AtomicU64,
}

impl Spans {
    /// Spans that ended and were to be sent.
    pub fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }

    /// Spans that the collector has taken.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

/// Counts what goes into the queue, or would if there were room.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) spans: Arc<Spans>,
    pub(super) processor: BatchSpanProcessor,
}

impl SpanProcessor for Queue {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.processor.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        self.spans.ended.fetch_add(1, Ordering::Relaxed);
        self.processor.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.processor.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.processor.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.processor.set_resource(resource);
    }
}

/// Counts what the collector takes.
#[derive(Debug)]
pub(super) struct Exporter {
    pub(super) spans: Arc<Spans>,
    pub(super) exporter: SpanExporter,
}

impl opentelemetry_sdk::trace::SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let size = batch.len() as u64;
        self.exporter.export(batch).await?;
        self.spans.sent.fetch_add(size, Ordering::Relaxed);
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
