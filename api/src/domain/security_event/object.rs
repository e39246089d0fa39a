//! The GraphQL types of security events.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result};
use entity::security_event;

use crate::domain::account::object::Session;
use crate::graphql::connection::Listed;
use crate::graphql::context::cx;
use crate::graphql::id::WireId;
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::DateTime;

/// What happened to an account.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "security_event::Kind")]
pub enum SecurityEventKind {
    /// Somebody signed in with a device that was not seen before.
    NewDevice,
    /// Somebody tried to sign in with a wrong password or code.
    SignInFailed,
    /// The same, and for a while nobody can try again.
    SignInLocked,
    /// A refresh token was used twice, so it was copied: the session was ended.
    SessionReplayed,
    /// An administrator ended the sessions.
    SessionsEnded,
    /// A device was trusted.
    DeviceTrusted,
    /// The password was changed.
    PasswordChanged,
    /// Somebody asked for a new password by mail.
    PasswordResetRequested,
    /// The password was set anew with a token from a mail.
    PasswordReset,
    /// The e-mail address was changed.
    EmailChanged,
    /// The e-mail address was verified.
    EmailVerified,
    /// An administrator suspended the account.
    AccountSuspended,
    /// An administrator made the account active again.
    AccountReactivated,
    /// The account was switched off.
    AccountDeactivated,
    /// The account was deleted.
    AccountDeleted,
    /// A second factor was added.
    SecondFactorAdded,
    /// The second factor was removed.
    SecondFactorRemoved,
    /// A recovery code took the place of the second factor.
    RecoveryCodeUsed,
    /// All recovery codes were replaced by others.
    RecoveryCodesRegenerated,
    /// An API key was made.
    ApiKeyCreated,
    /// An API key got another secret.
    ApiKeyRotated,
    /// An API key was revoked.
    ApiKeyRevoked,
    /// An account elsewhere was linked, with which one can sign in.
    IdentityLinked,
    /// An account elsewhere was unlinked.
    IdentityUnlinked,
    /// Somebody who may do so let themselves into a conversation of yours: see its shares.
    ConversationElevated,
    /// Somebody who may began to work as the owner; see `sessions`.
    ImpersonationBegan,
}

#[derive(Clone)]
pub struct SecurityEvent(pub Arc<security_event::Model>);

impl Listed for SecurityEvent {
    const NAME: &'static str = "SecurityEvent";
}

impl Columns for SecurityEvent {}

/// Something that the owner of an account should know. Seen by the owner only.
#[Object]
impl SecurityEvent {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// What happened.
    async fn kind(&self) -> SecurityEventKind {
        self.0.kind.into()
    }

    /// When it happened.
    async fn at(&self) -> DateTime {
        self.0.at.into()
    }

    /// The session that it speaks of, if it speaks of one.
    async fn session(&self, ctx: &Context<'_>) -> Result<Option<Row<Session>>> {
        match self.0.session_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Session).map(Row)),
            None => Ok(None),
        }
    }

    /// What the request came from, as far as it told, e.g. `Firefox on Linux`.
    async fn device_name(&self) -> Option<&str> {
        self.0.device.as_deref()
    }

    /// The network address that the request came from.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }
}
