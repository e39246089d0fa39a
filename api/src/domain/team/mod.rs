//! A team: people who can be given something together.
//!
//! - Members are owners, admins, members and viewers. Owners do everything; admins invite, change and remove those below
//!   them; members have what the team is given; viewers of that only to read. There is always an owner.
//! - One becomes a member by accepting an invitation, and leaves when one likes.
//! - Seen by its members, and by those with `users:read`. Members see each other.
//! - Deleting is soft: while a team is deleted nothing reaches its members by it; an owner restores it.
//! - Edges: members; what was shared with it is found by its members in `sharedWithMe`.

pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod query;
pub mod rows;
