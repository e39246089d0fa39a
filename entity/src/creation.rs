//! `creations`: what a creation with a `clientId` made, so that the same call again answers with the first result.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::id::UserId;

#[sea_orm::model]
#[derive(Clone, Debug, DeriveEntityModel, Eq, PartialEq)]
#[sea_orm(table_name = "creations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub client_id: Uuid,
    pub action: String,
    pub digest: Vec<u8>,
    pub subject_id: Uuid,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
