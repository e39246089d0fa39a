//! A tool call: what a message asked a tool to do, and what came of it.
//!
//! - Belongs to one message and lives in its conversation; seen by whoever sees that. Its position in the message is given
//!   by the database: 1, 2, 3 …
//! - Arguments are JSON; what a model produced instead of JSON is kept as it came. Exactly one of the two is there.
//! - It may name the tool whose definition it follows; then its arguments fit that (`domain/tool`).
//! - It waits for approval, is pending, running, or over: succeeded (with a result), failed (with an error) or cancelled. Which
//!   goes to which is one function of the database, `tool_calls_life`; what is over does not change.
//! - A call of a tool with `requiresApproval`, and one that is recorded so, waits. Nothing goes on before somebody with
//!   `tools:approve` and the level WRITE has said yes; who said no gives a reason, and the call is cancelled. It stands.
//! - Recording needs `messages:write` and the level WRITE. An answer that is sent again is no error.
//! - Edges: message, tool, who decided.

pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod query;
pub mod rows;
