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
mod http;
mod idor;
mod imports;
mod invitations;
mod life;
mod live;
mod matrix;
mod model;
mod pool;
mod refusals;
mod remembered;
mod repeats;
mod roles;
mod schema;
mod search;
mod telemetry;
mod tokens;
