//! The GraphQL types of shares.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result, Union};
use entity::share;
use serde::{Deserialize, Serialize};

use crate::domain::link::loader::Made;
use crate::domain::link::object::{LinkView, ShareLink};
use crate::domain::link::rows::{LATEST_VIEWS, Visits};
use crate::domain::team::object::Team;
use crate::domain::thing::ThingRef;
use crate::domain::thing::object::{AccessLevel, Shareable};
use crate::domain::user::object::User;
use crate::domain::workspace::object::Workspace;
use crate::graphql::connection::{Connection, Listed};
use crate::graphql::context::{Under, cx};
use crate::graphql::id::WireId;
use crate::graphql::paging::Paging;
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::DateTime;

/// To whom something is shared.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "share::Audience")]
pub enum ShareAudience {
    /// One person.
    User,
    /// The members of a team; its viewers only read.
    Team,
    /// The members of a workspace, no further than they may go there.
    Workspace,
    /// Everybody who is signed in. They find it by its id; no list shows it to them.
    Everyone,
    /// Whoever has the link.
    Link,
    /// Somebody who let themselves in, for a reason and for a short time.
    Elevation,
}

/// Whom something is shared with.
#[derive(Union)]
pub enum Grantee {
    User(User),
    Team(Team),
    Workspace(Workspace),
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Share(pub Arc<share::Model>);

impl Listed for Share {
    const NAME: &'static str = "Share";
}

impl Columns for Share {}

impl From<share::Model> for Share {
    fn from(row: share::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// A right on something, given to somebody. Seen by the grantee, by whoever gave it, by those who own or manage the thing,
/// and of a workspace by its members.
#[Object]
impl Share {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// What is shared.
    async fn thing(&self, ctx: &Context<'_>) -> Result<Option<Shareable>> {
        match ThingRef::of(&self.0.thing_kind, self.0.thing_id) {
            Some(thing) => Ok(thing.load(cx(ctx)).await?),
            None => Ok(None),
        }
    }

    /// What kind of grantee it has.
    async fn audience(&self) -> ShareAudience {
        self.0.audience.into()
    }

    /// With whom; null for everybody, or if the viewer may not see them.
    async fn grantee(&self, ctx: &Context<'_>) -> Result<Option<Grantee>> {
        let (cx, row) = (cx(ctx), &self.0);
        Ok(match (row.grantee_id, row.team_id, row.grantee_workspace_id) {
            (Some(id), _, _) => cx.load(id).await?.map(User).map(Grantee::from),
            (_, Some(id), _) => cx.load(id).await?.map(Team).map(Grantee::from),
            (_, _, Some(id)) => cx.load(id).await?.map(Workspace).map(Grantee::from),
            (None, None, None) => None,
        })
    }

    /// What the grantee may do.
    async fn level(&self) -> AccessLevel {
        self.0.level.into()
    }

    /// Whether the grantee may share it with others, up to this level.
    async fn can_reshare(&self) -> bool {
        self.0.can_reshare
    }

    /// When it ends by itself; null for never.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime::from)
    }

    /// Why somebody let themselves in; null for every other share.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// What it was made with, if it is a link; null for every other share.
    async fn link(&self, ctx: &Context<'_>) -> Result<Option<ShareLink>> {
        Ok(cx(ctx).load(Under { parent: self.0.id, args: Made }).await?.map(ShareLink))
    }

    /// Who looked at what a link shows, the latest first; empty for every other share. Kept for 90 days, and a few seconds
    /// behind.
    async fn views(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<LinkView>>> {
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.0.id, paging, LATEST_VIEWS, Visits, LinkView).await?)
    }

    /// Who gave it; null when the account is gone or the viewer may not see it.
    async fn granted_by(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        match self.0.granted_by {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }

    /// Grows by one with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was given.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }
}
