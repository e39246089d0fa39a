//! Into the trash, out of it, and away for ever.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::ToolId;
use entity::tool::Model;
use serde_json::json;

use super::{get, in_trash, refused, stale};
use crate::access::Permission;
use crate::domain::thing::action::{Kind, ThingAction};
use crate::domain::tool::object::Tool;
use crate::domain::tool::rows;
use crate::error::{Error, UserError, violated_constraint};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A tool to put into the trash.
#[derive(InputObject)]
pub struct DeleteToolInput {
    /// The tool; only its owner deletes it.
    tool_id: ID,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// A tool to take out of the trash.
#[derive(InputObject)]
pub struct RestoreToolInput {
    /// The tool; only its owner restores it.
    tool_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// A tool to remove for ever.
#[derive(InputObject)]
pub struct PurgeToolInput {
    /// The tool, which must be in the trash.
    tool_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `deleteTool`.
    DeleteToolPayload {
        /// The tool as it is now, also when `expectedVersion` was stale.
        tool: Tool,
    }
    /// The answer to `restoreTool`.
    RestoreToolPayload {
        /// The tool as it is now.
        tool: Tool,
    }
    /// The answer to `purgeTool`.
    PurgeToolPayload {
        /// The id that no longer names anything.
        purged_id: ID,
    }
}

fn parse(id: &ID) -> Result<ToolId, Error> {
    let mut checks = Checks::default();
    let id = checks.id(&["toolId"], id);
    checks.done()?;
    Ok(id)
}

#[derive(Default)]
pub struct ToolLife;

#[Object]
impl ToolLife {
    /// Puts a tool into its owner's trash: nobody else sees it, and no calls of it are recorded. Needs `tools:write` and the
    /// level OWNER; for one of the installation `tools:publish`.
    #[graphql(guard = "Requires(Permission::ToolsWrite)", directive = requiresPermission::apply(Permission::ToolsWrite))]
    async fn delete_tool(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which tool.")] input: DeleteToolInput,
    ) -> Result<Option<DeleteToolPayload>> {
        let expected_version = input.expected_version;
        let call = Call::of(cx(ctx), "deleteTool", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.tool_id), move |tx, id| {
            Box::pin(async move {
                let (row, level) = get(tx, id).await?;
                ThingAction::Delete.allow(Kind::Tool, level)?;
                if let Some(stale) = stale(&row, expected_version) {
                    return Ok(DeleteToolPayload { tool: Some(row.into()), user_errors: vec![stale] });
                }
                let tool = Some(set_trash(tx, row, true).await?);
                Ok(DeleteToolPayload { tool, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Takes a tool out of the trash, with its shares as they were; a `CONFLICT` if its owner has another of the name by
    /// now. Needs `tools:write` and the level OWNER; for one of the installation `tools:publish`.
    #[graphql(guard = "Requires(Permission::ToolsWrite)", directive = requiresPermission::apply(Permission::ToolsWrite))]
    async fn restore_tool(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which tool.")] input: RestoreToolInput,
    ) -> Result<Option<RestoreToolPayload>> {
        let call = Call::of(cx(ctx), "restoreTool", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.tool_id), |tx, id| {
            Box::pin(async move {
                let (row, level) = get(tx, id).await?;
                ThingAction::Restore.allow(Kind::Tool, level)?;
                let tool = Some(set_trash(tx, row, false).await?);
                Ok(RestoreToolPayload { tool, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Removes a tool from the trash for ever, with its shares; calls of it stay, without the edge to it. Needs
    /// `tools:write` and the level OWNER; for one of the installation `tools:publish`.
    #[graphql(guard = "Requires(Permission::ToolsWrite)", directive = requiresPermission::apply(Permission::ToolsWrite))]
    async fn purge_tool(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which tool.")] input: PurgeToolInput,
    ) -> Result<Option<PurgeToolPayload>> {
        let wire_id = input.tool_id.clone();
        let call = Call::of(cx(ctx), "purgeTool", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.tool_id), move |tx, id| {
            Box::pin(async move {
                let (row, level) = get(tx, id).await?;
                ThingAction::Purge.allow(Kind::Tool, level)?;
                if row.deleted_at.is_none() {
                    let message = "Only what is in the trash is purged: delete it first.";
                    return Err(Error::refused(UserError::conflict(&["toolId"], message)));
                }
                rows::purge(tx, id).await?;
                let gone = json!({ "system": row.owner_id.is_none() });
                tx.record(Change::new("tool.purge", "tool", id).before(gone)).await?;
                Ok(PurgeToolPayload { purged_id: Some(wire_id), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn set_trash(tx: &Tx, row: Model, deleted: bool) -> Result<Tool, Error> {
    if row.deleted_at.is_some() == deleted {
        tx.unchanged();
        return Ok(row.into());
    }
    let changed = rows::update(tx, in_trash(&row, deleted, tx)).await;
    let changed =
        changed.map_err(|cause| refused(&["toolId"], violated_constraint(&cause)).unwrap_or_else(|| cause.into()))?;
    let action = if deleted { "tool.delete" } else { "tool.restore" };
    let record = Change::new(action, "tool", row.id)
        .before(json!({ "deletedAt": row.deleted_at }))
        .after(json!({ "deletedAt": changed.deleted_at }));
    tx.record(record).await?;
    Ok(changed.into())
}
