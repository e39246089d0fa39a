//! Changing a tool.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::ToolId;
use entity::tool::{ActiveModel, Model};
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};

use super::{get, name, parameters, refused, stale};
use crate::access::Permission;
use crate::domain::thing::action::{Kind, ThingAction};
use crate::domain::tool::object::Tool;
use crate::domain::tool::{policy, rows};
use crate::error::{Error, violated_constraint};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars::Json;
use crate::write::{self, Call, Change, Tx};

/// A change of a tool; what is left out stays.
#[derive(InputObject)]
pub struct UpdateToolInput {
    /// The tool, with the level WRITE.
    tool_id: ID,
    /// The new name: 1 to 64 of a-z, A-Z, 0-9, `_` and `-`, unique among its owner's.
    name: Option<String>,
    /// What it does, at most 4,000 characters.
    description: Option<String>,
    /// The new JSON Schema of its arguments, with the bounds of `createTool`. Calls that are there stay as they are.
    parameters: Option<Json>,
    /// Put it into use or aside.
    is_active: Option<bool>,
    /// Whether calls of it wait until somebody has approved them; those that are there stay as they are.
    requires_approval: Option<bool>,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `updateTool`.
    UpdateToolPayload {
        /// The tool as it is now, also when `expectedVersion` was stale.
        tool: Tool,
    }
}

struct ToolPatch {
    id: ToolId,
    name: Option<String>,
    description: Option<String>,
    parameters: Option<Value>,
    is_active: Option<bool>,
    requires_approval: Option<bool>,
    expected_version: Option<i32>,
}

impl UpdateToolInput {
    fn parse(self) -> Result<ToolPatch, Error> {
        let mut checks = Checks::default();
        let id = checks.id(&["toolId"], &self.tool_id);
        let name = self.name.map(|text| name(&mut checks, &["name"], &text));
        let description = self.description.map(|text| checks.text(&["description"], text, 0..=4000));
        let parameters = self.parameters.map(|Json(schema)| parameters(&mut checks, schema));
        checks.done()?;
        let Self { is_active, requires_approval, expected_version, .. } = self;
        Ok(ToolPatch { id, name, description, parameters, is_active, requires_approval, expected_version })
    }
}

#[derive(Default)]
pub struct UpdateTool;

#[Object]
impl UpdateTool {
    /// Changes a tool. Needs `tools:write` and the level WRITE; for one of the installation `tools:publish`.
    #[graphql(guard = "Requires(Permission::ToolsWrite)", directive = requiresPermission::apply(Permission::ToolsWrite))]
    async fn update_tool(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateToolInput,
    ) -> Result<Option<UpdateToolPayload>> {
        let call = Call::of(cx(ctx), "updateTool", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, patch| {
            Box::pin(async move {
                let (row, level) = get(tx, patch.id).await?;
                ThingAction::Update.allow(Kind::Tool, level)?;
                policy::outside_trash(&row, &["toolId"])?;
                if let Some(stale) = stale(&row, patch.expected_version) {
                    return Ok(UpdateToolPayload { tool: Some(row.into()), user_errors: vec![stale] });
                }
                let tool = Some(change(tx, row, patch).await?);
                Ok(UpdateToolPayload { tool, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn change(tx: &Tx, row: Model, patch: ToolPatch) -> Result<Tool, Error> {
    let wanted = Model {
        name: patch.name.unwrap_or_else(|| row.name.clone()),
        description: patch.description.unwrap_or_else(|| row.description.clone()),
        parameters: patch.parameters.unwrap_or_else(|| row.parameters.clone()),
        is_active: patch.is_active.unwrap_or(row.is_active),
        requires_approval: patch.requires_approval.unwrap_or(row.requires_approval),
        ..row.clone()
    };
    if wanted == row {
        tx.unchanged();
        return Ok(row.into());
    }
    // What people write is in no record; which of it changed, is.
    let after = json!({
        "renamed": wanted.name != row.name,
        "described": wanted.description != row.description,
        "redefined": wanted.parameters != row.parameters,
        "active": wanted.is_active,
        "requiresApproval": wanted.requires_approval,
    });
    let before = json!({ "version": row.version, "active": row.is_active, "requiresApproval": row.requires_approval });
    let change = ActiveModel {
        id: Set(row.id),
        name: Set(wanted.name),
        description: Set(wanted.description),
        parameters: Set(wanted.parameters),
        is_active: Set(wanted.is_active),
        requires_approval: Set(wanted.requires_approval),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        ..Default::default()
    };
    let changed = rows::update(tx, change).await;
    let changed =
        changed.map_err(|cause| refused(&["name"], violated_constraint(&cause)).unwrap_or_else(|| cause.into()))?;
    tx.record(Change::new("tool.update", "tool", row.id).before(before).after(after)).await?;
    Ok(changed.into())
}
