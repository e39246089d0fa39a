//! A security event: what happened to an account, as its owner is told.
//!
//! - Written with the change it speaks of ([`crate::write::Tx::alert`]), also for refusals such as a wrong password.
//! - Holds the device and the address of the request, as its owner would recognise them.
//! - Seen by the account's owner only; never changed, gone with the account or after a year (a setting).

pub(crate) mod loader;
pub mod object;
pub(crate) mod policy;
pub mod rows;
