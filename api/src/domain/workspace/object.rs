//! The GraphQL types of workspaces.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use entity::id::ThingId;
use entity::workspace;
use serde::{Deserialize, Serialize};

use super::loader::OwnLevel;
use crate::domain::conversation::loader::Housed;
use crate::domain::conversation::object::Conversation;
use crate::domain::conversation::rows::BY_ACTIVITY;
use crate::domain::membership::object::MembershipInvitation;
use crate::domain::membership::rows::{LATEST, Open};
use crate::domain::share::object::Share;
use crate::domain::share::rows::{SHARES_BY_TIME, Shares};
use crate::domain::thing::object::AccessLevel;
use crate::graphql::connection::{Connection, Listed};
use crate::graphql::context::{Under, cx};
use crate::graphql::id::WireId;
use crate::graphql::paging::Paging;
use crate::graphql::row::Columns;
use crate::graphql::scalars::DateTime;

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Workspace(pub Arc<workspace::Model>);

impl Listed for Workspace {
    const NAME: &'static str = "Workspace";
}

impl Columns for Workspace {}

impl From<workspace::Model> for Workspace {
    fn from(row: workspace::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// A place for conversations whose members have what is in it. Seen by its members alone.
#[Object]
impl Workspace {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// The name, 1 to 100 characters; several workspaces may have the same.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the workspace is for; may be empty.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// What the viewer may do here, and with what is in it, except that only its owner has the level OWNER on that.
    async fn viewer_access(&self, ctx: &Context<'_>) -> Result<Option<AccessLevel>> {
        Ok(cx(ctx).load(Under { parent: self.0.id, args: OwnLevel }).await?)
    }

    /// Who is a member, users and teams, and at which level: whom the workspace is shared with.
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Share>>> {
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, ThingId::from(self.0.id), paging, SHARES_BY_TIME, Shares, Share).await?)
    }

    /// The open invitations into it, the latest first; seen by those who may bring members, by whoever made one, and by
    /// whoever it is to.
    async fn invitations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<MembershipInvitation>>> {
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.0.id, paging, LATEST, Open, MembershipInvitation).await?)
    }

    /// The conversations that it holds, latest activity first, but for those in their owners' trash.
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Conversation>>> {
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.0.id, paging, BY_ACTIVITY, Housed, Conversation).await?)
    }

    /// Grows by one with each change of the workspace itself; members and what it holds do not count.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When the workspace itself was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// Since when it is deleted; null if it is not.
    async fn deleted_at(&self) -> Option<DateTime> {
        self.0.deleted_at.map(DateTime::from)
    }
}
