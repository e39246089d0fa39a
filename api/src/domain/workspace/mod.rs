//! A workspace: a place for conversations, and whatever comes, whose members have what is in it.
//!
//! - Its members are whom it is shared with, users and teams: READ sees what it holds, COMMENT and WRITE work there, MANAGE
//!   also brings members and takes things out, OWNER everything. There is always an owner.
//! - What it holds keeps its own owner and its own shares; the members reach it besides, no further than MANAGE.
//! - Whoever owns a thing and may write in the workspace moves it in; its owner, and those who manage the workspace, out.
//! - Seen by its members alone. Deleting is soft: while it is deleted nothing is reached by it; an owner restores it.
//! - Edges: members (shares), the conversations that it holds.

pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod query;
pub mod rows;
