//! A role: a named set of permissions that users are given; and the permissions themselves.
//!
//! - Permissions are the closed set of `crate::access`; their rows are written from it at start. Roles are rows.
//! - Three roles ship with the service: `admin` (everything), `subscriber` (newcomers), `viewer` (reads only).
//! - Roles and permissions are seen by those with `roles:read`; one's own roles are seen by everybody.
//! - A role inherits from its parent, and that from its own; an inactive one gives nothing and passes nothing on. Circles
//!   and chains of more than 16 are refused by the database, which keeps what each role gives (`roles.sources`).
//! - Changing them needs `roles:write`, and nobody grants, assigns or removes what they do not hold themselves, nor a role
//!   that stands above their own (`handing.rs`).
//! - A role that somebody holds, is invited to or inherits from is not deleted; neither is one that ships with the service.
//! - An assignment may expire. There is always one person left who holds `admin` without expiry and can sign in.
//! - Which permissions somebody was let through with is noted, so that what a role gives in vain can be seen (`usage.rs`).
//! - Edges: role → permissions, parent, ancestors, children, holders, uses, changes; user → role assignments.

pub(crate) mod condition;
pub mod handing;
pub(crate) mod loader;
pub mod mutation;
pub mod object;
mod place;
pub(crate) mod policy;
pub mod query;
pub mod rows;
pub mod seed;
pub mod usage;
