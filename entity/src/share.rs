//! `shares`: a right on a conversation, given to one person.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, ShareId, UserId};
use crate::row::{row, text_cell};

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Deserialize, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "shares")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ShareId,
        pub conversation_id: ConversationId,
        pub grantee_id: UserId,
        pub level: Level,
        pub granted_by: Option<UserId>,
        pub version: i32,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
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
}

text_cell!(Level);

impl ActiveModelBehavior for ActiveModel {}
