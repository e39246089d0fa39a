//! `tool_calls`: a tool that a message asked for, and what came of it.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, MessageId, ToolCallId, ToolId, UserId};
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
        pub tool_id: Option<ToolId>,
        pub needs_approval: bool,
        pub decision: Option<Decision>,
        pub decided_by: Option<UserId>,
        pub decided_at: Option<DateTimeUtc>,
        pub decision_reason: Option<String>,
    }
}

#[derive(Clone, Copy, Debug, Deserialize, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq, Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Status {
    Pending,
    AwaitingApproval,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

/// What somebody decided about a call that waited for that.
#[derive(Clone, Copy, Debug, Deserialize, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq, Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Decision {
    Approved,
    Rejected,
}

text_cell!(Status, Decision);

impl Model {
    /// A call as it is asked for at this moment, before anything came of it. The database gives the position.
    pub fn new(
        id: ToolCallId,
        message_id: MessageId,
        conversation_id: ConversationId,
        tool_name: String,
        at: DateTimeUtc,
    ) -> Self {
        Self {
            id,
            message_id,
            conversation_id,
            position: 0,
            call_id: None,
            tool_name,
            arguments: None,
            raw_arguments: None,
            result: None,
            error: None,
            status: Status::Pending,
            started_at: None,
            finished_at: None,
            version: 1,
            created_at: at,
            updated_at: at,
            tool_id: None,
            needs_approval: false,
            decision: None,
            decided_by: None,
            decided_at: None,
            decision_reason: None,
        }
    }
}

impl Model {
    /// How long it ran, in milliseconds, where beginning and end are known.
    pub fn duration_ms(&self) -> Option<i32> {
        let ran = self.finished_at?.signed_duration_since(self.started_at?).num_milliseconds();
        i32::try_from(ran.max(0)).ok()
    }

    /// Whether it does not change any more.
    pub fn is_over(&self) -> bool {
        matches!(self.status, Status::Succeeded | Status::Failed | Status::Cancelled)
    }
}

impl ActiveModelBehavior for ActiveModel {}
