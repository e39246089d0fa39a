//! `team_members`: who is in a team, and as what.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{TeamId, UserId};
use crate::row::{row, text_cell};

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Deserialize, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "team_members")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub team_id: TeamId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: UserId,
        pub role: Role,
        pub added_by: Option<UserId>,
        pub joined_at: DateTimeUtc,
    }
}

/// What somebody may do in the team; each includes the ones before it.
#[derive(
    Clone, Copy, Debug, Deserialize, DeriveActiveEnum, EnumIter, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Role {
    Viewer,
    Member,
    Admin,
    Owner,
}

text_cell!(Role);

impl ActiveModelBehavior for ActiveModel {}
