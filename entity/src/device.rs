//! `devices`: what a user signs in with, as far as the service can tell them apart.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{DeviceId, UserId};
use crate::row::{row, text_cell};

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, Deserialize, DeriveEntityModel, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "devices")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: DeviceId,
        pub user_id: UserId,
        /// A keyed hash of the user agent.
        pub fingerprint: Vec<u8>,
        pub name: String,
        pub platform: Platform,
        /// Until then its token is believed.
        pub trusted_until: Option<DateTimeUtc>,
        pub version: i32,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
        pub last_seen_at: DateTimeUtc,
    }
}

/// What kind of thing a device is.
#[derive(Clone, Copy, Debug, Deserialize, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq, Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Platform {
    Browser,
    Mobile,
    Desktop,
    Script,
    Unknown,
}

text_cell!(Platform);

impl ActiveModelBehavior for ActiveModel {}
