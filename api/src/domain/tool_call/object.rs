//! The GraphQL types of tool calls.

use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::{Context, Enum, ID, Object, Result};
use entity::tool_call;
use serde::{Deserialize, Serialize};

use crate::domain::message::object::Message;
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
    /// Begun, not finished.
    Running,
    /// Finished with a result.
    Succeeded,
    /// Finished with an error.
    Failed,
    /// Given up before it finished.
    Cancelled,
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
