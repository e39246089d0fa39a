//! The guards of root fields. They ask the actor and wait for nothing.

use async_graphql::{Context, Guard, Result};

use super::context::cx;
use crate::access::Permission;

/// Lets those pass who hold the permission.
pub struct Requires(pub Permission);

impl Guard for Requires {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        cx(ctx).actor().require(self.0)?;
        Ok(())
    }
}

/// Lets everybody pass who has signed in; not keys and passwords that come with the request.
pub struct InSession;

impl Guard for InSession {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        cx(ctx).viewer()?.in_session()?;
        Ok(())
    }
}

/// Lets everybody pass who is signed in, by whatever.
pub struct SignedIn;

impl Guard for SignedIn {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        cx(ctx).viewer()?;
        Ok(())
    }
}
