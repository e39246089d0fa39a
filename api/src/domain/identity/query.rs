//! Root queries about signing in with other providers.

use async_graphql::{Context, Object, Result};

use super::object::SignInProvider;
use crate::graphql::context::cx;
use crate::graphql::guard::open;

#[derive(Default)]
pub struct IdentityQuery;

#[Object]
impl IdentityQuery {
    /// With whose accounts one can sign in, in the order of the settings; empty if there are none. Open to everybody.
    #[graphql(directive = open::apply())]
    async fn sign_in_providers(&self, ctx: &Context<'_>) -> Result<Option<Vec<SignInProvider>>> {
        Ok(Some(cx(ctx).app.providers.all().iter().map(SignInProvider::from).collect()))
    }
}
