//! Root mutations about tool calls.

use async_graphql::{Context, Enum, ID, InputObject, Object, OneofObject, Result};
use chrono::{DateTime, Utc};
use entity::id::{MessageId, ToolCallId};
use entity::tool_call::{self, ActiveModel, Model, Status};
use sea_orm::{ActiveEnum, ActiveValue::Set};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::object::ToolCall;
use super::rows;
use crate::access::Permission;
use crate::domain::conversation::policy as conversation_policy;
use crate::domain::message::policy;
use crate::domain::{conversation, message};
use crate::error::{Error, UserError, violated_constraint};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::Requires;
use crate::graphql::payload::payloads;
use crate::graphql::scalars::{self, Json};
use crate::write::{self, Change, Creation, Tx};

/// Longest raw arguments or error, in characters.
const LONGEST: usize = 100_000;

/// What a tool was asked.
#[derive(OneofObject)]
pub enum ToolArguments {
    /// Arguments as JSON.
    Json(Json),
    /// What the model produced in place of JSON, at most 100,000 characters, kept as it is.
    Raw(String),
}

/// How far a call is when it is recorded.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
pub enum ToolCallStart {
    /// Asked for, not begun.
    Pending,
    /// Begun now.
    Running,
}

/// A new tool call.
#[derive(InputObject)]
pub struct RecordToolCallInput {
    /// The message that asked, in a conversation with the level WRITE.
    message_id: ID,
    /// The tool's name, 1 to 200 characters.
    tool_name: String,
    /// What it was asked.
    arguments: ToolArguments,
    /// The model provider's own id of the call, 1 to 200 characters, unique within the message.
    call_id: Option<String>,
    /// Whether the tool has begun already.
    #[graphql(default_with = "ToolCallStart::Pending")]
    status: ToolCallStart,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
}

/// What came of a tool call.
#[derive(OneofObject)]
pub enum ToolOutcome {
    /// It has begun: the call is running now. Pass true.
    Started(bool),
    /// It succeeded with this result.
    Result(Json),
    /// It failed for this reason, 1 to 100,000 characters.
    Error(String),
    /// It was given up. Pass true.
    Cancelled(bool),
}

/// News of a tool call.
#[derive(InputObject)]
pub struct RecordToolResultInput {
    /// The tool call, in a conversation with the level WRITE. A finished one does not change.
    tool_call_id: ID,
    /// What came of it.
    outcome: ToolOutcome,
    /// The version that the news is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
}

payloads! {
    /// The answer to `recordToolCall`.
    RecordToolCallPayload {
        /// The new tool call, or the one that this `clientId` made earlier.
        tool_call: ToolCall,
    }
    /// The answer to `recordToolResult`.
    RecordToolResultPayload {
        /// The tool call as it is now, also when `expectedVersion` was stale.
        tool_call: ToolCall,
    }
}

#[derive(Serialize)]
struct NewToolCall {
    message: MessageId,
    tool_name: String,
    arguments: Option<Value>,
    raw_arguments: Option<String>,
    call_id: Option<String>,
    running: bool,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl RecordToolCallInput {
    fn parse(self) -> Result<NewToolCall, Error> {
        let mut checks = Checks::default();
        let message = checks.id(&["messageId"], &self.message_id);
        let tool_name = checks.line(&["toolName"], &self.tool_name, 1..=200);
        let (arguments, raw_arguments) = match self.arguments {
            ToolArguments::Json(Json(value)) => (Some(checks.json(&["arguments", "json"], value)), None),
            ToolArguments::Raw(text) => (None, Some(checks.text(&["arguments", "raw"], text, 0..=LONGEST))),
        };
        let call_id = self.call_id.map(|id| checks.line(&["callId"], &id, 1..=200));
        let client_id = checks.client_id(self.client_id.as_ref());
        checks.done()?;
        let running = self.status == ToolCallStart::Running;
        Ok(NewToolCall { message, tool_name, arguments, raw_arguments, call_id, running, client_id })
    }
}

struct News {
    id: ToolCallId,
    status: Status,
    result: Option<Value>,
    error: Option<String>,
    expected_version: Option<i32>,
}

impl RecordToolResultInput {
    fn parse(self) -> Result<News, Error> {
        let mut checks = Checks::default();
        let id = checks.id(&["toolCallId"], &self.tool_call_id);
        let mut news =
            News { id, status: Status::Running, result: None, error: None, expected_version: self.expected_version };
        match self.outcome {
            ToolOutcome::Started(true) => {}
            ToolOutcome::Cancelled(true) => news.status = Status::Cancelled,
            ToolOutcome::Started(false) => checks.refuse(UserError::invalid(&["outcome", "started"], "Pass true.")),
            ToolOutcome::Cancelled(false) => checks.refuse(UserError::invalid(&["outcome", "cancelled"], "Pass true.")),
            ToolOutcome::Result(Json(value)) => {
                news.status = Status::Succeeded;
                news.result = Some(checks.json(&["outcome", "result"], value));
            }
            ToolOutcome::Error(text) => {
                news.status = Status::Failed;
                news.error = Some(checks.text(&["outcome", "error"], text, 1..=LONGEST));
            }
        }
        checks.done()?;
        Ok(news)
    }
}

#[derive(Default)]
pub struct ToolCallMutation;

#[Object]
impl ToolCallMutation {
    /// Records that a message asks for a tool. Needs `messages:write` and the level WRITE.
    #[graphql(guard = "Requires(Permission::MessagesWrite)")]
    async fn record_tool_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The tool call.")] input: RecordToolCallInput,
    ) -> Result<Option<RecordToolCallPayload>> {
        let payload = write::run(cx(ctx), input.parse(), |tx, draft| {
            Box::pin(async move {
                let tool_call = Some(record(tx, draft).await?);
                Ok(RecordToolCallPayload { tool_call, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Records how a tool call goes on or what came of it. Needs `messages:write` and the level WRITE.
    #[graphql(guard = "Requires(Permission::MessagesWrite)")]
    async fn record_tool_result(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The news.")] input: RecordToolResultInput,
    ) -> Result<Option<RecordToolResultPayload>> {
        let payload = write::run(cx(ctx), input.parse(), |tx, news| Box::pin(async move { apply(tx, news).await }));
        Ok(payload.await?)
    }
}

async fn record(tx: &Tx, draft: NewToolCall) -> Result<ToolCall, Error> {
    let viewer = tx.actor.principal()?;
    let not_found = || Error::refused(UserError::not_found(&["messageId"]));
    let message = message::rows::find(tx, viewer, draft.message).await?.ok_or_else(not_found)?;
    let found = conversation::rows::find_for_share(tx, viewer, message.conversation_id).await?;
    let (talk, level) = found.ok_or_else(not_found)?;
    policy::may_record_tool_calls(level)?;
    conversation_policy::outside_trash(&talk, &["messageId"])?;
    let id = ToolCallId(tx.new_id());
    if let Creation::Again(first) = tx.claim("tool_call.record", draft.client_id, &draft, id).await? {
        let first = ToolCallId(first);
        let row = rows::by_ids(tx, viewer, &[first]).await?.remove(&first);
        return row.map(ToolCall).ok_or_else(|| Error::refused(UserError::not_found(&["clientId"])));
    }
    let row = Model {
        id,
        message_id: message.id,
        conversation_id: message.conversation_id,
        position: 0,
        call_id: draft.call_id,
        tool_name: draft.tool_name,
        arguments: draft.arguments,
        raw_arguments: draft.raw_arguments,
        result: None,
        error: None,
        status: if draft.running { Status::Running } else { Status::Pending },
        started_at: draft.running.then_some(tx.at),
        finished_at: None,
        version: 1,
        created_at: tx.at,
        updated_at: tx.at,
    };
    let row = rows::insert(tx, row).await.map_err(|cause| match violated_constraint(&cause) {
        Some("tool_calls_call_id_key") => {
            Error::refused(UserError::conflict(&["callId"], "The message has a call of this id."))
        }
        _ => cause.into(),
    })?;
    let after = json!({ "message": row.message_id, "toolName": row.tool_name, "status": row.status.to_value() });
    tx.record(Change::new("tool_call.record", "tool_call", id).within(row.conversation_id).after(after)).await?;
    Ok(row.into())
}

async fn apply(tx: &Tx, news: News) -> Result<RecordToolResultPayload, Error> {
    let viewer = tx.actor.principal()?;
    let not_found = || Error::refused(UserError::not_found(&["toolCallId"]));
    let mut known = rows::by_ids(tx, viewer, &[news.id]).await?;
    let place = known.remove(&news.id).ok_or_else(not_found)?.conversation_id;
    let (talk, level) = conversation::rows::find_for_share(tx, viewer, place).await?.ok_or_else(not_found)?;
    let row = rows::find_for_update(tx, viewer, news.id).await?.ok_or_else(not_found)?;
    policy::may_record_tool_calls(level)?;
    conversation_policy::outside_trash(&talk, &["toolCallId"])?;
    if news.expected_version.is_some_and(|version| version != row.version) {
        let message = "The tool call has changed meanwhile; its present state is in the answer.";
        let stale = UserError::conflict(&["expectedVersion"], message);
        return Ok(RecordToolResultPayload { tool_call: Some(row.into()), user_errors: vec![stale] });
    }
    let same = row.status == news.status && row.result == news.result && row.error == news.error;
    if same {
        tx.unchanged();
        return Ok(RecordToolResultPayload { tool_call: Some(row.into()), ..Default::default() });
    }
    if finished(row.status) {
        let error = UserError::conflict(&["toolCallId"], "The tool call has finished and does not change.");
        return Ok(RecordToolResultPayload { tool_call: Some(row.into()), user_errors: vec![error] });
    }
    let changed = rows::update(tx, change(&row, &news, tx.at)).await?;
    let record = Change::new("tool_call.result", "tool_call", row.id)
        .within(row.conversation_id)
        .before(json!({ "status": row.status.to_value() }))
        .after(json!({ "status": changed.status.to_value() }));
    tx.record(record).await?;
    Ok(RecordToolResultPayload { tool_call: Some(changed.into()), ..Default::default() })
}

fn finished(status: Status) -> bool {
    matches!(status, Status::Succeeded | Status::Failed | Status::Cancelled)
}

fn change(row: &tool_call::Model, news: &News, at: DateTime<Utc>) -> ActiveModel {
    let started_at = match news.status {
        Status::Running => row.started_at.or(Some(at)),
        _ => row.started_at,
    };
    ActiveModel {
        id: Set(row.id),
        status: Set(news.status),
        result: Set(news.result.clone()),
        error: Set(news.error.clone()),
        started_at: Set(started_at),
        finished_at: Set(finished(news.status).then_some(at)),
        version: Set(row.version + 1),
        updated_at: Set(at),
        ..Default::default()
    }
}
