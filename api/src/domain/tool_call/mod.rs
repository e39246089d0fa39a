//! A tool call: what a message asked a tool to do, and what came of it.
//!
//! - Belongs to one message and lives in its conversation; seen by whoever sees that. Its position in the message is given
//!   by the database: 1, 2, 3 …
//! - Arguments are JSON; what a model produced instead of JSON is kept as it came. Exactly one of the two is there.
//! - It is pending, running, or finished: succeeded (with a result), failed (with an error) or cancelled. A finished call
//!   does not change.
//! - Recording needs `messages:write` and the level WRITE.
//! - Edges: message.

pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod rows;
