//! Making a tool.

use async_graphql::{Context, InputObject, Object, Result};
use entity::id::ToolId;
use entity::tool::Model;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{name, no_parameters, parameters, refused};
use crate::access::Permission;
use crate::domain::tool::object::Tool;
use crate::domain::tool::{policy, rows};
use crate::error::{Error, UserError, violated_constraint};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars::{self, Json};
use crate::write::{self, Call, Change, Creation, Tx};

/// A new tool.
#[derive(InputObject)]
pub struct CreateToolInput {
    /// The name by which models call it: 1 to 64 of a-z, A-Z, 0-9, `_` and `-`, unique among its owner's.
    name: String,
    /// What it does, as models are told, at most 4,000 characters.
    description: Option<String>,
    /// A JSON Schema (2020-12 or draft-07) of its arguments, which are an object; of none if left out. At most 32 KiB, 32
    /// levels and 1,000 schemas, with no `$ref` but to places in itself, and to nothing in a circle.
    parameters: Option<Json>,
    /// Whether it is in use.
    #[graphql(default = true)]
    is_active: bool,
    /// Whether calls of it wait until somebody has approved them.
    #[graphql(default = false)]
    requires_approval: bool,
    /// Whether it is one of the installation, which everybody has; that needs `tools:publish`.
    #[graphql(default = false)]
    is_system: bool,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `createTool`.
    CreateToolPayload {
        /// The new tool, or the one that this `clientId` made earlier.
        tool: Tool,
    }
}

#[derive(Serialize)]
struct NewTool {
    name: String,
    description: String,
    parameters: Value,
    is_active: bool,
    requires_approval: bool,
    is_system: bool,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl CreateToolInput {
    fn parse(self) -> Result<NewTool, Error> {
        let mut checks = Checks::default();
        let name = name(&mut checks, &["name"], &self.name);
        let description = checks.text(&["description"], self.description.unwrap_or_default(), 0..=4000);
        let parameters = match self.parameters {
            Some(Json(schema)) => parameters(&mut checks, schema),
            None => no_parameters(),
        };
        let client_id = checks.client_id(self.client_id.as_ref());
        checks.done()?;
        let Self { is_active, requires_approval, is_system, .. } = self;
        Ok(NewTool { name, description, parameters, is_active, requires_approval, is_system, client_id })
    }
}

#[derive(Default)]
pub struct CreateTool;

#[Object]
impl CreateTool {
    /// Makes a tool of one's own, or one of the installation. A schema that is not kept is `INVALID` at the place in it; a
    /// name that is taken a `CONFLICT`. Needs `tools:write`.
    #[graphql(guard = "Requires(Permission::ToolsWrite)", directive = requiresPermission::apply(Permission::ToolsWrite))]
    async fn create_tool(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The tool.")] input: CreateToolInput,
    ) -> Result<Option<CreateToolPayload>> {
        let call = Call::of(cx(ctx), "createTool", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move {
                let tool = Some(create(tx, draft).await?);
                Ok(CreateToolPayload { tool, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn create(tx: &Tx, draft: NewTool) -> Result<Tool, Error> {
    let viewer = tx.actor.principal()?;
    if draft.is_system {
        policy::may_publish(viewer)?;
    }
    let id = ToolId(tx.new_id());
    if let Creation::Again(first) = tx.claim("tool.create", draft.client_id, &draft, id).await? {
        let first = ToolId(first);
        let row = rows::by_ids(tx, viewer, &[first]).await?.remove(&first);
        return row.map(Tool).ok_or_else(|| Error::refused(UserError::not_found(&["clientId"])));
    }
    let row = Model {
        id,
        owner_id: (!draft.is_system).then_some(viewer.user),
        name: draft.name,
        description: draft.description,
        parameters: draft.parameters,
        is_active: draft.is_active,
        requires_approval: draft.requires_approval,
        forked_from_id: None,
        version: 1,
        created_at: tx.at,
        updated_at: tx.at,
        deleted_at: None,
    };
    let row = rows::insert(tx, row).await;
    let row = row.map_err(|cause| refused(&["name"], violated_constraint(&cause)).unwrap_or_else(|| cause.into()))?;
    let after =
        json!({ "system": draft.is_system, "requiresApproval": row.requires_approval, "active": row.is_active });
    tx.record(Change::new("tool.create", "tool", id).after(after)).await?;
    Ok(row.into())
}
