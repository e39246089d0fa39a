//! A role: a named set of permissions that users are given; and the permissions themselves.
//!
//! - Permissions are the closed set of `crate::access`; their rows are written from it at start. Roles are rows.
//! - Three roles ship with the service: `admin` (everything), `subscriber` (newcomers), `viewer` (reads only).
//! - Roles and permissions are seen by those with `roles:read`; one's own roles are seen by everybody.
//! - Changing them needs `roles:write`, and nobody grants, assigns or removes what they do not hold themselves.
//! - An assignment may expire. There is always one person left who holds `admin` without expiry and can sign in.
//! - Edges: role → permissions, role → holders; user → role assignments.

pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod query;
pub mod rows;
pub mod seed;
