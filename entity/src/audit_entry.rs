//! `audit_log`: who did what to which thing. Append-only, in the transaction of the change.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::id::{ApiKeyId, SessionId, UserId};

#[sea_orm::model]
#[derive(Clone, Debug, DeriveEntityModel, Eq, PartialEq)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub at: DateTimeUtc,
    pub actor_id: Option<UserId>,
    pub on_behalf_of: Option<UserId>,
    pub session_id: Option<SessionId>,
    pub api_key_id: Option<ApiKeyId>,
    pub request_id: String,
    pub action: String,
    pub subject_kind: String,
    pub subject_id: Uuid,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub before: Option<Json>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub after: Option<Json>,
}

impl ActiveModelBehavior for ActiveModel {}
