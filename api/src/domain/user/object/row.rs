//! The GraphQL type of users over its row.

use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::{Context, Result, Value};
use entity::user;
use serde::{Deserialize, Serialize};

use crate::domain::user::policy;
use crate::graphql::connection::Listed;
use crate::graphql::context::cx;
use crate::graphql::id::WireId;
use crate::graphql::row::Columns;
use crate::graphql::scalars::DateTime;

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct User(pub Arc<user::Model>);

impl Listed for User {
    const NAME: &'static str = "User";
}

impl Columns for User {
    fn column(&self, field: &Field) -> Option<Value> {
        let row = &self.0;
        Some(match field.name.node.as_str() {
            "id" => row.id.encode().into(),
            "number" => row.number.into(),
            "username" => row.username.as_str().into(),
            "handle" => row.handle.as_str().into(),
            "displayName" => row.display_name.as_str().into(),
            "version" => row.version.into(),
            "createdAt" => DateTime(row.created_at).into(),
            "updatedAt" => DateTime(row.updated_at).into(),
            _ => return None,
        })
    }
}

impl From<user::Model> for User {
    fn from(row: user::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// The permissions of somebody else, as a loader key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct EffectivePermissions;

impl User {
    pub(super) fn is_own(&self, ctx: &Context<'_>) -> Result<bool> {
        let viewer = cx(ctx).viewer()?;
        Ok(viewer.user == self.0.id && viewer.session().is_some())
    }

    pub(super) fn reachable(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(policy::may_see_reach(&cx(ctx).viewer()?, self.0.id))
    }

    pub(super) fn private(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(policy::may_see_private(&cx(ctx).viewer()?, self.0.id))
    }
}
