//! Deleting a workspace, and bringing it back.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::WorkspaceId;
use entity::workspace::ActiveModel;
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::get;
use crate::access::Permission;
use crate::domain::thing::action::{Kind, ThingAction};
use crate::domain::workspace::object::Workspace;
use crate::domain::workspace::rows;
use crate::error::Error;
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A workspace to delete.
#[derive(InputObject)]
pub struct DeleteWorkspaceInput {
    /// The workspace; only its owners delete it.
    id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// A workspace to bring back.
#[derive(InputObject)]
pub struct RestoreWorkspaceInput {
    /// The workspace; only its owners bring it back.
    id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `deleteWorkspace`.
    DeleteWorkspacePayload {
        /// The workspace as it is now.
        workspace: Workspace,
    }
    /// The answer to `restoreWorkspace`.
    RestoreWorkspacePayload {
        /// The workspace as it is now.
        workspace: Workspace,
    }
}

fn parse(id: &ID) -> Result<WorkspaceId, Error> {
    let mut checks = Checks::default();
    let id = checks.id(&["id"], id);
    checks.done()?;
    Ok(id)
}

#[derive(Default)]
pub struct WorkspaceLife;

#[Object]
impl WorkspaceLife {
    /// Deletes a workspace: what it holds is seen by its owners and those whom it was shared with alone. `restoreWorkspace` brings it back. Needs `teams:write` and the level OWNER there.
    #[graphql(guard = "Requires(Permission::TeamsWrite)", directive = requiresPermission::apply(Permission::TeamsWrite))]
    async fn delete_workspace(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which workspace.")] input: DeleteWorkspaceInput,
    ) -> Result<Option<DeleteWorkspacePayload>> {
        let call = Call::of(cx(ctx), "deleteWorkspace", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.id), |tx, id| {
            Box::pin(async move {
                let workspace = Some(set_deleted(tx, id, true).await?);
                Ok(DeleteWorkspacePayload { workspace, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Brings a deleted workspace back, with its members and what it holds. Needs `teams:write` and the level OWNER there.
    #[graphql(guard = "Requires(Permission::TeamsWrite)", directive = requiresPermission::apply(Permission::TeamsWrite))]
    async fn restore_workspace(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which workspace.")] input: RestoreWorkspaceInput,
    ) -> Result<Option<RestoreWorkspacePayload>> {
        let call = Call::of(cx(ctx), "restoreWorkspace", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.id), |tx, id| {
            Box::pin(async move {
                let workspace = Some(set_deleted(tx, id, false).await?);
                Ok(RestoreWorkspacePayload { workspace, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn set_deleted(tx: &Tx, id: WorkspaceId, deleted: bool) -> Result<Workspace, Error> {
    let (row, own) = get(tx, id).await?;
    ThingAction::Delete.allow(Kind::Workspace, own)?;
    if row.deleted_at.is_some() == deleted {
        tx.unchanged();
        return Ok(row.into());
    }
    let change = ActiveModel {
        id: Set(id),
        deleted_at: Set(deleted.then_some(tx.at)),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        ..Default::default()
    };
    let changed = rows::update(tx, change).await?;
    let action = if deleted { "workspace.delete" } else { "workspace.restore" };
    let record = Change::new(action, "workspace", id)
        .before(json!({ "deletedAt": row.deleted_at }))
        .after(json!({ "deletedAt": changed.deleted_at }));
    tx.record(record).await?;
    Ok(changed.into())
}
