//! A share: a right on a thing, given to somebody.
//!
//! - To a user, a team, the members of a workspace, or everybody who is signed in; or to oneself for a reason, which is an
//!   elevation. Levels: read, comment, write, manage; each includes the ones before it. Everybody only reads.
//! - Given by those with the level MANAGE, up to their own; and by whoever has a share that says so, up to its level.
//! - One share for each thing and grantee: sharing again changes it. Nobody shares with the owner.
//! - It may end by itself. Taking it back ends access at once; what the grantee wrote stays, and what they passed on goes
//!   with it if one says so.
//! - A workspace's shares are its members, of whom one is always an owner; they reach what the workspace holds, too.
//! - Whom all shares of a thing reach together, and whom it would reach with one more, is told to those with the level
//!   MANAGE (`audience`).
//! - Edges: thing, grantee, who gave it.

mod audience;
pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod query;
pub mod rows;
mod subject;
