//! `tool_calls`: a tool that a message asked for, and what came of it.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, MessageId, ToolCallId};
use crate::row::{row, text_cell};

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Deserialize, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "tool_calls")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ToolCallId,
        pub message_id: MessageId,
        pub conversation_id: ConversationId,
        pub position: i32,
        pub call_id: Option<String>,
        pub tool_name: String,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub arguments: Option<Json>,
        pub raw_arguments: Option<String>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub result: Option<Json>,
        pub error: Option<String>,
        pub status: Status,
        pub started_at: Option<DateTimeUtc>,
        pub finished_at: Option<DateTimeUtc>,
        pub version: i32,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
    }
}

#[derive(Clone, Copy, Debug, Deserialize, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq, Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Status {
    Pending,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

text_cell!(Status);

impl ActiveModelBehavior for ActiveModel {}
