//! An advisor: a model with its parameters, a prompt and tools, under a name. Conversations are held with one.
//!
//! - Somebody's own; its name is unique among the owner's outside the trash, whatever the case of the letters.
//! - A thing: shared with users, teams, workspaces and everyone. READ sees it and talks with it, WRITE changes it, MANAGE
//!   shares it, its owner deletes it.
//! - The prompt is messages in order, at least one of them SYSTEM. Inclusion tags in them (`<$file:…$>`) are kept as they are.
//!   Those with READ see it unless `hidesPrompt`: then it takes WRITE, and nobody below copies it.
//! - Tools are kept by name and, where one was found, by id, in order; what is gone or not the viewer's is a name.
//! - It comes from the JSON and Markdown forms and goes back into them (`form/`), whole or not at all.
//! - Deleting puts it into the trash; purging takes it away, and conversations with it go on without it.
//! - Edges: owner, tools, shares, the advisor that it is a copy of, the viewer's own conversations with it.

pub mod content;
pub mod form;
pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod query;
pub mod rows;
