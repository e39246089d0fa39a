//! The GraphQL side: the engine that every request goes through, and the pieces that all nouns share.

pub mod along;
mod apart;
pub mod batch;
pub mod cell;
pub mod checks;
pub mod connection;
pub mod context;
pub mod cost;
mod debug;
pub mod engine;
pub mod guard;
pub mod id;
pub mod live;
pub mod node;
pub mod paging;
pub mod payload;
pub mod row;
pub mod scalars;
pub mod schema;
