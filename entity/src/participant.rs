//! `participants`: who takes part in a conversation, and why. Kept by the database, never written by the service.

use sea_orm::entity::prelude::*;

use crate::id::{ConversationId, UserId};
use crate::row::row;

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Eq, PartialEq)]
    #[sea_orm(table_name = "participants")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub conversation_id: ConversationId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: UserId,
        pub is_owner: bool,
        pub is_grantee: bool,
        pub is_author: bool,
    }
}

impl ActiveModelBehavior for ActiveModel {}
