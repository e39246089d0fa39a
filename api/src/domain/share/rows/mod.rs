//! Every statement about shares.

mod audience;
mod shares;

pub use audience::*;
pub use shares::*;
