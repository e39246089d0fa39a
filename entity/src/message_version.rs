//! `message_versions`: what messages said before they were edited. Kept by the database, never written by the service.

use sea_orm::entity::prelude::*;

use crate::id::{MessageId, UserId};
use crate::row::row;

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Eq, PartialEq)]
    #[sea_orm(table_name = "message_versions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub message_id: MessageId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i32,
        pub content: String,
        pub replaced_at: DateTimeUtc,
        /// Who wrote this version.
        pub editor_id: Option<UserId>,
    }
}

impl ActiveModelBehavior for ActiveModel {}
