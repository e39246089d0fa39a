//! The GraphQL type of sessions.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result};
use entity::session;
use serde::{Deserialize, Serialize};

use crate::domain::device::object::Device;
use crate::domain::user::object::User;
use crate::domain::user::rows::Told;
use crate::graphql::connection::Listed;
use crate::graphql::context::{Under, cx};
use crate::graphql::id::WireId;
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::DateTime;

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Session(pub Arc<session::Model>);

impl From<session::Model> for Session {
    fn from(row: session::Model) -> Self {
        Self(Arc::new(row))
    }
}

impl Listed for Session {
    const NAME: &'static str = "Session";
}

impl Columns for Session {}

/// Why a session was ended before its time.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "session::EndReason")]
pub enum SessionEndReason {
    /// Its user signed out.
    SignedOut,
    /// Its refresh token was copied: an old one was used again.
    Replayed,
    /// It was ended from elsewhere: by its user, or by an administrator.
    Revoked,
    /// There were more sessions than an account may have; this was the one that was not used for the longest time.
    Evicted,
    /// The password was changed.
    PasswordChanged,
    /// The account was suspended, deactivated or deleted.
    AccountClosed,
}

/// That somebody works as the user of a session.
pub struct Impersonation(Arc<session::Model>);

impl Impersonation {
    /// Nothing for a session of the user's own.
    pub fn of(session: Arc<session::Model>) -> Option<Self> {
        session.impersonator_id.is_some().then_some(Self(session))
    }
}

/// That somebody works as the user of a session. Seen by the user, and by whoever works so.
#[Object]
impl Impersonation {
    /// Who works as the user.
    async fn by(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        let Some(id) = self.0.impersonator_id else { return Ok(None) };
        Ok(cx(ctx).load(Under { parent: id, args: Told }).await?.map(User).map(Row))
    }

    /// Why, in their words.
    async fn reason(&self) -> &str {
        self.0.impersonation_reason.as_deref().unwrap_or_default()
    }

    /// Whether more than reading is possible.
    async fn allows_writing(&self) -> bool {
        self.0.allows_writing
    }

    /// When it ends.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }
}

/// One sign-in. Seen by its user only.
#[Object]
impl Session {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// Who signed in.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        Ok(cx(ctx).load(self.0.user_id).await?.map(User).map(Row))
    }

    /// Whether it is the session of this request.
    async fn is_current(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(cx(ctx).viewer()?.session() == Some(self.0.id))
    }

    /// When it began.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// The device that signed in; null if it was forgotten.
    async fn device(&self, ctx: &Context<'_>) -> Result<Option<Row<Device>>> {
        match self.0.device_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Device).map(Row)),
            None => Ok(None),
        }
    }

    /// The network address from which it was begun or last refreshed.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// When it was last used, to about a minute.
    async fn last_active_at(&self) -> DateTime {
        self.0.last_active_at.into()
    }

    /// When it ends at the latest, however often it is refreshed.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// When it ends unless it is used before; each use moves this on.
    async fn idle_expires_at(&self) -> DateTime {
        self.0.idle_expires_at.into()
    }

    /// When a second factor was last shown in it, at the sign-in or since; null if that never happened.
    async fn second_factor_at(&self) -> Option<DateTime> {
        self.0.second_factor_at.map(DateTime::from)
    }

    /// Who works as the user in it; null if it is the user's own.
    async fn impersonation(&self) -> Option<Impersonation> {
        Impersonation::of(self.0.clone())
    }

    /// When it was ended; null while it is alive or after it simply expired.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime::from)
    }

    /// Why it was ended; null while it is alive or after it simply expired.
    async fn end_reason(&self) -> Option<SessionEndReason> {
        self.0.end_reason.map(SessionEndReason::from)
    }
}
