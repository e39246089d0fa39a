//! What may be done at all: the closed set of permissions, and which default role holds which of them.
//!
//! Three questions, three places. May this actor call this operation? The guard asks [`PermissionSet`]. Which rows exist
//! for this actor? `policy::visible` of the noun. May the actor do this to this row? `policy::may_…` of the noun.

mod condition;
mod defaults;
mod pattern;
mod permission;
mod possible;

pub use condition::{Circumstances, Condition, Minute, Own, Window};
pub use defaults::{DEFAULT_ROLES, DefaultRole};
pub use pattern::Pattern;
pub use permission::{Permission, PermissionSet};
