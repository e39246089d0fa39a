//! What somebody decides about a tool call that waits for that.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::ToolCallId;
use entity::tool_call::{ActiveModel, Decision, Model, Status};
use sea_orm::{ActiveEnum, ActiveValue::Set};
use serde_json::json;

use super::{Locked, no_way};
use crate::access::Permission;
use crate::domain::tool_call::object::ToolCall;
use crate::domain::tool_call::{policy, rows};
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A tool call that may go on.
#[derive(InputObject)]
pub struct ApproveToolCallInput {
    /// The tool call, in a conversation with the level WRITE.
    tool_call_id: ID,
    /// The version that the decision is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// A tool call that may not.
#[derive(InputObject)]
pub struct RejectToolCallInput {
    /// The tool call, in a conversation with the level WRITE.
    tool_call_id: ID,
    /// Why, as the model may be told, 1 to 1,000 characters.
    reason: String,
    /// The version that the decision is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `approveToolCall`.
    ApproveToolCallPayload {
        /// The tool call as it is now, also when it was refused.
        tool_call: ToolCall,
    }
    /// The answer to `rejectToolCall`.
    RejectToolCallPayload {
        /// The tool call as it is now, also when it was refused.
        tool_call: ToolCall,
    }
}

struct Verdict {
    id: ToolCallId,
    /// Why not; nothing for yes.
    reason: Option<String>,
    expected_version: Option<i32>,
}

impl Verdict {
    fn parse(id: &ID, reason: Option<String>, expected_version: Option<i32>) -> Result<Self, Error> {
        let mut checks = Checks::default();
        let id = checks.id(&["toolCallId"], id);
        let reason = reason.map(|text| checks.text(&["reason"], text.trim().to_owned(), 1..=1000));
        checks.done()?;
        Ok(Self { id, reason, expected_version })
    }
}

#[derive(Default)]
pub struct DecideToolCall;

#[Object]
impl DecideToolCall {
    /// Lets a tool call go on that waits for approval: it is pending then. Again is no error; one that does not wait is a
    /// `CONFLICT`. Needs `tools:approve` and the level WRITE.
    #[graphql(guard = "Requires(Permission::ToolsApprove)", directive = requiresPermission::apply(Permission::ToolsApprove))]
    async fn approve_tool_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which call.")] input: ApproveToolCallInput,
    ) -> Result<Option<ApproveToolCallPayload>> {
        let call = Call::of(cx(ctx), "approveToolCall", &input, &input.idempotency_key);
        let verdict = Verdict::parse(&input.tool_call_id, None, input.expected_version);
        let payload = write::run(cx(ctx), call, verdict, |tx, verdict| {
            Box::pin(async move {
                let (row, refused) = decide(tx, verdict).await?;
                let user_errors = refused.into_iter().collect();
                Ok(ApproveToolCallPayload { tool_call: Some(row.into()), user_errors })
            })
        });
        Ok(payload.await?)
    }

    /// Cancels a tool call that waits for approval, for a reason. Again for the same reason is no error; one that does not
    /// wait is a `CONFLICT`. Needs `tools:approve` and the level WRITE.
    #[graphql(guard = "Requires(Permission::ToolsApprove)", directive = requiresPermission::apply(Permission::ToolsApprove))]
    async fn reject_tool_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which call, and why.")] input: RejectToolCallInput,
    ) -> Result<Option<RejectToolCallPayload>> {
        let call = Call::of(cx(ctx), "rejectToolCall", &input, &input.idempotency_key);
        let verdict = Verdict::parse(&input.tool_call_id, Some(input.reason), input.expected_version);
        let payload = write::run(cx(ctx), call, verdict, |tx, verdict| {
            Box::pin(async move {
                let (row, refused) = decide(tx, verdict).await?;
                let user_errors = refused.into_iter().collect();
                Ok(RejectToolCallPayload { tool_call: Some(row.into()), user_errors })
            })
        });
        Ok(payload.await?)
    }
}

/// What the call is afterwards, and why it is not what was wanted.
async fn decide(tx: &Tx, verdict: Verdict) -> Result<(Model, Option<UserError>), Error> {
    let viewer = tx.actor.principal()?;
    let locked = Locked::find(tx, verdict.id).await?;
    policy::may_decide(viewer, locked.level)?;
    locked.outside_trash()?;
    if let Some(stale) = locked.stale(verdict.expected_version) {
        return Ok((locked.row, Some(stale)));
    }
    let row = locked.row;
    let decision = if verdict.reason.is_none() { Decision::Approved } else { Decision::Rejected };
    if row.decision == Some(decision) && row.decision_reason == verdict.reason {
        tx.unchanged();
        return Ok((row, None));
    }
    if row.status != Status::AwaitingApproval {
        return Ok((row, Some(no_way("The tool call does not wait for approval."))));
    }
    let over = decision == Decision::Rejected;
    let change = ActiveModel {
        id: Set(row.id),
        status: Set(if over { Status::Cancelled } else { Status::Pending }),
        decision: Set(Some(decision)),
        decided_by: Set(Some(viewer.user)),
        decided_at: Set(Some(tx.at)),
        decision_reason: Set(verdict.reason),
        finished_at: Set(over.then_some(tx.at)),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        ..Default::default()
    };
    let changed = rows::update(tx, change).await?;
    let action = if over { "tool_call.reject" } else { "tool_call.approve" };
    let record = Change::new(action, "tool_call", row.id)
        .within(row.conversation_id)
        .before(json!({ "status": row.status.to_value() }))
        .after(json!({ "status": changed.status.to_value() }));
    tx.record(record).await?;
    Ok((changed, None))
}
