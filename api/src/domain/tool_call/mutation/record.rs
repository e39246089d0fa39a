//! That a message asks for a tool.

use async_graphql::{Context, Enum, ID, InputObject, Object, OneofObject, Result};
use entity::id::{MessageId, ToolCallId, ToolId};
use entity::tool_call::{Model, Status};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::LONGEST;
use crate::access::Permission;
use crate::domain::conversation::{self, policy as conversation_policy};
use crate::domain::message::{self, policy};
use crate::domain::tool;
use crate::domain::tool::definition;
use crate::domain::tool_call::object::ToolCall;
use crate::domain::tool_call::rows;
use crate::error::{Error, ErrorCode, UserError, violated_constraint};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars::{self, Json};
use crate::write::{self, Call, Change, Creation, Tx};

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
    /// Asked for, and somebody has to approve it first.
    AwaitingApproval,
}

/// A new tool call.
#[derive(InputObject)]
pub struct RecordToolCallInput {
    /// The message that asked, in a conversation with the level WRITE.
    message_id: ID,
    /// The tool's name, 1 to 200 characters; may be left out if `toolId` is given, and is that tool's name otherwise.
    tool_name: Option<String>,
    /// A tool that the caller sees and that is in use: the arguments are then JSON that fits its definition, and the call
    /// waits for approval if the tool has it so.
    tool_id: Option<ID>,
    /// What it was asked.
    arguments: ToolArguments,
    /// The model provider's own id of the call, 1 to 200 characters, unique within the message.
    call_id: Option<String>,
    /// How far it is; what has to be approved has not begun.
    #[graphql(default_with = "ToolCallStart::Pending")]
    status: ToolCallStart,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `recordToolCall`.
    RecordToolCallPayload {
        /// The new tool call, or the one that this `clientId` made earlier.
        tool_call: ToolCall,
    }
}

#[derive(Serialize)]
struct NewToolCall {
    message: MessageId,
    tool_name: Option<String>,
    tool: Option<ToolId>,
    arguments: Option<Value>,
    raw_arguments: Option<String>,
    call_id: Option<String>,
    status: Status,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl RecordToolCallInput {
    fn parse(self) -> Result<NewToolCall, Error> {
        let mut checks = Checks::default();
        let message = checks.id(&["messageId"], &self.message_id);
        let tool_name = self.tool_name.map(|name| checks.line(&["toolName"], &name, 1..=200));
        let tool = self.tool_id.map(|id| checks.id(&["toolId"], &id));
        if tool_name.is_none() && tool.is_none() {
            checks.refuse(UserError::invalid(&["toolName"], "Name the tool, by its name or by its id."));
        }
        let (arguments, raw_arguments) = match self.arguments {
            ToolArguments::Json(Json(value)) => (Some(checks.json(&["arguments", "json"], value)), None),
            ToolArguments::Raw(text) => (None, Some(checks.text(&["arguments", "raw"], text, 0..=LONGEST))),
        };
        let call_id = self.call_id.map(|id| checks.line(&["callId"], &id, 1..=200));
        let client_id = checks.client_id(self.client_id.as_ref());
        checks.done()?;
        let status = match self.status {
            ToolCallStart::Pending => Status::Pending,
            ToolCallStart::Running => Status::Running,
            ToolCallStart::AwaitingApproval => Status::AwaitingApproval,
        };
        Ok(NewToolCall { message, tool_name, tool, arguments, raw_arguments, call_id, status, client_id })
    }
}

#[derive(Default)]
pub struct RecordToolCall;

#[Object]
impl RecordToolCall {
    /// Records that a message asks for a tool. With `toolId`, arguments that do not fit its definition are `INVALID` at the
    /// place in them. Needs `messages:write` and the level WRITE.
    #[graphql(guard = "Requires(Permission::MessagesWrite)", directive = requiresPermission::apply(Permission::MessagesWrite))]
    async fn record_tool_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The tool call.")] input: RecordToolCallInput,
    ) -> Result<Option<RecordToolCallPayload>> {
        let call = Call::of(cx(ctx), "recordToolCall", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move {
                let tool_call = Some(record(tx, draft).await?);
                Ok(RecordToolCallPayload { tool_call, ..Default::default() })
            })
        });
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
    let mut row = Model::new(id, message.id, message.conversation_id, draft.tool_name.unwrap_or_default(), tx.at);
    row.status = draft.status;
    row.arguments = draft.arguments;
    row.raw_arguments = draft.raw_arguments;
    row.call_id = draft.call_id;
    if let Some(id) = draft.tool {
        follow(tx, &mut row, id).await?;
    }
    row.started_at = (row.status == Status::Running).then_some(tx.at);
    row.needs_approval = row.status == Status::AwaitingApproval;
    let row = rows::insert(tx, row).await.map_err(|cause| match violated_constraint(&cause) {
        Some("tool_calls_call_id_key") => {
            Error::refused(UserError::conflict(&["callId"], "The message has a call of this id."))
        }
        _ => cause.into(),
    })?;
    let after = json!({ "message": row.message_id, "status": row.status.to_value() });
    tx.record(Change::new("tool_call.record", "tool_call", id).within(row.conversation_id).after(after)).await?;
    Ok(row.into())
}

/// Has the call follow the definition of a tool.
async fn follow(tx: &Tx, call: &mut Model, id: ToolId) -> Result<(), Error> {
    let found = tool::rows::find_for_share(tx, tx.actor.principal()?, id).await?;
    let tool = found.ok_or_else(|| Error::refused(UserError::not_found(&["toolId"])))?;
    tool::policy::outside_trash(&tool, &["toolId"])?;
    if !tool.is_active {
        return Err(Error::refused(UserError::conflict(&["toolId"], "The tool is put aside.")));
    }
    if !call.tool_name.is_empty() && call.tool_name != tool.name {
        return Err(Error::refused(UserError::invalid(&["toolName"], "This is not the name of the tool.")));
    }
    let Some(arguments) = &call.arguments else {
        let message = "The tool's definition wants JSON; leave the tool out to keep what is none.";
        return Err(Error::refused(UserError::invalid(&["arguments", "raw"], message)));
    };
    if let Err(problems) = definition::hold(&tool.parameters, arguments) {
        let refusals = problems.into_iter().map(|problem| {
            let path = ["arguments", "json"].map(str::to_owned).into_iter().chain(problem.path).collect();
            UserError { code: ErrorCode::Invalid, message: problem.message, path }
        });
        return Err(Error::Refused(refusals.collect()));
    }
    if tool.requires_approval {
        if call.status == Status::Running {
            return Err(Error::refused(UserError::conflict(
                &["status"],
                "Calls of this tool have to be approved first.",
            )));
        }
        call.status = Status::AwaitingApproval;
    }
    call.tool_id = Some(tool.id);
    call.tool_name = tool.name;
    Ok(())
}
