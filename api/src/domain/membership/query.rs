//! The root query about invitations into teams and workspaces.

use async_graphql::{Context, Object, Result};

use super::object::MembershipInvitation;
use super::rows::{self, LATEST};
use crate::graphql::connection::{Connection, Total};
use crate::graphql::context::cx;
use crate::graphql::guard::{SignedIn, authenticated};
use crate::graphql::paging::Paging;

#[derive(Default)]
pub struct MembershipQuery;

#[Object]
impl MembershipQuery {
    /// The open invitations into teams and workspaces that are to the viewer, by name or by the address that they have
    /// verified, the latest first. Needs a signed-in user.
    #[graphql(guard = "SignedIn", directive = authenticated::apply())]
    async fn membership_invitations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<MembershipInvitation>>> {
        let cx = cx(ctx);
        let window = Paging { first, after, last, before }.window(cx, LATEST)?;
        let slice = rows::page(&cx.db, &cx.viewer()?, &window).await?;
        let total = Total::later(|cx| Box::pin(async move { rows::count(&cx.db, &cx.viewer()?).await }));
        Ok(Some(Connection::new(slice, LATEST, total, MembershipInvitation)))
    }
}
