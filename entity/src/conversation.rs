//! `conversations`: a tree of messages with one owner. The count and the last message are kept by the database.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AdvisorId, ConversationId, MessageId, UserId, WorkspaceId};
use crate::row::{row, text_cell};

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Deserialize, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "conversations")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ConversationId,
        pub owner_id: UserId,
        pub advisor_id: Option<AdvisorId>,
        pub title: Option<String>,
        pub status: Status,
        pub archived_at: Option<DateTimeUtc>,
        pub deleted_at: Option<DateTimeUtc>,
        pub message_count: i32,
        pub next_position: i32,
        pub last_message_id: Option<MessageId>,
        pub last_activity_at: DateTimeUtc,
        pub version: i32,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
        /// The workspace that holds it.
        pub workspace_id: Option<WorkspaceId>,
        /// The end of the branch that the owner reads, and so does everybody who has not chosen another.
        pub active_leaf_id: Option<MessageId>,
        pub forked_from_id: Option<ConversationId>,
        /// The last message of the branch that was copied; none for a copy of the whole tree. It may be gone.
        pub forked_from_message_id: Option<MessageId>,
    }
}

#[derive(Clone, Copy, Debug, Deserialize, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq, Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Status {
    Active,
    Archived,
}

text_cell!(Status);

impl Model {
    /// An empty conversation that begins at a moment.
    pub fn new(id: ConversationId, owner: UserId, at: DateTimeUtc) -> Self {
        Self {
            id,
            owner_id: owner,
            advisor_id: None,
            title: None,
            status: Status::Active,
            archived_at: None,
            deleted_at: None,
            message_count: 0,
            next_position: 1,
            last_message_id: None,
            last_activity_at: at,
            version: 1,
            created_at: at,
            updated_at: at,
            workspace_id: None,
            active_leaf_id: None,
            forked_from_id: None,
            forked_from_message_id: None,
        }
    }
}

impl ActiveModelBehavior for ActiveModel {}
