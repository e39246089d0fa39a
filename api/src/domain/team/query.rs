//! Root queries about teams.

use async_graphql::{Context, ID, Object, Result};
use entity::id::TeamId;

use super::object::Team;
use super::rows::{self, TEAMS_BY_TIME};
use crate::graphql::connection::{Connection, Total};
use crate::graphql::context::cx;
use crate::graphql::guard::{SignedIn, authenticated};
use crate::graphql::id::WireId;
use crate::graphql::paging::Paging;

#[derive(Default)]
pub struct TeamQuery;

#[Object]
impl TeamQuery {
    /// The team; null if there is none that the viewer may see. Needs a signed-in user.
    #[graphql(guard = "SignedIn", directive = authenticated::apply())]
    async fn team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id, beginning with team_.")] id: ID,
    ) -> Result<Option<Team>> {
        let id = TeamId::argument("id", &id)?;
        Ok(cx(ctx).load(id).await?.map(Team))
    }

    /// The teams that the viewer is a member of, in the order in which they were made. Needs a signed-in user.
    #[graphql(guard = "SignedIn", directive = authenticated::apply())]
    async fn teams(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Team>>> {
        let cx = cx(ctx);
        let window = Paging { first, after, last, before }.window(cx, TEAMS_BY_TIME)?;
        let slice = rows::page(&cx.db, &cx.viewer()?, &window).await?;
        let total = Total::later(|cx| Box::pin(async move { rows::count(&cx.db, &cx.viewer()?).await }));
        Ok(Some(Connection::new(slice, TEAMS_BY_TIME, total, Team)))
    }
}
