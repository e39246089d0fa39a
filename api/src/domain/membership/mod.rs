//! An invitation into a team or a workspace.
//!
//! - To a user, named exactly, or to an address: then to whoever has verified it, now or later. It ends by itself.
//! - Made by those who may bring members: owners and admins of the team, those with the level MANAGE in the workspace, for
//!   nothing above what they are themselves; and only as good as what they still are when it is accepted.
//! - Accepted or declined by whoever it is to, withdrawn by whoever made it and by those who may bring members.
//! - Seen by those, and by nobody else. Nobody becomes a member of a team without having accepted.
//! - Edges: team or workspace, the person, who invited.

pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod query;
pub mod rows;
