//! A thing: whatever can be shared, such as a conversation, a workspace, a tool or an advisor.
//!
//! - Each kind has its table; the database keeps the row of `things` beside it: kind, owner, workspace, trash.
//! - Who may do what there is a level: of the owner, of a share, or of the workspace that holds the thing. What a person is
//!   entitled as (themselves, their teams, their workspaces) is told by one function of the database, `standings_of`.
//! - Another kind is a trigger and a foreign key in the database, and a line in [`ThingRef`].

pub mod action;
pub mod decision;
pub mod object;
pub mod reach;
mod reference;
pub mod rows;

pub use reference::ThingRef;
