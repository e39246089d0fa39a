//! Copying a tool into one's own.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::ToolId;
use entity::tool::Model;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{name, refused};
use crate::access::Permission;
use crate::domain::tool::object::Tool;
use crate::domain::tool::{policy, rows};
use crate::error::{Error, UserError, violated_constraint};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars;
use crate::write::{self, Call, Change, Creation, Tx};

/// A tool to copy.
#[derive(InputObject)]
pub struct ForkToolInput {
    /// The tool, with the level READ.
    tool_id: ID,
    /// The name of the copy: 1 to 64 of a-z, A-Z, 0-9, `_` and `-`, unique among one's own; that of the tool if left out.
    name: Option<String>,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `forkTool`.
    ForkToolPayload {
        /// The copy, or the one that this `clientId` made earlier.
        tool: Tool,
    }
}

#[derive(Serialize)]
struct Fork {
    of: ToolId,
    name: Option<String>,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl ForkToolInput {
    fn parse(self) -> Result<Fork, Error> {
        let mut checks = Checks::default();
        let of = checks.id(&["toolId"], &self.tool_id);
        let name = self.name.map(|text| name(&mut checks, &["name"], &text));
        let client_id = checks.client_id(self.client_id.as_ref());
        checks.done()?;
        Ok(Fork { of, name, client_id })
    }
}

#[derive(Default)]
pub struct ForkTool;

#[Object]
impl ForkTool {
    /// Copies a tool into one's own, as it is now; what becomes of the one does not concern the other. A name that one has
    /// already is a `CONFLICT`. Needs `tools:write` and the level READ.
    #[graphql(guard = "Requires(Permission::ToolsWrite)", directive = requiresPermission::apply(Permission::ToolsWrite))]
    async fn fork_tool(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which tool.")] input: ForkToolInput,
    ) -> Result<Option<ForkToolPayload>> {
        let call = Call::of(cx(ctx), "forkTool", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move {
                let tool = Some(fork(tx, draft).await?);
                Ok(ForkToolPayload { tool, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn fork(tx: &Tx, draft: Fork) -> Result<Tool, Error> {
    let viewer = tx.actor.principal()?;
    let not_found = || Error::refused(UserError::not_found(&["toolId"]));
    let of = rows::find_for_share(tx, viewer, draft.of).await?.ok_or_else(not_found)?;
    policy::outside_trash(&of, &["toolId"])?;
    let id = ToolId(tx.new_id());
    if let Creation::Again(first) = tx.claim("tool.fork", draft.client_id, &draft, id).await? {
        let first = ToolId(first);
        let row = rows::by_ids(tx, viewer, &[first]).await?.remove(&first);
        return row.map(Tool).ok_or_else(|| Error::refused(UserError::not_found(&["clientId"])));
    }
    let row = Model {
        id,
        owner_id: Some(viewer.user),
        name: draft.name.unwrap_or_else(|| of.name.clone()),
        forked_from_id: Some(of.id),
        version: 1,
        created_at: tx.at,
        updated_at: tx.at,
        ..of
    };
    let row = rows::insert(tx, row).await;
    let row = row.map_err(|cause| refused(&["name"], violated_constraint(&cause)).unwrap_or_else(|| cause.into()))?;
    tx.record(Change::new("tool.fork", "tool", id).after(json!({ "of": row.forked_from_id }))).await?;
    Ok(row.into())
}
