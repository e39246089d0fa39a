//! The GraphQL types of identities and providers.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::identity;
use serde::{Deserialize, Serialize};

use crate::federation::Provider;
use crate::graphql::connection::Listed;
use crate::graphql::context::cx;
use crate::graphql::id::WireId;
use crate::graphql::row::Columns;
use crate::graphql::scalars::DateTime;

/// Somebody whose accounts can be used to sign in.
#[derive(SimpleObject)]
pub struct SignInProvider {
    /// For `beginFederatedSignIn`: 1 to 32 of a-z, 0-9 and `-`.
    pub name: String,
    /// What people call it, for a button.
    pub display_name: String,
}

impl From<&Provider> for SignInProvider {
    fn from(provider: &Provider) -> Self {
        Self { name: provider.name().to_owned(), display_name: provider.display_name().to_owned() }
    }
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Identity(pub Arc<identity::Model>);

impl Listed for Identity {
    const NAME: &'static str = "Identity";
}

impl Columns for Identity {}

impl From<identity::Model> for Identity {
    fn from(row: identity::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// An account at another provider with which its owner signs in here. Seen by its owner only.
#[Object]
impl Identity {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// The provider; null if one cannot sign in with it any more.
    async fn provider(&self, ctx: &Context<'_>) -> Option<SignInProvider> {
        cx(ctx).app.providers.get(&self.0.provider).map(SignInProvider::from)
    }

    /// When it was linked to this account.
    async fn linked_at(&self) -> DateTime {
        self.0.linked_at.into()
    }

    /// When somebody last signed in with it; null if nobody has since it was linked.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(DateTime::from)
    }
}
