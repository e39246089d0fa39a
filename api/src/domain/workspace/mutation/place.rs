//! Moving things into workspaces and out of them.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::conversation::ActiveModel;
use entity::id::{ConversationId, WorkspaceId};
use sea_orm::ActiveValue::Set;
use serde_json::json;

use crate::access::Permission;
use crate::domain::conversation;
use crate::domain::conversation::object::Conversation;
use crate::domain::thing::action::{Kind, ThingAction};
use crate::domain::thing::object::AccessLevel;
use crate::domain::workspace::rows;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// What to move where.
#[derive(InputObject)]
pub struct MoveConversationInput {
    /// The conversation.
    conversation_id: ID,
    /// The workspace that is to hold it; null or left out for none.
    workspace_id: Option<ID>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `moveConversation`.
    MoveConversationPayload {
        /// The conversation where it is now; null if the viewer no longer sees it.
        conversation: Conversation,
    }
}

impl MoveConversationInput {
    fn parse(&self) -> Result<(ConversationId, Option<WorkspaceId>), Error> {
        let mut checks = Checks::default();
        let conversation = checks.id(&["conversationId"], &self.conversation_id);
        let workspace = self.workspace_id.as_ref().map(|id| checks.id(&["workspaceId"], id));
        checks.done()?;
        Ok((conversation, workspace))
    }
}

#[derive(Default)]
pub struct Moving;

#[Object]
impl Moving {
    /// Puts a conversation into a workspace, whose members reach it from then on, or takes it out. In: by its owner, with
    /// the level WRITE in the workspace. Out: by its owner, or with the level MANAGE in the workspace. Its shares stay.
    /// Needs `conversations:write`.
    #[graphql(guard = "Requires(Permission::ConversationsWrite)", directive = requiresPermission::apply(Permission::ConversationsWrite))]
    async fn move_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What goes where.")] input: MoveConversationInput,
    ) -> Result<Option<MoveConversationPayload>> {
        let call = Call::of(cx(ctx), "moveConversation", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, (conversation, workspace)| {
            Box::pin(async move {
                let conversation = place(tx, conversation, workspace).await?;
                Ok(MoveConversationPayload { conversation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn place(tx: &Tx, id: ConversationId, to: Option<WorkspaceId>) -> Result<Option<Conversation>, Error> {
    let viewer = tx.actor.principal()?;
    let found = conversation::rows::find_for_update(tx, viewer, id).await?;
    let (row, level) = found.ok_or_else(|| Error::refused(UserError::not_found(&["conversationId"])))?;
    conversation::policy::outside_trash(&row, &["conversationId"])?;
    let is_owner = level == AccessLevel::Owner;
    if row.workspace_id == to {
        tx.unchanged();
        return Ok(Some(row.into()));
    }
    if let Some(workspace) = to {
        if !is_owner {
            return Err(Error::Forbidden("Only its owner puts a conversation into a workspace."));
        }
        let found = rows::find_for_update(tx, viewer, workspace).await?;
        let (target, level) = found.ok_or_else(|| Error::refused(UserError::not_found(&["workspaceId"])))?;
        ThingAction::PutIn.allow(Kind::Workspace, level)?;
        if target.deleted_at.is_some() {
            let message = "The workspace is deleted: restore it first.";
            return Err(Error::refused(UserError::conflict(&["workspaceId"], message)));
        }
    } else if let (false, Some(from)) = (is_owner, row.workspace_id) {
        let level = rows::levels(tx, viewer, &[from]).await?.remove(&from).unwrap_or(AccessLevel::Read);
        ThingAction::TakeOut.allow(Kind::Workspace, level)?;
    }
    let change = ActiveModel {
        id: Set(id),
        workspace_id: Set(to),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        ..Default::default()
    };
    conversation::rows::update(tx, change).await?;
    let record = Change::new("conversation.move", "conversation", id)
        .within(id)
        .before(json!({ "workspace": row.workspace_id }))
        .after(json!({ "workspace": to }));
    tx.record(record).await?;
    let seen = conversation::rows::by_ids(tx, viewer, &[id]).await?.remove(&id);
    Ok(seen.map(Conversation))
}
