//! The audit log: who did what to which thing, by what and in whose name; and the chain that shows whether it was altered.
//!
//! - A row is written in the transaction of the change (`write/record.rs`) and never again; the database refuses it.
//! - A link of the chain seals one row: a keyed hash over the whole row and the link before it. The key is made from the
//!   master key, so whoever has the database alone can alter rows but cannot make the links to them.
//! - Links are made behind the writers, who take no lock for it: one process at a time seals what is committed and can be
//!   preceded by nothing that still runs.
//! - Verifying tells apart a row that differs from its seal, one that is gone, one that has no seal though later ones have,
//!   and a seal that is gone. Work is bounded; a cursor goes on where it ended.
//! - Rows hold no secret, no address and nothing that people wrote, but names of accounts and roles.
//! - Seen by those with `audit:read`, all of it; users only by those who may see them.
//! - Edges: entry → actor, whom it was done for, the number of its seal.

pub mod chain;
pub mod loader;
pub mod object;
pub(crate) mod policy;
pub mod query;
pub mod rows;
pub mod sealer;
pub mod verify;
