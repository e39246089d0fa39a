//! The GraphQL type of assignments.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use entity::user_role;
use serde::{Deserialize, Serialize};

use super::Role;
use crate::domain::user::object::User;
use crate::graphql::connection::Listed;
use crate::graphql::context::cx;
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::DateTime;

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct RoleAssignment(pub Arc<user_role::Model>);

impl Listed for RoleAssignment {
    const NAME: &'static str = "RoleAssignment";
}

impl Columns for RoleAssignment {}

/// A role given to a user.
#[Object]
impl RoleAssignment {
    /// The role that was given.
    async fn role(&self, ctx: &Context<'_>) -> Result<Option<Role>> {
        Ok(cx(ctx).load(self.0.role_id).await?.map(Role))
    }

    /// Who holds it.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        Ok(cx(ctx).load(self.0.user_id).await?.map(User).map(Row))
    }

    /// Who gave it; null when it came with the account or the giver may not be seen.
    async fn assigned_by(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        match self.0.assigned_by {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }

    /// When it was given.
    async fn assigned_at(&self) -> DateTime {
        self.0.assigned_at.into()
    }

    /// When it ends; null for never.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime::from)
    }
}

impl From<user_role::Model> for RoleAssignment {
    fn from(row: user_role::Model) -> Self {
        Self(Arc::new(row))
    }
}
