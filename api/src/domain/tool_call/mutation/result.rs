//! How a tool call goes on, and what came of it.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, Result};
use chrono::{DateTime, Utc};
use entity::id::ToolCallId;
use entity::tool_call::{ActiveModel, Model, Status};
use sea_orm::{ActiveEnum, ActiveValue::Set};
use serde_json::{Value, json};

use super::{LONGEST, Locked, no_way};
use crate::access::Permission;
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

pub(super) struct News {
    pub id: ToolCallId,
    pub status: Status,
    pub result: Option<Value>,
    pub error: Option<String>,
    pub expected_version: Option<i32>,
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
    /// Records how a tool call goes on or what came of it; the same again is no error. One that waits for approval is
    /// cancelled or nothing. Needs `messages:write` and the level WRITE.
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
    let (row, refused) = go_on(tx, news, "tool_call.result").await?;
    Ok(RecordToolResultPayload { tool_call: Some(row.into()), user_errors: refused.into_iter().collect() })
}

/// What the call is afterwards, and why it is not what was wanted.
pub(super) async fn go_on(tx: &Tx, news: News, action: &'static str) -> Result<(Model, Option<UserError>), Error> {
    let locked = Locked::find(tx, news.id).await?;
    policy::may_record_tool_calls(locked.level)?;
    locked.outside_trash()?;
    if let Some(stale) = locked.stale(news.expected_version) {
        return Ok((locked.row, Some(stale)));
    }
    let row = locked.row;
    if row.status == news.status && row.result == news.result && row.error == news.error {
        tx.unchanged();
        return Ok((row, None));
    }
    if row.is_over() {
        return Ok((row, Some(no_way("The tool call has finished and does not change."))));
    }
    if row.status == Status::AwaitingApproval && news.status != Status::Cancelled {
        return Ok((row, Some(no_way("The tool call waits for approval."))));
    }
    let changed = rows::update(tx, change(&row, &news, tx.at)).await?;
    let record = Change::new(action, "tool_call", row.id)
        .within(row.conversation_id)
        .before(json!({ "status": row.status.to_value() }))
        .after(json!({ "status": changed.status.to_value() }));
    tx.record(record).await?;
    Ok((changed, None))
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
        finished_at: Set((news.status != Status::Running).then_some(at)),
        version: Set(row.version + 1),
        updated_at: Set(at),
        ..Default::default()
    }
}
