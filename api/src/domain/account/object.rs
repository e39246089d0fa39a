//! The GraphQL type of sessions.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use entity::session;
use serde::{Deserialize, Serialize};

use crate::domain::user::object::User;
use crate::graphql::context::cx;
use crate::graphql::id::WireId;
use crate::graphql::row::Row;
use crate::graphql::scalars::DateTime;

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Session(pub Arc<session::Model>);

impl From<session::Model> for Session {
    fn from(row: session::Model) -> Self {
        Self(Arc::new(row))
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
        Ok(cx(ctx).viewer()?.session == self.0.id)
    }

    /// When it began.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last refreshed, or began.
    async fn last_active_at(&self) -> DateTime {
        self.0.last_active_at.into()
    }

    /// When it ends at the latest, however often it is refreshed.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// When it was ended; null while it is alive or after it simply expired.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime::from)
    }
}
