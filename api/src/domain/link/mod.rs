//! A link: a share for whoever has its secret.
//!
//! - The secret is random, shown once, and kept as a hash. Whoever has it reads, signed in or not; a link that was revoked or
//!   has ended, or whose conversation is in the trash or its owner's account shut, looks like one that never was.
//! - What is read through a link is a type of its own, which leads nowhere else: neither to the conversation nor to people.
//! - A frozen link shows the messages up to one of them as they were when the link was made: nothing written, edited or
//!   recorded later is ever read through it. System prompts and what tools were given and answered are hidden unless said.
//! - It may let readers take a copy: a new conversation of their own with what the link shows, and no more.
//! - Its making and revoking is that of shares. Who looked is written down by day, and seen by those who manage the thing.

pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub mod query;
pub mod rows;
pub mod views;
