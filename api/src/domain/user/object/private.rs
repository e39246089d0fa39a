//! What of a user is for whom.

use async_graphql::{Context, Result};

use super::User;
use crate::domain::user::policy;
use crate::graphql::context::cx;

/// The permissions of somebody else, as a loader key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct EffectivePermissions;

impl User {
    pub(super) fn is_own(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(cx(ctx).viewer()?.user == self.0.id)
    }

    pub(super) fn private(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(policy::may_see_private(&cx(ctx).viewer()?, self.0.id))
    }
}
