//! `share_views`: who looked at what a link shows, by visitor and day.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::id::{ShareId, UserId};
use crate::row::row;

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Eq, PartialEq)]
    #[sea_orm(table_name = "share_views")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub share_id: ShareId,
        /// The user, or a keyed hash of a stranger's network address.
        #[sea_orm(primary_key, auto_increment = false)]
        pub visitor: Uuid,
        /// The key has its day.
        #[sea_orm(primary_key, auto_increment = false)]
        pub first_at: DateTimeUtc,
        pub last_at: DateTimeUtc,
        pub user_id: Option<UserId>,
        pub views: i32,
    }
}

impl ActiveModelBehavior for ActiveModel {}
