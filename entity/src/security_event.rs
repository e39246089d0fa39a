//! `security_events`: what happened to an account, as its owner is told.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{SecurityEventId, SessionId, UserId};
use crate::row::{row, text_cell};

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Eq, PartialEq)]
    #[sea_orm(table_name = "security_events")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: SecurityEventId,
        pub user_id: UserId,
        pub kind: Kind,
        pub at: DateTimeUtc,
        pub session_id: Option<SessionId>,
        /// The device as it was called then.
        pub device: Option<String>,
        pub address: Option<String>,
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, Deserialize, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq, Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Kind {
    NewDevice,
    SignInFailed,
    SignInLocked,
    SessionReplayed,
    SessionsEnded,
    DeviceTrusted,
    PasswordChanged,
    PasswordResetRequested,
    PasswordReset,
    EmailChanged,
    EmailVerified,
    AccountSuspended,
    AccountReactivated,
    AccountDeactivated,
    AccountDeleted,
    SecondFactorAdded,
    SecondFactorRemoved,
    RecoveryCodeUsed,
    RecoveryCodesRegenerated,
    ApiKeyCreated,
    ApiKeyRotated,
    ApiKeyRevoked,
    IdentityLinked,
    IdentityUnlinked,
    ConversationElevated,
    ImpersonationBegan,
}

text_cell!(Kind);

impl ActiveModelBehavior for ActiveModel {}
