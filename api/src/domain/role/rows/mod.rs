//! Every statement about roles, permissions and their assignments.

mod assignments;
mod grants;
mod hierarchy;
mod roles;
mod uses;

pub use assignments::*;
pub use grants::*;
pub use hierarchy::*;
pub use roles::*;
pub use uses::*;
