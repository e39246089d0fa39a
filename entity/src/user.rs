//! `users`: an account. `number` is public, given in order of creation and never used again.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::row::{row, text_cell};

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Deserialize, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: UserId,
        pub number: i64,
        #[sea_orm(column_type = "custom(\"citext\")", select_as = "text", save_as = "citext")]
        pub username: String,
        pub handle: String,
        pub display_name: String,
        #[sea_orm(column_type = "custom(\"citext\")", select_as = "text", save_as = "citext", nullable)]
        pub email: Option<String>,
        /// Goes nowhere but from and to the database.
        #[serde(skip)]
        pub password_hash: Option<String>,
        pub state: State,
        pub version: i32,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
        pub last_signed_in_at: Option<DateTimeUtc>,
        pub email_verified_at: Option<DateTimeUtc>,
        pub password_changed_at: Option<DateTimeUtc>,
        /// Nothing while the account is in the state in which it was made.
        pub state_changed_at: Option<DateTimeUtc>,
        pub state_reason: Option<String>,
        /// From this moment on a suspended account counts as active.
        pub suspended_until: Option<DateTimeUtc>,
    }
}

impl Model {
    /// The state at a moment: a suspension may have ended by itself.
    pub fn state_at(&self, at: DateTimeUtc) -> State {
        match self.state {
            State::Suspended if self.suspended_until.is_some_and(|end| end <= at) => State::Active,
            state => state,
        }
    }

    /// What `account_is_active` of the database says.
    pub fn is_active(&self, at: DateTimeUtc) -> bool {
        self.state_at(at) == State::Active
    }
}

/// Only an active account signs in or acts.
#[derive(Clone, Copy, Debug, Deserialize, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq, Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum State {
    Active,
    Suspended,
    Deactivated,
    Deleted,
}

text_cell!(State);

impl ActiveModelBehavior for ActiveModel {}
