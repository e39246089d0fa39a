//! Every statement about roles, permissions and their assignments.

mod assignments;
mod grants;
mod roles;

pub use assignments::*;
pub use grants::*;
pub use roles::*;
