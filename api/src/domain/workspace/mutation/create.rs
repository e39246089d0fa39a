//! Making a workspace.

use async_graphql::{Context, InputObject, Object, Result};
use entity::id::{ShareId, WorkspaceId};
use entity::share::{Level, Model as Share};
use entity::workspace::Model;
use serde::Serialize;
use uuid::Uuid;

use crate::access::Permission;
use crate::domain::share;
use crate::domain::workspace::object::Workspace;
use crate::domain::workspace::rows;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars;
use crate::write::{self, Call, Change, Creation, Tx};

/// A new workspace.
#[derive(InputObject)]
pub struct CreateWorkspaceInput {
    /// The name, 1 to 100 characters; several workspaces may have the same.
    name: String,
    /// What it is for, at most 500 characters.
    description: Option<String>,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `createWorkspace`.
    CreateWorkspacePayload {
        /// The new workspace, or the one that this `clientId` made earlier.
        workspace: Workspace,
    }
}

#[derive(Serialize)]
struct NewWorkspace {
    name: String,
    description: String,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl CreateWorkspaceInput {
    fn parse(self) -> Result<NewWorkspace, Error> {
        let mut checks = Checks::default();
        let name = checks.line(&["name"], &self.name, 1..=100);
        let description = checks.text(&["description"], self.description.unwrap_or_default(), 0..=500);
        let client_id = checks.client_id(self.client_id.as_ref());
        checks.done()?;
        Ok(NewWorkspace { name, description, client_id })
    }
}

#[derive(Default)]
pub struct CreateWorkspace;

#[Object]
impl CreateWorkspace {
    /// Makes a workspace, of which the viewer is the owner. Needs `teams:write`.
    #[graphql(guard = "Requires(Permission::TeamsWrite)", directive = requiresPermission::apply(Permission::TeamsWrite))]
    async fn create_workspace(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The workspace.")] input: CreateWorkspaceInput,
    ) -> Result<Option<CreateWorkspacePayload>> {
        let call = Call::of(cx(ctx), "createWorkspace", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move {
                let workspace = Some(create(tx, draft).await?);
                Ok(CreateWorkspacePayload { workspace, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn create(tx: &Tx, draft: NewWorkspace) -> Result<Workspace, Error> {
    let viewer = tx.actor.principal()?;
    let id = WorkspaceId(tx.new_id());
    if let Creation::Again(first) = tx.claim("workspace.create", draft.client_id, &draft, id).await? {
        let first = WorkspaceId(first);
        let row = rows::by_ids(tx, viewer, &[first]).await?.remove(&first);
        return row.map(Workspace).ok_or_else(|| Error::refused(UserError::not_found(&["clientId"])));
    }
    let row = Model {
        id,
        name: draft.name,
        description: draft.description,
        version: 1,
        created_at: tx.at,
        updated_at: tx.at,
        deleted_at: None,
    };
    let row = rows::insert(tx, row).await?;
    let owner = Share {
        grantee_id: Some(viewer.user),
        level: Level::Owner,
        ..Share::new(ShareId(tx.new_id()), id, "workspace", viewer.user, tx.at)
    };
    share::rows::insert(tx, owner).await?;
    tx.record(Change::new("workspace.create", "workspace", id)).await?;
    Ok(row.into())
}
