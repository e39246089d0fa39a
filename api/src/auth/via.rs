//! By what somebody acts.

use chrono::{DateTime, Utc};
use entity::deprecated_use::Credential;
use entity::id::{ApiKeyId, SessionId, UserId};
use uuid::Uuid;

use super::Principal;
use crate::error::{Error, Result};

/// A kind of credential, with what has to be looked at again while it is believed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Via {
    /// An access token of a session.
    Session(SessionId),
    /// An access token of a session in which somebody works as its user.
    Impersonation { session: SessionId, actor: UserId, allows_writing: bool },
    /// A key, by the number of its secret, and whose it is: not the user where it acts as somebody else.
    Key { id: ApiKeyId, generation: i32, owner: UserId },
    /// Name and password with the request, as they were set at this moment.
    Password { changed_at: Option<DateTime<Utc>> },
    /// Nothing but the place in a network that is trusted, or the pair of an old installation.
    Place,
}

impl Via {
    /// Whose key it is, if it is one.
    pub fn owner(self) -> Option<UserId> {
        match self {
            Self::Key { owner, .. } => Some(owner),
            _ => None,
        }
    }

    /// Whether the credential is somebody else's than the user's.
    pub fn acts_as_other(self, user: UserId) -> bool {
        matches!(self, Self::Key { owner, .. } if owner != user)
    }

    /// As uses of what is deprecated are counted.
    pub fn credential(self) -> Credential {
        match self {
            Self::Session(_) | Self::Impersonation { .. } => Credential::Session,
            Self::Key { .. } => Credential::ApiKey,
            Self::Password { .. } => Credential::Password,
            Self::Place => Credential::Network,
        }
    }
}

impl Principal {
    /// The session of the request, if it has one.
    pub fn session(&self) -> Option<SessionId> {
        match self.via {
            Via::Session(id) | Via::Impersonation { session: id, .. } => Some(id),
            _ => None,
        }
    }

    /// The same, but nothing for whoever works as somebody else: what is the owner's alone asks here.
    pub fn own_session(&self) -> Option<SessionId> {
        self.session().filter(|_| !self.is_impersonation())
    }

    pub fn key(&self) -> Option<ApiKeyId> {
        match self.via {
            Via::Key { id, .. } => Some(id),
            _ => None,
        }
    }

    /// The session, for what only somebody who has signed in may do.
    pub fn in_session(&self) -> Result<SessionId> {
        if self.is_impersonation() {
            return Err(Error::Forbidden(
                "This needs a session of one's own: it is not open to whoever works as somebody.",
            ));
        }
        self.session().ok_or(Error::Forbidden("This needs a session: sign in instead of sending a key or a password."))
    }

    /// Whether somebody else works as the user.
    pub fn is_impersonation(&self) -> bool {
        matches!(self.via, Via::Impersonation { .. })
    }

    /// Refuses changes in an impersonation that was not begun for any.
    pub fn may_write(&self) -> Result<()> {
        match self.via {
            Via::Impersonation { allows_writing: false, .. } => {
                Err(Error::Forbidden("This impersonation only reads: it was begun without `allowsWriting`."))
            }
            _ => Ok(()),
        }
    }

    /// Who answers for what is done: the owner of a key that acts as somebody else, and who works as the user.
    pub fn actor(&self) -> UserId {
        match self.via {
            Via::Key { owner, .. } | Via::Impersonation { actor: owner, .. } => owner,
            _ => self.user,
        }
    }

    /// Whether this is the account that is spoken for, or that of whoever answers for it.
    pub fn is_self(&self, user: UserId) -> bool {
        self.user == user || self.actor() == user
    }

    /// What the bell rings for when this ends.
    pub fn topics(&self) -> [Uuid; 3] {
        let credential = match self.via {
            Via::Session(id) | Via::Impersonation { session: id, .. } => id.0,
            Via::Key { id, .. } => id.0,
            Via::Password { .. } | Via::Place => self.user.0,
        };
        [self.user.0, self.actor().0, credential]
    }
}
