//! The audit log: what is in it, who reads it, and that altering it shows.

mod chain;
mod completeness;
mod reading;
