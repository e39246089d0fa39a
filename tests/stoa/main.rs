//! The integration tests: one binary, a file a subject, each test with a database of its own.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop right there")]

mod account;
mod attacks;
mod bare;
mod bundle;
mod cli;
mod client;
mod client_cynic;
mod conversation;
mod cost;
mod debug;
mod deprecated;
mod documents;
mod embedded;
mod examples;
mod fuzz;
mod governance;
mod guessing;
mod http;
mod idor;
mod imports;
mod keys;
mod live;
mod mail;
mod matrix;
mod model;
mod passwords;
mod pool;
mod refusals;
mod remembered;
mod repeats;
mod roles;
mod schema;
mod sessions;
mod telemetry;
mod tokens;
