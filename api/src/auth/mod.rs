//! Who is asking: a credential comes in, an [`Actor`] goes out.
//!
//! An access token is a short-lived JWT signed with Ed25519 that names a user and a session; nothing else in it is
//! believed. Whether account and session are still good, and what the user may do, comes from the database in one
//! statement, for each change and for whoever was not looked up in the last second (see `known.rs`). A refresh token is derived from the session and a generation and is never stored.

mod activity;
pub mod api_key;
mod basic;
mod client;
pub mod confirmation;
pub mod device;
pub mod flow;
mod guesses;
pub mod keys;
mod known;
mod look;
pub mod master;
pub mod naming;
pub mod password;
pub mod recovery;
pub mod refresh;
mod resolve;
mod rights;
pub mod token;
pub mod totp;
mod via;

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use entity::id::UserId;

use crate::access::{Permission, PermissionSet};
use crate::error::{Error, Result};
use crate::limits::Seen;

pub use activity::Activity;
pub use basic::Compat;
pub use client::Client;
pub use guesses::{Guess, Guessed, Guesses, Guessing};
pub use known::Known;
pub use resolve::{Credential, Door, Shown, again, again_at_work, authenticate, resolve};
pub use rights::{Grants, Held, Rights};
pub use via::Via;

/// Who makes a request.
#[derive(Clone, Copy, Debug)]
pub enum Actor {
    Anonymous,
    User(Principal),
}

/// A signed-in person with their effective permissions: those of all their unexpired roles, as far as their conditions hold.
#[derive(Clone, Copy, Debug)]
pub struct Principal {
    pub user: UserId,
    /// By which credential.
    pub via: Via,
    /// What counts here and now.
    pub permissions: PermissionSet,
    /// What of it counts only for things that they own.
    pub only_own: PermissionSet,
    /// What of it stands under no condition: only that is handed on.
    pub unconditional: PermissionSet,
    /// Where they are.
    pub address: Option<IpAddr>,
    /// The moment of the request, against which things expire.
    pub at: DateTime<Utc>,
    /// Whether this was read for an earlier request.
    pub remembered: bool,
    /// What all processes have used of the user's budget, if anything.
    pub budget: Option<Seen>,
    /// The oldest transaction that still ran when the person was looked up, which is before anything else of the request
    /// is read: see [`crate::events::Cursor::before`]. Unknown to who has just signed in.
    pub horizon: Option<u64>,
}

impl Actor {
    pub fn principal(&self) -> Result<&Principal> {
        match self {
            Actor::Anonymous => Err(Error::Unauthenticated),
            Actor::User(principal) => Ok(principal),
        }
    }

    /// The guard of every operation that needs a permission.
    pub fn require(&self, permission: Permission) -> Result<&Principal> {
        let principal = self.principal()?;
        match principal.permissions.holds(permission) {
            true => Ok(principal),
            false => Err(Error::MissingPermission(permission)),
        }
    }
}

impl Principal {
    pub fn holds(&self, permission: Permission) -> bool {
        self.permissions.holds(permission)
    }

    /// Whether the permission counts for things that they own, and for no others.
    pub fn holds_only_for_own(&self, permission: Permission) -> bool {
        self.only_own.holds(permission)
    }
}
