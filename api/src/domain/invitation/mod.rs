//! An invitation: the right to register once, handed over as a code.
//!
//! - The code is made of the invitation's id and this service's key. It is shown once and kept as a hash; it works once,
//!   until it expires or is taken back.
//! - It may be meant for one address, and may give another role than newcomers get: never more than whoever made it holds,
//!   neither when it is made nor when it is used. That of somebody whose account is shut does not work meanwhile.
//! - Making, seeing and taking back needs `users:write`, whoever made it.
//! - Edges: the role, who made it, who used it.

pub mod claim;
pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod query;
pub mod rows;
