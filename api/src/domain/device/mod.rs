//! A device: what somebody signs in with, as far as the service can tell.
//!
//! - Sign-ins with one kind of program gather at one device, recognised by the user agent without its version numbers. That
//!   proves nothing: it is there so that people recognise their own, and hear of one that is new.
//! - Its owner names it, and may trust the one that they are using: it is given a token that counts for some days. A
//!   trusted device is a device of its own; who comes without its token is somebody else.
//! - The token is made of the device's id and of when the trust ends; it is not stored, and ends with the trust.
//! - To forget a device ends its sessions.
//! - Devices are seen by their owner only.

pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub(crate) mod rows;
pub mod token;
