//! Renaming a workspace.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::WorkspaceId;
use entity::workspace::ActiveModel;
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::{get, stale};
use crate::access::Permission;
use crate::domain::thing::action::{Kind, ThingAction};
use crate::domain::workspace::object::Workspace;
use crate::domain::workspace::rows;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A change of a workspace; what is left out stays.
#[derive(InputObject)]
pub struct UpdateWorkspaceInput {
    /// The workspace, with the level MANAGE.
    id: ID,
    /// The new name, 1 to 100 characters.
    name: Option<String>,
    /// What it is for, at most 500 characters.
    description: Option<String>,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `updateWorkspace`.
    UpdateWorkspacePayload {
        /// The workspace as it is now, also when `expectedVersion` was stale.
        workspace: Workspace,
    }
}

struct WorkspacePatch {
    id: WorkspaceId,
    name: Option<String>,
    description: Option<String>,
    expected_version: Option<i32>,
}

impl UpdateWorkspaceInput {
    fn parse(self) -> Result<WorkspacePatch, Error> {
        let mut checks = Checks::default();
        let id = checks.id(&["id"], &self.id);
        let name = self.name.map(|name| checks.line(&["name"], &name, 1..=100));
        let description = self.description.map(|text| checks.text(&["description"], text, 0..=500));
        checks.done()?;
        Ok(WorkspacePatch { id, name, description, expected_version: self.expected_version })
    }
}

#[derive(Default)]
pub struct UpdateWorkspace;

#[Object]
impl UpdateWorkspace {
    /// Renames a workspace or says anew what it is for. Needs `teams:write` and the level MANAGE there.
    #[graphql(guard = "Requires(Permission::TeamsWrite)", directive = requiresPermission::apply(Permission::TeamsWrite))]
    async fn update_workspace(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateWorkspaceInput,
    ) -> Result<Option<UpdateWorkspacePayload>> {
        let call = Call::of(cx(ctx), "updateWorkspace", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, patch| {
            Box::pin(async move {
                let (workspace, stale) = change(tx, patch).await?;
                Ok(UpdateWorkspacePayload { workspace: Some(workspace), user_errors: stale.into_iter().collect() })
            })
        });
        Ok(payload.await?)
    }
}

async fn change(tx: &Tx, patch: WorkspacePatch) -> Result<(Workspace, Option<UserError>), Error> {
    let (row, own) = get(tx, patch.id).await?;
    ThingAction::Update.allow(Kind::Workspace, own)?;
    if let Some(stale) = stale(row.version, patch.expected_version) {
        return Ok((row.into(), Some(stale)));
    }
    let name = patch.name.unwrap_or_else(|| row.name.clone());
    let description = patch.description.unwrap_or_else(|| row.description.clone());
    if (&name, &description) == (&row.name, &row.description) {
        tx.unchanged();
        return Ok((row.into(), None));
    }
    // What people write is in no record; which of it changed, is.
    let changed = json!({ "name": name != row.name, "description": description != row.description });
    let change = ActiveModel {
        id: Set(row.id),
        name: Set(name),
        description: Set(description),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        ..Default::default()
    };
    let row = rows::update(tx, change).await?;
    tx.record(Change::new("workspace.update", "workspace", row.id).after(json!({ "changed": changed }))).await?;
    Ok((row.into(), None))
}
