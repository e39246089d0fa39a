//! What of a user is for whom.

use async_graphql::{Context, Result};

use super::User;
use crate::domain::account::object::Impersonation;
use crate::domain::user::policy;
use crate::graphql::context::cx;

/// The permissions of somebody else, as a loader key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct EffectivePermissions;

impl User {
    pub(super) fn is_own(&self, ctx: &Context<'_>) -> Result<bool> {
        let viewer = cx(ctx).viewer()?;
        Ok(viewer.user == self.0.id && !viewer.is_impersonation())
    }

    pub(super) async fn impersonated(&self, ctx: &Context<'_>) -> Result<Option<Impersonation>> {
        let viewer = cx(ctx).viewer()?;
        match viewer.session() {
            Some(session) if viewer.user == self.0.id && viewer.is_impersonation() => {
                Ok(cx(ctx).load(session).await?.and_then(Impersonation::of))
            }
            _ => Ok(None),
        }
    }

    pub(super) fn private(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(policy::may_see_private(&cx(ctx).viewer()?, self.0.id))
    }
}
