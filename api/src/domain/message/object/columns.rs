//! What a message's row tells without waiting, and what messages are asked together.

use async_graphql::parser::types::Field;
use async_graphql::{Context, ServerResult, Value};
use entity::message;
use futures_util::future::BoxFuture;

use super::{FinishReason, Message, MessageRole, MessageStatus};
use crate::domain::tool_call::object::ToolCall;
use crate::domain::tool_call::rows::{TOOL_CALLS_BY_POSITION, ToolCalls};
use crate::graphql::cell::Cell;
use crate::graphql::connection::Connection;
use crate::graphql::row::Columns;

impl Columns for Message {
    fn column<'r>(&'r self, field: &'r Field) -> Option<Cell<'r>> {
        let row = &self.0;
        Some(match field.name.node.as_str() {
            "id" => Cell::id(row.id),
            "depth" => row.depth.into(),
            "position" => row.position.into(),
            "role" => Cell::name(MessageRole::from(row.role)),
            // What is being written is not all in the row.
            "content" if row.status != message::Status::Streaming => row.content.as_str().into(),
            "status" => Cell::name(MessageStatus::from(row.status)),
            "model" => row.model.as_deref().into(),
            "finishReason" => row.finish_reason.map_or(Cell::Null, |reason| Cell::name(FinishReason::from(reason))),
            "promptTokens" => row.prompt_tokens.into(),
            "completionTokens" => row.completion_tokens.into(),
            "version" => row.version.into(),
            "createdAt" => row.created_at.into(),
            "updatedAt" => row.updated_at.into(),
            "editedAt" => row.edited_at.into(),
            "deletedAt" => row.deleted_at.into(),
            _ => return None,
        })
    }

    fn together<'r>(rows: &'r [Self], ctx: &'r Context<'r>) -> Option<BoxFuture<'r, ServerResult<Vec<Value>>>> {
        if ctx.item.node.name.node != "toolCalls" {
            return None;
        }
        let places = rows.iter().map(Message::place).collect();
        Some(Box::pin(Connection::under_each(ctx, places, TOOL_CALLS_BY_POSITION, ToolCalls, ToolCall)))
    }
}
