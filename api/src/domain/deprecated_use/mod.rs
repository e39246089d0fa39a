//! The use of what the schema calls deprecated: by whom, how often, since when and until when.
//!
//! - The engine knows from the document, and from variables where they can hold any, which deprecated fields, arguments,
//!   input fields and enum values an operation uses. Each operation that runs counts once for each of them, also when
//!   conditions leave the field out: its text would break all the same.
//! - One row for each element and credential; everybody who is not signed in shares one. Rows hold the last operation's
//!   name, so their number does not grow with what clients invent.
//! - Noted in memory, which costs the request nothing it could notice, and written by a task every few seconds and when
//!   the service stops. A process that is killed loses those seconds. Several processes add up.
//! - Seen by those with `operations:inspect`; the user only by those who may see the user.
//! - Edges: use → user.

pub mod object;
pub(crate) mod policy;
pub mod query;
pub mod recorder;
pub mod rows;
