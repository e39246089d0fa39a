//! `identities`: who a user is at a provider that they sign in with.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{IdentityId, UserId};
use crate::row::row;

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, Deserialize, DeriveEntityModel, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "identities")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: IdentityId,
        pub user_id: UserId,
        /// As the settings call it.
        pub provider: String,
        pub issuer: String,
        /// What the issuer calls the person.
        pub subject: String,
        pub linked_at: DateTimeUtc,
        pub last_used_at: Option<DateTimeUtc>,
    }
}

impl ActiveModelBehavior for ActiveModel {}
