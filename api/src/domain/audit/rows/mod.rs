//! Every statement about the audit log and its chain; rows are written by `write/record.rs`.

pub mod entries;
pub mod seals;
