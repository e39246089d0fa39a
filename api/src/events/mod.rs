//! What others are told: the outbox, read in order, and the bell that says when it is worth a look.
//!
//! - Every mutation leaves event rows in its own transaction (`write/record.rs`). A [`Feed`] reads those of one
//!   conversation in the order of (transaction, id) and stops before the oldest transaction that still runs, so nothing
//!   ever appears behind a [`Cursor`]: after it means each later event, once.
//! - The [`Bell`] carries no events, only "look again": within the process right after a commit, between processes by
//!   `NOTIFY`. Whatever it misses, a slow look finds; so a lost notification costs time and nothing else.
//! - Who may hear is not decided here. Whoever hands an event on asks again at that moment.

mod bell;
mod between;
mod cursor;
mod feed;
mod outbox;

pub use self::bell::{Bell, Call, Ear};
pub use self::cursor::Cursor;
pub use self::feed::{Feed, Step};
pub use self::outbox::Event;
