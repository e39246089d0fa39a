//! That a tool call begins, and that it is given up.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::tool_call::Status;

use super::result::{News, go_on};
use crate::access::Permission;
use crate::domain::tool_call::object::ToolCall;
use crate::error::Error;
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call};

/// A tool call that begins.
#[derive(InputObject)]
pub struct StartToolCallInput {
    /// The tool call, in a conversation with the level WRITE; pending, and approved if it has to be.
    tool_call_id: ID,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// A tool call that is given up.
#[derive(InputObject)]
pub struct CancelToolCallInput {
    /// The tool call, in a conversation with the level WRITE; not over yet.
    tool_call_id: ID,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `startToolCall`.
    StartToolCallPayload {
        /// The tool call as it is now, also when it was refused.
        tool_call: ToolCall,
    }
    /// The answer to `cancelToolCall`.
    CancelToolCallPayload {
        /// The tool call as it is now, also when it was refused.
        tool_call: ToolCall,
    }
}

fn parse(id: &ID, status: Status, expected_version: Option<i32>) -> Result<News, Error> {
    let mut checks = Checks::default();
    let id = checks.id(&["toolCallId"], id);
    checks.done()?;
    Ok(News { id, status, result: None, error: None, expected_version })
}

#[derive(Default)]
pub struct ToolCallStep;

#[Object]
impl ToolCallStep {
    /// Says that a tool call has begun; again is no error. One that waits for approval or is over is a `CONFLICT`. Needs
    /// `messages:write` and the level WRITE.
    #[graphql(guard = "Requires(Permission::MessagesWrite)", directive = requiresPermission::apply(Permission::MessagesWrite))]
    async fn start_tool_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which call.")] input: StartToolCallInput,
    ) -> Result<Option<StartToolCallPayload>> {
        let call = Call::of(cx(ctx), "startToolCall", &input, &input.idempotency_key);
        let draft = parse(&input.tool_call_id, Status::Running, input.expected_version);
        let payload = write::run(cx(ctx), call, draft, |tx, news| {
            Box::pin(async move {
                let (row, refused) = go_on(tx, news, "tool_call.start").await?;
                let user_errors = refused.into_iter().collect();
                Ok(StartToolCallPayload { tool_call: Some(row.into()), user_errors })
            })
        });
        Ok(payload.await?)
    }

    /// Gives a tool call up, also one that waits for approval; again is no error. One that is over otherwise is a `CONFLICT`.
    /// Needs `messages:write` and the level WRITE.
    #[graphql(guard = "Requires(Permission::MessagesWrite)", directive = requiresPermission::apply(Permission::MessagesWrite))]
    async fn cancel_tool_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which call.")] input: CancelToolCallInput,
    ) -> Result<Option<CancelToolCallPayload>> {
        let call = Call::of(cx(ctx), "cancelToolCall", &input, &input.idempotency_key);
        let draft = parse(&input.tool_call_id, Status::Cancelled, input.expected_version);
        let payload = write::run(cx(ctx), call, draft, |tx, news| {
            Box::pin(async move {
                let (row, refused) = go_on(tx, news, "tool_call.cancel").await?;
                let user_errors = refused.into_iter().collect();
                Ok(CancelToolCallPayload { tool_call: Some(row.into()), user_errors })
            })
        });
        Ok(payload.await?)
    }
}
