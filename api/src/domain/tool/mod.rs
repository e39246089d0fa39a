//! A tool: what a model may call, with a JSON Schema of the arguments. Stoa keeps definitions and calls; it runs nothing.
//!
//! - Somebody's own, or one of the installation, which has no owner: everybody with `tools:read` has it at the level READ,
//!   and those with `tools:publish` make and change it. The name is unique among the owner's outside the trash.
//! - A thing: shared with users, teams, workspaces and everyone. READ sees it and names it in calls, WRITE changes it, MANAGE
//!   shares it, its owner deletes it. A copy (`forkTool`) is one's own and knows where it comes from.
//! - The schema is bounded and refers to nothing outside of itself, nor to itself in a circle (`definition.rs`), so that
//!   holding arguments against it costs what their sizes say. A call that names the tool has arguments that fit.
//! - A call of a tool with `requiresApproval` waits until somebody has approved it (`domain/tool_call`).
//! - Deleting puts it into the trash, where its owner sees it; from there it is restored or purged. Calls stay.
//! - Edges: owner, shares, the tool that it is a copy of, the viewer's own level.

pub mod definition;
pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod query;
pub mod rows;
