//! The GraphQL types of teams.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result};
use entity::{team, team_member};
use serde::{Deserialize, Serialize};

use super::loader::OwnRole;
use super::rows::{MEMBERS, Members};
use crate::domain::membership::object::MembershipInvitation;
use crate::domain::membership::rows::{LATEST, Open};
use crate::domain::user::object::User;
use crate::graphql::connection::{Connection, Listed};
use crate::graphql::context::{Under, cx};
use crate::graphql::id::WireId;
use crate::graphql::paging::Paging;
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::DateTime;

/// What somebody is in a team; each may what those before it may.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "team_member::Role")]
pub enum TeamRole {
    /// Reads what the team was given, at whatever level.
    Viewer,
    /// Has what the team was given.
    Member,
    /// Renames the team, invites, changes and removes those who are not above.
    Admin,
    /// Everything; there is always one.
    Owner,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Team(pub Arc<team::Model>);

impl Listed for Team {
    const NAME: &'static str = "Team";
}

impl Columns for Team {}

impl From<team::Model> for Team {
    fn from(row: team::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// People who can be given something together. Seen by its members, and with `users:read`.
#[Object]
impl Team {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// The name, 1 to 100 characters; several teams may have the same.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the team is for; may be empty.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// What the viewer is in the team; null if they are no member.
    async fn viewer_role(&self, ctx: &Context<'_>) -> Result<Option<TeamRole>> {
        Ok(cx(ctx).load(Under { parent: self.0.id, args: OwnRole }).await?.map(TeamRole::from))
    }

    /// Who is in the team.
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<TeamMember>>> {
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, self.0.id, paging, MEMBERS, Members, TeamMember).await?)
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

    /// Grows by one with each change of the team itself; members do not count.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When the team itself was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// Since when it is deleted; null if it is not.
    async fn deleted_at(&self) -> Option<DateTime> {
        self.0.deleted_at.map(DateTime::from)
    }
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct TeamMember(pub Arc<team_member::Model>);

impl Listed for TeamMember {
    const NAME: &'static str = "TeamMember";
}

impl Columns for TeamMember {}

impl From<team_member::Model> for TeamMember {
    fn from(row: team_member::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// Somebody in a team.
#[Object]
impl TeamMember {
    /// The team.
    async fn team(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        Ok(cx(ctx).load(self.0.team_id).await?.map(Team))
    }

    /// Who it is.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        Ok(cx(ctx).load(self.0.user_id).await?.map(User).map(Row))
    }

    /// What they are in the team.
    async fn role(&self) -> TeamRole {
        self.0.role.into()
    }

    /// Who invited them; null for whoever made the team, or if the viewer may not see them.
    async fn added_by(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        match self.0.added_by {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }

    /// When they joined.
    async fn joined_at(&self) -> DateTime {
        self.0.joined_at.into()
    }
}
