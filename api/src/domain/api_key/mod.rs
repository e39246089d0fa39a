//! An API key: with it a program acts for an account.
//!
//! - It belongs to one account and is dead while that cannot be used. It has a name, scopes, and an end.
//! - A scope is a permission; the key may do what is in its scopes and its owner holds at that moment. One gives a key only
//!   what one holds.
//! - It is shown once. Its secret is derived from its id and a number; a new number replaces the secret, and the one before
//!   stays good for a while, so that programs can be given the new one at leisure.
//! - A key that may act as others names whom in `X-User-ID`. Its maker needs `users:act_as`, at each use anew; it does what
//!   that person, its owner and its scopes all allow. Both are in the audit log.
//! - What is about the account itself (sessions, devices, passwords, keys) needs a session: a key that leaks makes no keys.
//! - Seen by its owner only.

pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub(crate) mod rows;
