//! `sign_in_flows`: sign-ins with a provider that are under way.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{SignInFlowId, UserId};

#[sea_orm::model]
#[derive(Clone, Debug, Deserialize, DeriveEntityModel, Eq, PartialEq, Serialize)]
#[sea_orm(table_name = "sign_in_flows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SignInFlowId,
    /// As the settings call it.
    pub provider: String,
    pub redirect_uri: String,
    /// Who began it, to link an identity; nobody, to sign in.
    pub user_id: Option<UserId>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub used_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
