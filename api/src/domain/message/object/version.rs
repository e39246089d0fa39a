//! What a message said before an edit.

use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::{Context, Object, Result};
use entity::message_version;

use crate::domain::user::object::User;
use crate::graphql::cell::Cell;
use crate::graphql::connection::Listed;
use crate::graphql::context::cx;
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::DateTime;

#[derive(Clone)]
pub struct MessageVersion(pub Arc<message_version::Model>);

impl Listed for MessageVersion {
    const NAME: &'static str = "MessageVersion";
}

impl Columns for MessageVersion {
    fn column<'r>(&'r self, field: &'r Field) -> Option<Cell<'r>> {
        let row = &self.0;
        Some(match field.name.node.as_str() {
            "version" => row.version.into(),
            "content" => row.content.as_str().into(),
            "replacedAt" => row.replaced_at.into(),
            _ => return None,
        })
    }
}

/// What a message said before an edit.
#[Object]
impl MessageVersion {
    /// Which version of the message it was, from 1.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The text.
    async fn content(&self) -> &str {
        &self.0.content
    }

    /// Who wrote this version; null when the account is gone.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        match self.0.editor_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }

    /// When the next version replaced it.
    async fn replaced_at(&self) -> DateTime {
        self.0.replaced_at.into()
    }
}
