//! The GraphQL types of shares.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result};
use entity::share;
use serde::{Deserialize, Serialize};

use crate::domain::conversation::object::Conversation;
use crate::domain::user::object::User;
use crate::graphql::connection::Listed;
use crate::graphql::context::cx;
use crate::graphql::id::WireId;
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::DateTime;

/// What a share allows; each level includes the ones before it.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "share::Level")]
pub enum ShareLevel {
    /// See the conversation.
    Read,
    /// Append own messages, anywhere in the tree.
    Comment,
    /// Edit messages, retitle, archive, record tool calls.
    Write,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Share(pub Arc<share::Model>);

impl Listed for Share {
    const NAME: &'static str = "Share";
}

impl Columns for Share {}

impl From<share::Model> for Share {
    fn from(row: share::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// A right on a conversation, given to one person. Seen by the conversation's owner and the grantee.
#[Object]
impl Share {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// What is shared.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Option<Row<Conversation>>> {
        Ok(cx(ctx).load(self.0.conversation_id).await?.map(Conversation).map(Row))
    }

    /// With whom.
    async fn grantee(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        Ok(cx(ctx).load(self.0.grantee_id).await?.map(User).map(Row))
    }

    /// What the grantee may do.
    async fn level(&self) -> ShareLevel {
        self.0.level.into()
    }

    /// Who gave it; null when the account is gone.
    async fn granted_by(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        match self.0.granted_by {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }

    /// Grows by one with each change of the level.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was given.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When the level was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }
}
