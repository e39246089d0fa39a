//! Starting a conversation.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::{AdvisorId, ConversationId};
use serde::Serialize;
use uuid::Uuid;

use crate::access::Permission;
use crate::domain::conversation::object::Conversation;
use crate::domain::conversation::{begin, rows};
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars;
use crate::write::{self, Call, Change, Creation, Tx};

/// A new conversation.
#[derive(InputObject)]
pub struct CreateConversationInput {
    /// The title, 1 to 200 characters; leave it out to name the conversation later.
    title: Option<String>,
    /// The advisor that it is held with, which the viewer sees; none if left out.
    advisor_id: Option<ID>,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `createConversation`.
    CreateConversationPayload {
        /// The new conversation, or the one that this `clientId` made earlier.
        conversation: Conversation,
    }
}

#[derive(Serialize)]
struct NewConversation {
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advisor: Option<AdvisorId>,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl CreateConversationInput {
    fn parse(self) -> Result<NewConversation, Error> {
        let mut checks = Checks::default();
        let title = self.title.map(|title| checks.line(&["title"], &title, 1..=200));
        let advisor = self.advisor_id.map(|id| checks.id(&["advisorId"], &id));
        let client_id = checks.client_id(self.client_id.as_ref());
        checks.done()?;
        Ok(NewConversation { title, advisor, client_id })
    }
}

#[derive(Default)]
pub struct CreateConversation;

#[Object]
impl CreateConversation {
    /// Starts a conversation that the viewer owns. Needs `conversations:write`.
    #[graphql(guard = "Requires(Permission::ConversationsWrite)", directive = requiresPermission::apply(Permission::ConversationsWrite))]
    async fn create_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation.")] input: CreateConversationInput,
    ) -> Result<Option<CreateConversationPayload>> {
        let call = Call::of(cx(ctx), "createConversation", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move {
                let conversation = Some(create(tx, draft).await?);
                Ok(CreateConversationPayload { conversation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn create(tx: &Tx, draft: NewConversation) -> Result<Conversation, Error> {
    let viewer = tx.actor.principal()?;
    let id = ConversationId(tx.new_id());
    if let Creation::Again(first) = tx.claim("conversation.create", draft.client_id, &draft, id).await? {
        let first = ConversationId(first);
        let row = rows::by_ids(tx, viewer, &[first]).await?.remove(&first);
        return row.map(Conversation).ok_or_else(|| Error::refused(UserError::not_found(&["clientId"])));
    }
    if let Some(advisor) = draft.advisor {
        begin::with_advisor(tx, advisor).await?;
    }
    let row = begin::conversation(tx, id, viewer.user, draft.title, draft.advisor).await?;
    tx.record(Change::new("conversation.create", "conversation", id).within(id)).await?;
    Ok(row.into())
}
