//! A message: one node of a conversation's tree.
//!
//! - Its place (conversation, parent, depth, position) is given once, by the database, and never changes. Position counts
//!   up through the conversation in the order of appending; depth is the parent's plus one. Siblings are branches.
//! - It exists for whoever sees its conversation.
//! - Appending needs `messages:write` and the level COMMENT; at COMMENT one speaks as oneself, that is with role USER,
//!   and edits only what one wrote. With WRITE one records any role and edits any message.
//! - Without a parent it continues the branch that its author reads; an explicit null begins another tree.
//! - `branchMessage` puts a sibling beside it, `editMessage` replaces its text, of which all versions are kept for those who
//!   may edit it, `deleteMessage` removes it with what is below it or leaves its place empty.
//! - Edges: conversation, author, parent, children, siblings, the way from the root, versions, tool calls.

pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod query;
pub mod rows;
