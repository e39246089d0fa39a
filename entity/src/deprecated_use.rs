//! `deprecated_uses`: who uses what the schema calls deprecated.

use sea_orm::entity::prelude::*;

use crate::id::UserId;
use crate::row::{row, text_cell};

/// With what the operation came.
#[derive(Clone, Copy, Debug, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Credential {
    #[sea_orm(string_value = "none")]
    None,
    #[sea_orm(string_value = "session")]
    Session,
    #[sea_orm(string_value = "api_key")]
    ApiKey,
    #[sea_orm(string_value = "password")]
    Password,
    #[sea_orm(string_value = "network")]
    Network,
}

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Eq, PartialEq)]
    #[sea_orm(table_name = "deprecated_uses")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        #[sea_orm(column_type = "Text")]
        pub coordinate: String,
        pub user_id: Option<UserId>,
        pub credential: Credential,
        #[sea_orm(column_type = "Text", nullable)]
        pub operation_name: Option<String>,
        pub uses: i64,
        pub first_seen_at: DateTimeUtc,
        pub last_seen_at: DateTimeUtc,
    }
}

text_cell!(Credential);

impl ActiveModelBehavior for ActiveModel {}
