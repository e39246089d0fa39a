//! The GraphQL types of invitations.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use chrono::Utc;
use entity::invitation;
use serde::{Deserialize, Serialize};

use crate::domain::role::object::Role;
use crate::domain::user::object::User;
use crate::graphql::connection::Listed;
use crate::graphql::context::cx;
use crate::graphql::id::WireId;
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::{DateTime, EmailAddress};

/// What has become of an invitation.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
pub enum InvitationState {
    /// Somebody can still register with it.
    Open,
    /// Somebody has registered with it.
    Used,
    /// Nobody came in time.
    Expired,
    /// It was taken back.
    Revoked,
}

/// Which invitations; what is left out does not narrow.
#[derive(Default, InputObject)]
pub struct InvitationFilter {
    /// Those in this state.
    pub state: Option<InvitationState>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Invitation(pub Arc<invitation::Model>);

impl Listed for Invitation {
    const NAME: &'static str = "Invitation";
}

impl Columns for Invitation {}

impl Invitation {
    fn state_at(&self, at: chrono::DateTime<Utc>) -> InvitationState {
        let row = &self.0;
        match () {
            () if row.used_at.is_some() => InvitationState::Used,
            () if row.revoked_at.is_some() => InvitationState::Revoked,
            () if row.expires_at <= at => InvitationState::Expired,
            () => InvitationState::Open,
        }
    }
}

/// The right to register once. Its code is shown only when it is made. Seen with `users:write`.
#[Object]
impl Invitation {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// What has become of it.
    async fn state(&self, ctx: &Context<'_>) -> Result<InvitationState> {
        Ok(self.state_at(cx(ctx).viewer()?.at))
    }

    /// The only address that can be registered with it; null if any can.
    async fn email(&self) -> Option<EmailAddress> {
        self.0.email.clone().map(EmailAddress)
    }

    /// The role that the newcomer gets; null for `subscriber`, or if the viewer may not see it.
    async fn role(&self, ctx: &Context<'_>) -> Result<Option<Role>> {
        match self.0.role_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Role)),
            None => Ok(None),
        }
    }

    /// Who made it; null if the viewer may not see them.
    async fn invited_by(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        match self.0.invited_by {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }

    /// Who registered with it; null if nobody has, or the viewer may not see them.
    async fn used_by(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        match self.0.used_by {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it stops to work.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// When somebody registered with it; null if nobody has.
    async fn used_at(&self) -> Option<DateTime> {
        self.0.used_at.map(DateTime::from)
    }

    /// When it was taken back; null if it was not.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime::from)
    }
}

impl From<invitation::Model> for Invitation {
    fn from(row: invitation::Model) -> Self {
        Self(Arc::new(row))
    }
}
