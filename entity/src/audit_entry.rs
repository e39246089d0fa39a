//! `audit_log`: who did what to which thing. Append-only, in the transaction of the change. `transaction_id` is filled and
//! compared by the database only, so it is not a field here.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::id::{ApiKeyId, AuditEntryId, SessionId, UserId};
use crate::row::{row, text_cell};

/// With what somebody came.
#[derive(Clone, Copy, Debug, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Credential {
    None,
    Session,
    ApiKey,
    Password,
    Network,
    Impersonation,
    Operator,
}

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Eq, PartialEq)]
    #[sea_orm(table_name = "audit_log")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AuditEntryId,
        pub at: DateTimeUtc,
        pub actor_id: Option<UserId>,
        pub on_behalf_of: Option<UserId>,
        pub session_id: Option<SessionId>,
        pub api_key_id: Option<ApiKeyId>,
        /// Null in rows from before it was written down.
        pub credential: Option<Credential>,
        pub request_id: String,
        pub action: String,
        pub subject_kind: String,
        pub subject_id: Uuid,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub before: Option<Json>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub after: Option<Json>,
    }
}

text_cell!(Credential);

impl ActiveModelBehavior for ActiveModel {}
