//! How a tool call goes on, and what came of it.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, Result};
use chrono::{DateTime, Utc};
use entity::id::ToolCallId;
use entity::tool_call::{ActiveModel, Model, Status};
use sea_orm::{ActiveEnum, ActiveValue::Set};
use serde_json::{Value, json};

use super::LONGEST;
use crate::access::Permission;
use crate::domain::conversation::{self, policy as conversation_policy};
use crate::domain::message::policy;
use crate::domain::tool_call::object::ToolCall;
use crate::domain::tool_call::rows;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars::Json;
use crate::write::{self, Call, Change, Tx};

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
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `recordToolResult`.
    RecordToolResultPayload {
        /// The tool call as it is now, also when `expectedVersion` was stale.
        tool_call: ToolCall,
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
pub struct RecordToolResult;

#[Object]
impl RecordToolResult {
    /// Records how a tool call goes on or what came of it. Needs `messages:write` and the level WRITE.
    #[graphql(guard = "Requires(Permission::MessagesWrite)", directive = requiresPermission::apply(Permission::MessagesWrite))]
    async fn record_tool_result(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The news.")] input: RecordToolResultInput,
    ) -> Result<Option<RecordToolResultPayload>> {
        let call = Call::of(cx(ctx), "recordToolResult", &input, &input.idempotency_key);
        let payload =
            write::run(cx(ctx), call, input.parse(), |tx, news| Box::pin(async move { apply(tx, news).await }));
        Ok(payload.await?)
    }
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

fn change(row: &Model, news: &News, at: DateTime<Utc>) -> ActiveModel {
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
