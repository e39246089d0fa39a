//! What operators see: metrics, traces, the log.

mod log;
mod metrics;
mod traces;
