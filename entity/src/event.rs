//! `events`: the outbox. One row for each change that somebody may be told of, in the transaction of the change.
//! `transaction_id` is filled and compared by the database only, so it is not a field here.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::id::{ConversationId, UserId};

#[sea_orm::model]
#[derive(Clone, Debug, DeriveEntityModel, Eq, PartialEq)]
#[sea_orm(table_name = "events")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub at: DateTimeUtc,
    pub kind: String,
    pub subject_kind: String,
    pub subject_id: Uuid,
    pub conversation_id: Option<ConversationId>,
    pub actor_id: Option<UserId>,
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
}

impl ActiveModelBehavior for ActiveModel {}
