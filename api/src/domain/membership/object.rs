//! The GraphQL types of invitations into teams and workspaces.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result};
use entity::membership_invitation::{self, Answer};
use serde::{Deserialize, Serialize};

use super::loader::PlaceName;
use crate::domain::team::object::{Team, TeamRole};
use crate::domain::thing::object::AccessLevel;
use crate::domain::user::object::User;
use crate::domain::workspace::object::Workspace;
use crate::graphql::connection::Listed;
use crate::graphql::context::{Under, cx};
use crate::graphql::id::WireId;
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::{DateTime, EmailAddress};

/// What has become of an invitation into a team or a workspace.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
pub enum MembershipInvitationState {
    /// It can still be accepted.
    Open,
    /// The person is a member by it.
    Accepted,
    /// The person does not want to be one.
    Declined,
    /// It was taken back.
    Withdrawn,
    /// Nobody answered in time.
    Expired,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct MembershipInvitation(pub Arc<membership_invitation::Model>);

impl Listed for MembershipInvitation {
    const NAME: &'static str = "MembershipInvitation";
}

impl Columns for MembershipInvitation {}

impl From<membership_invitation::Model> for MembershipInvitation {
    fn from(row: membership_invitation::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// An invitation into a team or a workspace. Seen by whoever it is to, by whoever made it, and by those who may bring
/// members there.
#[Object]
impl MembershipInvitation {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// What has become of it.
    async fn state(&self, ctx: &Context<'_>) -> Result<MembershipInvitationState> {
        let at = cx(ctx).viewer()?.at;
        Ok(match self.0.answer {
            Some(Answer::Accepted) => MembershipInvitationState::Accepted,
            Some(Answer::Declined) => MembershipInvitationState::Declined,
            Some(Answer::Withdrawn) => MembershipInvitationState::Withdrawn,
            Some(Answer::Lapsed) => MembershipInvitationState::Expired,
            None if self.0.expires_at <= at => MembershipInvitationState::Expired,
            None => MembershipInvitationState::Open,
        })
    }

    /// What it leads into, as it is called; for those who are no members yet, too.
    async fn name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(cx(ctx).load(Under { parent: self.0.id, args: PlaceName }).await?)
    }

    /// The team; null for a workspace, or while the viewer is no member.
    async fn team(&self, ctx: &Context<'_>) -> Result<Option<Team>> {
        match self.0.team_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Team)),
            None => Ok(None),
        }
    }

    /// The workspace; null for a team, or while the viewer is no member.
    async fn workspace(&self, ctx: &Context<'_>) -> Result<Option<Workspace>> {
        match self.0.workspace_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Workspace)),
            None => Ok(None),
        }
    }

    /// What they become in the team; null for a workspace.
    async fn team_role(&self) -> Option<TeamRole> {
        self.0.team_role().map(TeamRole::from)
    }

    /// What they may do in the workspace; null for a team.
    async fn level(&self) -> Option<AccessLevel> {
        self.0.level().map(AccessLevel::from)
    }

    /// Whom it is to; null if it is to an address, or the viewer may not see them.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        match self.0.user_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }

    /// The address that it is to; null if it is to a user.
    async fn email(&self) -> Option<EmailAddress> {
        self.0.email.clone().map(EmailAddress)
    }

    /// Who made it; null if the account is gone or the viewer may not see it.
    async fn invited_by(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        match self.0.invited_by {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it ends by itself.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// When it was accepted, declined or withdrawn; null if it was not.
    async fn answered_at(&self) -> Option<DateTime> {
        let answered = self.0.answered_at.filter(|_| self.0.answer != Some(Answer::Lapsed));
        answered.map(DateTime::from)
    }
}
