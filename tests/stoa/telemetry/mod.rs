//! What operators see: metrics, the log.

mod log;
mod metrics;
