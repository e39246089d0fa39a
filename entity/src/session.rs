//! `sessions`: one sign-in. Its refresh tokens are derived from `(id, generation)` and never stored.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{DeviceId, SessionId, UserId};
use crate::row::{row, text_cell};

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Deserialize, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "sessions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: SessionId,
        pub user_id: UserId,
        pub generation: i32,
        pub created_at: DateTimeUtc,
        pub last_active_at: DateTimeUtc,
        pub expires_at: DateTimeUtc,
        pub ended_at: Option<DateTimeUtc>,
        pub end_reason: Option<EndReason>,
        pub device_id: Option<DeviceId>,
        /// Where it was last used from.
        pub address: Option<String>,
        /// When it ends unless it is used before.
        pub idle_expires_at: DateTimeUtc,
        /// When a second factor was last shown in it.
        pub second_factor_at: Option<DateTimeUtc>,
        /// Who works in it as its user.
        #[serde(default)]
        pub impersonator_id: Option<UserId>,
        #[serde(default)]
        pub impersonation_reason: Option<String>,
        /// Whether more than reading is open to them.
        #[serde(default)]
        pub allows_writing: bool,
    }
}

/// Why a session ended before its time.
#[derive(Clone, Copy, Debug, Deserialize, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq, Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum EndReason {
    SignedOut,
    Replayed,
    Revoked,
    Evicted,
    PasswordChanged,
    AccountClosed,
}

text_cell!(EndReason);

impl ActiveModelBehavior for ActiveModel {}
