//! `tools`: what a model may call, and with what.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{ToolId, UserId};
use crate::row::row;

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Deserialize, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "tools")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ToolId,
        /// Nobody for a tool of the installation.
        pub owner_id: Option<UserId>,
        pub name: String,
        pub description: String,
        #[sea_orm(column_type = "JsonBinary")]
        pub parameters: Json,
        pub is_active: bool,
        pub requires_approval: bool,
        pub forked_from_id: Option<ToolId>,
        pub version: i32,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
        pub deleted_at: Option<DateTimeUtc>,
    }
}

impl ActiveModelBehavior for ActiveModel {}
