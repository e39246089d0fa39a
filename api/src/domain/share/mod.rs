//! A share: a right on a conversation, given to one person.
//!
//! - Levels: read (see), comment (append own messages), write (edit, retitle, record tool calls); each includes the ones
//!   before it. Only the owner gives, changes and takes back.
//! - One share for each person and conversation: sharing again changes the level. Nobody shares with the owner.
//! - The owner sees all shares of a conversation, a grantee sees their own.
//! - Taking it back ends access at once; what the grantee wrote stays.
//! - Edges: conversation, grantee, who gave it.

pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod rows;
