//! A message that is being written: the text of a model as it comes, kept piece by piece.
//!
//! - `beginMessage` makes a message with the status STREAMING and without text. Pieces have numbers, from 1, and come in
//!   order: what has been acknowledged is in the database, and the same piece sent again is acknowledged again.
//! - A writer is believed for as long as its lease; each piece renews it. When it runs out the message is INTERRUPTED,
//!   with the text so far. From there it is continued, which begins another attempt, or cancelled. A writer of an
//!   earlier attempt writes no more.
//! - `finishMessage` makes it COMPLETE, `cancelMessage` CANCELLED; both keep the text so far. Then it is a message like others.
//! - Whoever sees the conversation reads along: `messageStream` shows the text so far and then every piece, once and in
//!   order. Pieces are kept for ten minutes after the end for those who are still reading.
//! - Who may write is who may append a message of that role; a stream is continued by those who may edit the message.

pub mod events;
pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub mod rows;
pub mod watchman;
