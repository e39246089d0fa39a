//! The GraphQL type of second factors.

use async_graphql::{Context, Object, Result};
use entity::id::UserId;
use serde::{Deserialize, Serialize};

use super::policy;
use super::rows::Enrolled;
use crate::graphql::context::cx;
use crate::graphql::guard::visibleTo;
use crate::graphql::scalars::DateTime;

#[derive(Clone, Deserialize, Serialize)]
pub struct SecondFactor {
    pub user: UserId,
    pub enrolled: Enrolled,
}

/// That an account has a second factor. What its fields say is private to its owner; others read null.
#[Object]
impl SecondFactor {
    /// Private to its owner: when the authenticator was confirmed.
    #[graphql(directive = visibleTo::apply(true, None))]
    async fn since(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        Ok(self.is_own(ctx)?.then(|| self.enrolled.since.into()))
    }

    /// Private to its owner: how many recovery codes are unused, 0 to 10.
    #[graphql(directive = visibleTo::apply(true, None))]
    async fn recovery_codes_left(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        Ok(self.is_own(ctx)?.then_some(self.enrolled.codes_left))
    }
}

impl SecondFactor {
    fn is_own(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(policy::may_see_details(&cx(ctx).viewer()?, self.user))
    }
}
