//! `membership_invitations`: into teams and workspaces, to a user or to an address.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{MembershipInvitationId, TeamId, UserId, WorkspaceId};
use crate::row::{row, text_cell};
use crate::{share, team_member};

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Deserialize, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "membership_invitations")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: MembershipInvitationId,
        pub team_id: Option<TeamId>,
        pub workspace_id: Option<WorkspaceId>,
        pub user_id: Option<UserId>,
        #[sea_orm(column_type = "custom(\"citext\")", select_as = "text", save_as = "citext", nullable)]
        pub email: Option<String>,
        /// A role in a team, a level in a workspace, as those tables have it.
        pub role: String,
        pub invited_by: Option<UserId>,
        pub created_at: DateTimeUtc,
        pub expires_at: DateTimeUtc,
        pub answer: Option<Answer>,
        pub answered_at: Option<DateTimeUtc>,
        pub answered_by: Option<UserId>,
    }
}

/// What came of an invitation.
#[derive(Clone, Copy, Debug, Deserialize, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq, Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Answer {
    Accepted,
    Declined,
    Withdrawn,
    /// It had ended by itself, and a later one took its place.
    Lapsed,
}

text_cell!(Answer);

impl Model {
    /// What they become in the team.
    pub fn team_role(&self) -> Option<team_member::Role> {
        self.team_id.and_then(|_| team_member::Role::try_from_value(&self.role).ok())
    }

    /// What they may do in the workspace.
    pub fn level(&self) -> Option<share::Level> {
        self.workspace_id.and_then(|_| share::Level::try_from_value(&self.role).ok())
    }
}

impl ActiveModelBehavior for ActiveModel {}
