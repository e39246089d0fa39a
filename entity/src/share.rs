//! `shares`: who may do what with a thing that can be shared.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{ShareId, TeamId, ThingId, UserId, WorkspaceId};
use crate::row::{row, text_cell};

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Deserialize, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "shares")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ShareId,
        pub thing_id: ThingId,
        pub grantee_id: Option<UserId>,
        pub level: Level,
        pub granted_by: Option<UserId>,
        pub version: i32,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
        pub audience: Audience,
        pub team_id: Option<TeamId>,
        pub grantee_workspace_id: Option<WorkspaceId>,
        pub can_reshare: bool,
        pub expires_at: Option<DateTimeUtc>,
        /// Why somebody let themselves in.
        pub reason: Option<String>,
        /// What kind of thing it is.
        pub thing_kind: String,
    }
}

impl Model {
    /// A right to read, for ever, given at a moment; to whom is still to be said.
    pub fn new(id: ShareId, thing: impl Into<ThingId>, kind: &str, by: UserId, at: DateTimeUtc) -> Self {
        Self {
            id,
            thing_id: thing.into(),
            grantee_id: None,
            level: Level::Read,
            granted_by: Some(by),
            version: 1,
            created_at: at,
            updated_at: at,
            audience: Audience::User,
            team_id: None,
            grantee_workspace_id: None,
            can_reshare: false,
            expires_at: None,
            reason: None,
            thing_kind: kind.to_owned(),
        }
    }
}

/// What the grantee may do; each level includes the ones before it.
#[derive(
    Clone, Copy, Debug, Deserialize, DeriveActiveEnum, EnumIter, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Level {
    Read,
    Comment,
    Write,
    Manage,
    Owner,
}

impl Level {
    /// As the database counts the levels.
    pub fn rank(self) -> i16 {
        match self {
            Self::Read => 1,
            Self::Comment => 2,
            Self::Write => 3,
            Self::Manage => 4,
            Self::Owner => 5,
        }
    }

    /// The level of a rank, as the database counts them.
    pub fn of_rank(rank: i16) -> Option<Self> {
        Some(match rank {
            1 => Self::Read,
            2 => Self::Comment,
            3 => Self::Write,
            4 => Self::Manage,
            5 => Self::Owner,
            _ => return None,
        })
    }
}

/// To whom.
#[derive(Clone, Copy, Debug, Deserialize, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq, Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Audience {
    User,
    Team,
    Workspace,
    Everyone,
    Link,
    Elevation,
}

text_cell!(Level, Audience);

impl ActiveModelBehavior for ActiveModel {}
