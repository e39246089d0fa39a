//! `user_roles`: who holds which role, since when, by whom, until when.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{RoleId, UserId};
use crate::row::row;

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Deserialize, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "user_roles")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: UserId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role_id: RoleId,
        pub assigned_by: Option<UserId>,
        pub assigned_at: DateTimeUtc,
        pub expires_at: Option<DateTimeUtc>,
    }
}

impl ActiveModelBehavior for ActiveModel {}
