//! The states of an account as clients see them.

use async_graphql::Enum;
use entity::user;

/// Whether an account can be used.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "user::State")]
pub enum UserState {
    /// Signs in and acts; also after a suspension that has ended by itself.
    Active,
    /// Locked by an administrator, perhaps until a moment; cannot sign in.
    Suspended,
    /// Switched off by its owner; cannot sign in.
    Deactivated,
    /// In the trash; cannot sign in.
    Deleted,
}
