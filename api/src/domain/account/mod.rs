//! An account's way in: registering, signing in, staying signed in, signing out; and the session that each sign-in is.
//!
//! - Who may register is a setting: anybody (`open`), people with an invitation (`invite`), nobody (`closed`). Newcomers
//!   get the role `subscriber`, or the one that their invitation gives.
//! - A sign-in is a session with a fixed end. It hands out access tokens of minutes and refresh tokens that each work
//!   once; repeating the last one gives the same successor, anything older is a replay and ends the session.
//! - Ending a session works at once: every request asks for it.
//! - What is wrong with a sign-in is never said: unknown, wrong and disabled look alike and take the same time.
//! - Changing the password ends the other sessions and the trust in devices, setting it by mail all sessions and API keys
//!   besides; the owner is told. Who reads the account's mail may set its password: a mailed token works once, for its
//!   purpose, while its address is the account's, and until the password is another one. Asking for one tells nothing of
//!   whether there is an account. Where nobody had verified the address, second factor and identities go, too: they may
//!   be of somebody who made the account in the name of the address's owner.
//! - Who signs in with another provider signs in to the account that their identity belongs to, or makes one by the same
//!   rules as those who register (see `identity`).
//! - Sessions are seen by their user only. Demo sign-in exists in demo mode only.

pub(crate) mod confirm;
mod cookie;
mod federated;
mod join;
pub(crate) mod loader;
pub mod mutation;
pub mod object;
pub(crate) mod policy;
pub mod register;
pub mod rows;
pub mod tokens;
pub mod verification;
pub(crate) mod ways_in;
