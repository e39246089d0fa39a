//! `api_keys`: a key with which a program acts for an account. Its secrets are derived and never stored.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{ApiKeyId, UserId};
use crate::row::row;

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, Deserialize, DeriveEntityModel, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "api_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ApiKeyId,
        pub user_id: UserId,
        pub name: String,
        pub scopes: Vec<String>,
        /// Whether it may act as somebody else.
        pub may_act_as: bool,
        pub generation: i32,
        /// Until then the secret before the latest is good.
        pub previous_expires_at: Option<DateTimeUtc>,
        pub expires_at: DateTimeUtc,
        pub last_used_at: Option<DateTimeUtc>,
        pub revoked_at: Option<DateTimeUtc>,
        pub version: i32,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
    }
}

impl ActiveModelBehavior for ActiveModel {}
