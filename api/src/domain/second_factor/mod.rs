//! The second factor of an account: an authenticator app, and ten recovery codes for when it is lost.
//!
//! - It is begun with the password and counts only once a code of it was shown in the same session. From then on devices
//!   that were trusted before are trusted no more.
//! - A right password is not enough then: signing in takes a code, but on a device that has been trusted since. Nothing is
//!   told of it before the password is right. Setting a new password by mail takes nothing away.
//! - Each code counts once: an authenticator's never again, nor those before it; a recovery code never again. Wrong ones
//!   are counted like wrong passwords, apart from them; those of a session keep nobody from signing in.
//! - What a borrowed session must not do wants a code that was shown in it a short while ago: see `step_up.rs`.
//! - Whoever has lost everything is helped by somebody with `users:write`, whose account may do as much, and is told.
//! - Its owner sees since when there is one and how many recovery codes are left; `users:read` sees that there is one.

pub mod entry;
pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod proof;
pub(crate) mod rows;
pub mod step_up;
