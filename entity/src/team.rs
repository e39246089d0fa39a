//! `teams`: a set of people who can be given something together.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::TeamId;
use crate::row::row;

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Deserialize, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "teams")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: TeamId,
        pub name: String,
        pub description: String,
        pub version: i32,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
        pub deleted_at: Option<DateTimeUtc>,
    }
}

impl ActiveModelBehavior for ActiveModel {}
