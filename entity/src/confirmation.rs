//! `confirmations`: what a mailed token stands for, the latest of each user and purpose.

use sea_orm::entity::prelude::*;

use crate::id::{ConfirmationId, UserId};
use crate::row::text_cell;

#[sea_orm::model]
#[derive(Clone, Debug, DeriveEntityModel, Eq, PartialEq)]
#[sea_orm(table_name = "confirmations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub purpose: Purpose,
    #[sea_orm(unique)]
    pub id: ConfirmationId,
    /// Where it was sent.
    #[sea_orm(column_type = "custom(\"citext\")", select_as = "text", save_as = "citext")]
    pub email: String,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub used_at: Option<DateTimeUtc>,
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Purpose {
    PasswordReset,
    EmailVerification,
}

text_cell!(Purpose);

impl ActiveModelBehavior for ActiveModel {}
