//! `invitations`: the right to register once, kept as the hash of a code.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{InvitationId, RoleId, UserId};
use crate::row::row;

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Deserialize, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "invitations")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: InvitationId,
        /// Goes nowhere but from and to the database.
        #[serde(skip)]
        pub code_hash: Vec<u8>,
        #[sea_orm(column_type = "custom(\"citext\")", select_as = "text", save_as = "citext", nullable)]
        pub email: Option<String>,
        pub invited_by: Option<UserId>,
        pub created_at: DateTimeUtc,
        pub expires_at: DateTimeUtc,
        pub used_at: Option<DateTimeUtc>,
        pub used_by: Option<UserId>,
        /// What the newcomer gets instead of the role of newcomers.
        pub role_id: Option<RoleId>,
        pub revoked_at: Option<DateTimeUtc>,
    }
}

impl ActiveModelBehavior for ActiveModel {}
