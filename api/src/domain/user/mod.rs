//! A user: a person with an account.
//!
//! - Known by a public number (1, 2, 3 …, never given twice), a handle and a user name; none of them can be mistaken for
//!   another, so one lookup takes any of them.
//! - People see those they share a conversation with: owner, grantees and authors of the conversations that they own or
//!   that were shared with them. With `users:read` one sees everybody. Everybody sees themselves.
//! - Address, state, roles and permissions are for the user and for those with `users:read`; others read null.
//! - Only active accounts sign in and act: see `life.rs` for the states. Suspensions may end by themselves. Deleting is
//!   soft; rows stay because conversations point at them, and names stay taken so that they can come back.
//! - Nobody suspends or deletes themselves, the last administrator, or whoever may do more than they.
//! - Edges: conversations they own (as far as the viewer sees them), role assignments.

mod life;
pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod query;
pub(crate) mod rows;
mod state;
