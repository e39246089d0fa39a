//! The GraphQL type of API keys.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use entity::api_key;
use serde::{Deserialize, Serialize};

use crate::access::Permission;
use crate::auth::api_key::ApiKeySecret;
use crate::graphql::connection::Listed;
use crate::graphql::context::cx;
use crate::graphql::id::WireId;
use crate::graphql::row::Columns;
use crate::graphql::scalars::DateTime;

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct ApiKey(pub Arc<api_key::Model>);

impl Listed for ApiKey {
    const NAME: &'static str = "ApiKey";
}

impl Columns for ApiKey {}

impl From<api_key::Model> for ApiKey {
    fn from(row: api_key::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// With it a program acts for the account of its owner. Seen by its owner only.
#[Object]
impl ApiKey {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// What it is for, as its owner calls it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The last four characters of the latest secret, by which one tells keys apart.
    async fn ending(&self, ctx: &Context<'_>) -> String {
        let (id, owner, generation) = (self.0.id, self.0.user_id, self.0.generation);
        ApiKeySecret { id, owner, generation }.ending(&cx(ctx).app.tokens)
    }

    /// The permissions that it may use, of those that its owner holds at that moment.
    async fn scopes(&self) -> Vec<Permission> {
        self.0.scopes.iter().filter_map(|name| Permission::parse(name)).collect()
    }

    /// Whether it may act as the user whom `X-User-ID` names.
    async fn may_act_as_others(&self) -> bool {
        self.0.may_act_as
    }

    /// When it ends.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// Until when the secret before the latest is good; null if there is none, or none any more.
    async fn previous_secret_expires_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        let at = cx(ctx).viewer()?.at;
        Ok(self.0.previous_expires_at.filter(|end| *end > at).map(DateTime::from))
    }

    /// When it was last used, to about a minute; null if never.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(DateTime::from)
    }

    /// Grows by one with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }
}
