//! The GraphQL types of tool calls.

use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::{Context, Enum, ID, Object, Result};
use entity::tool_call;
use serde::{Deserialize, Serialize};

use crate::domain::message::object::Message;
use crate::domain::tool::object::Tool;
use crate::domain::user::object::User;
use crate::graphql::cell::Cell;
use crate::graphql::connection::Listed;
use crate::graphql::context::cx;
use crate::graphql::id::WireId;
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::{DateTime, Json};

/// How far a tool call is.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "tool_call::Status")]
pub enum ToolCallStatus {
    /// Asked for, not begun.
    Pending,
    /// Asked for, and somebody has to approve it first.
    AwaitingApproval,
    /// Begun, not finished.
    Running,
    /// Finished with a result.
    Succeeded,
    /// Finished with an error.
    Failed,
    /// Given up before it finished.
    Cancelled,
}

/// What somebody decided about a call that waited for that.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "tool_call::Decision")]
pub enum ToolCallDecision {
    /// It may go on.
    Approved,
    /// It was cancelled.
    Rejected,
}

/// That a call has to be approved, and what was decided.
pub struct ToolCallApproval(Arc<tool_call::Model>);

/// That a call has to be approved, and what was decided.
#[Object]
impl ToolCallApproval {
    /// What was decided; null while nobody has, and for a call that was cancelled before.
    async fn decision(&self) -> Option<ToolCallDecision> {
        self.0.decision.map(ToolCallDecision::from)
    }

    /// Who decided; null while nobody has, when the account is gone, or if the viewer may not see it.
    async fn decided_by(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        match self.0.decided_by {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }

    /// When it was decided; null while it is not.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime::from)
    }

    /// Why it was rejected, at most 1,000 characters; null for every other call.
    async fn reason(&self) -> Option<&str> {
        self.0.decision_reason.as_deref()
    }
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct ToolCall(pub Arc<tool_call::Model>);

impl Listed for ToolCall {
    const NAME: &'static str = "ToolCall";
}

impl Columns for ToolCall {
    fn column<'r>(&'r self, field: &'r Field) -> Option<Cell<'r>> {
        let row = &self.0;
        Some(match field.name.node.as_str() {
            "id" => Cell::id(row.id),
            "position" => row.position.into(),
            "callId" => row.call_id.as_deref().into(),
            "toolName" => row.tool_name.as_str().into(),
            "rawArguments" => row.raw_arguments.as_deref().into(),
            "status" => Cell::name(ToolCallStatus::from(row.status)),
            "error" => row.error.as_deref().into(),
            "startedAt" => row.started_at.into(),
            "finishedAt" => row.finished_at.into(),
            "durationMs" => row.duration_ms().into(),
            "version" => row.version.into(),
            "createdAt" => row.created_at.into(),
            "updatedAt" => row.updated_at.into(),
            _ => return None,
        })
    }
}

impl From<tool_call::Model> for ToolCall {
    fn from(row: tool_call::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// What a message asked a tool to do, and what came of it. Seen by whoever sees the conversation.
#[Object]
impl ToolCall {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// The message that asked.
    async fn message(&self, ctx: &Context<'_>) -> Result<Option<Row<Message>>> {
        Ok(cx(ctx).load(self.0.message_id).await?.map(Message).map(Row))
    }

    /// Its place among the calls of the message: 1, 2, 3 …
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// The model provider's own id of the call, unique within the message; null if it gave none.
    async fn call_id(&self) -> Option<&str> {
        self.0.call_id.as_deref()
    }

    /// The tool's name, 1 to 200 characters.
    async fn tool_name(&self) -> &str {
        &self.0.tool_name
    }

    /// The tool whose definition it follows; null if none was named, or if the viewer may not see it by now.
    async fn tool(&self, ctx: &Context<'_>) -> Result<Option<Row<Tool>>> {
        match self.0.tool_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Tool).map(Row)),
            None => Ok(None),
        }
    }

    /// Whether it was approved, by whom and when; null if it needs no approval.
    async fn approval(&self) -> Option<ToolCallApproval> {
        self.0.needs_approval.then(|| ToolCallApproval(self.0.clone()))
    }

    /// What the tool was asked, as JSON; null when the model did not produce JSON.
    async fn arguments(&self) -> Option<Json> {
        self.0.arguments.clone().map(Json)
    }

    /// What the model produced in place of JSON, as it came; null when the arguments are JSON.
    async fn raw_arguments(&self) -> Option<&str> {
        self.0.raw_arguments.as_deref()
    }

    /// How far it is.
    async fn status(&self) -> ToolCallStatus {
        self.0.status.into()
    }

    /// What the tool answered; only when it succeeded.
    async fn result(&self) -> Option<Json> {
        self.0.result.clone().map(Json)
    }

    /// Why it failed; only when it failed.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// When it began; null if nobody said.
    async fn started_at(&self) -> Option<DateTime> {
        self.0.started_at.map(DateTime::from)
    }

    /// When it succeeded, failed or was cancelled; null until then.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime::from)
    }

    /// How long it ran, in milliseconds; null until it is over, and if nobody said when it began.
    async fn duration_ms(&self) -> Option<i32> {
        self.0.duration_ms()
    }

    /// Grows by one with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was recorded.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }
}
