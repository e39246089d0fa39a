//! What of a user is for whom, and the longer fields.

use async_graphql::{Context, Result};

use super::User;
use crate::database::keyset::{Order, Slice};
use crate::domain::account::object::Impersonation;
use crate::domain::conversation::object::{Conversation, ConversationFilter, ConversationOrder};
use crate::domain::conversation::rows::OwnedFilter;
use crate::domain::second_factor::object::SecondFactor;
use crate::domain::second_factor::rows::SecondFactors;
use crate::domain::user::policy;
use crate::graphql::connection::{Connection, Total};
use crate::graphql::context::{CountUnder, Under, cx};
use crate::graphql::paging::Paging;

/// The permissions of somebody else, as a loader key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct EffectivePermissions;

impl User {
    pub(super) fn is_own(&self, ctx: &Context<'_>) -> Result<bool> {
        let viewer = cx(ctx).viewer()?;
        Ok(viewer.user == self.0.id && viewer.own_session().is_some())
    }

    pub(super) fn reachable(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(policy::may_see_reach(&cx(ctx).viewer()?, self.0.id))
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

    pub(super) async fn enrolled(&self, ctx: &Context<'_>) -> Result<Option<SecondFactor>> {
        let user = self.0.id;
        let enrolled = cx(ctx).load(Under { parent: user, args: SecondFactors }).await?;
        Ok(enrolled.map(|enrolled| SecondFactor { user, enrolled }))
    }

    /// Those of the user's conversations that exist for the viewer.
    pub(super) async fn owned(
        &self,
        ctx: &Context<'_>,
        filter: Option<ConversationFilter>,
        order_by: Option<ConversationOrder>,
        paging: Paging,
    ) -> Result<Option<Connection<Conversation>>> {
        let (cx, id) = (cx(ctx), self.0.id);
        let order = Order { list: "user.conversations", ..order_by.unwrap_or_default().order() };
        let filter = filter.unwrap_or_default().parse()?;
        let window = paging.window(cx, order)?;
        let args = OwnedFilter { filter: filter.clone(), window };
        let slice = cx.load(Under { parent: id, args }).await?.unwrap_or_else(Slice::empty);
        let total = Total::later(move |cx| {
            let key = CountUnder { parent: id, args: filter.clone() };
            Box::pin(async move { Ok(cx.load(key).await?.unwrap_or(0)) })
        });
        Ok(Some(Connection::new(slice, order, total, Conversation)))
    }
}
