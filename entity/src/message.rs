//! `messages`: one node of a conversation's tree. Its place (parent, depth, position) is given once and never changes.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, MessageId, UserId};
use crate::row::{row, text_cell};

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Deserialize, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "messages")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: MessageId,
        pub conversation_id: ConversationId,
        pub parent_id: Option<MessageId>,
        pub depth: i32,
        pub position: i32,
        pub author_id: Option<UserId>,
        pub role: Role,
        pub content: String,
        pub model: Option<String>,
        pub finish_reason: Option<FinishReason>,
        pub prompt_tokens: Option<i32>,
        pub completion_tokens: Option<i32>,
        pub version: i32,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
        pub edited_at: Option<DateTimeUtc>,
        pub edited_by_id: Option<UserId>,
        /// When its text was removed while its answers stayed.
        pub deleted_at: Option<DateTimeUtc>,
        pub status: Status,
    }
}

impl Model {
    /// An empty message; depth and position are given by the database.
    pub fn new(
        id: MessageId,
        conversation: ConversationId,
        parent: Option<MessageId>,
        role: Role,
        at: DateTimeUtc,
    ) -> Self {
        Self {
            id,
            conversation_id: conversation,
            parent_id: parent,
            depth: 0,
            position: 0,
            author_id: None,
            role,
            content: String::new(),
            model: None,
            finish_reason: None,
            prompt_tokens: None,
            completion_tokens: None,
            version: 1,
            created_at: at,
            updated_at: at,
            edited_at: None,
            edited_by_id: None,
            deleted_at: None,
            status: Status::Complete,
        }
    }
}

/// Who speaks.
#[derive(Clone, Copy, Debug, Deserialize, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq, Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Role {
    System,
    User,
    Assistant,
    Tool,
}

/// Whether it has been written.
#[derive(Clone, Copy, Debug, Deserialize, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq, Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Status {
    Complete,
    Streaming,
    Interrupted,
    Cancelled,
}

/// Why the model stopped.
#[derive(Clone, Copy, Debug, Deserialize, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq, Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum FinishReason {
    Stop,
    Length,
    ToolCalls,
    ContentFilter,
    Cancelled,
    Error,
}

text_cell!(Role, FinishReason, Status);

impl ActiveModelBehavior for ActiveModel {}
