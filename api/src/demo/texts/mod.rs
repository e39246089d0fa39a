//! What is said in the demo world. New texts go to the end of their table: ids are made of their places.

mod drill;
mod others;
mod own;
mod topics;

pub use drill::WORDS;
pub use others::OTHERS;
pub use own::OWN;
pub use topics::{CLOSINGS, TOPICS};
