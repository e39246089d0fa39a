//! `roles`: a named set of permissions. Default roles ship with the service.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::RoleId;
use crate::row::row;

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Deserialize, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "roles")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: RoleId,
        pub name: String,
        pub description: String,
        pub is_default: bool,
        /// What it inherits from.
        pub parent_id: Option<RoleId>,
        pub is_active: bool,
        /// 0 without a rank; see `docs/access.md`.
        pub level: i32,
        pub version: i32,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
    }
}

impl ActiveModelBehavior for ActiveModel {}
