//! Who takes part in a conversation.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use entity::participant;

use crate::domain::user::object::User;
use crate::graphql::connection::Listed;
use crate::graphql::context::cx;
use crate::graphql::row::{Columns, Row};

#[derive(Clone)]
pub struct Participant(pub Arc<participant::Model>);

impl Listed for Participant {
    const NAME: &'static str = "Participant";
}

impl Columns for Participant {}

/// Somebody who takes part in a conversation, and why.
#[Object]
impl Participant {
    /// Who it is.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        Ok(cx(ctx).load(self.0.user_id).await?.map(User).map(Row))
    }

    /// Whether they own the conversation.
    async fn is_owner(&self) -> bool {
        self.0.is_owner
    }

    /// Whether it is shared with them.
    async fn is_grantee(&self) -> bool {
        self.0.is_grantee
    }

    /// Whether they wrote in it; stays when the share is taken back.
    async fn is_author(&self) -> bool {
        self.0.is_author
    }
}
