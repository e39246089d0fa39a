//! Going on with an advisor where one left off, or beginning with it.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::{AdvisorId, ConversationId};

use crate::access::Permission;
use crate::domain::advisor::policy;
use crate::domain::advisor::rows::{self, talks};
use crate::domain::conversation::begin;
use crate::domain::conversation::object::Conversation;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// With which advisor to talk.
#[derive(InputObject)]
pub struct OpenConversationInput {
    /// The advisor, with the level READ.
    advisor_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `openConversation`.
    OpenConversationPayload {
        /// One's own conversation with the advisor.
        conversation: Conversation,
        /// Whether it was made just now.
        is_new: bool,
    }
}

fn parse(id: &ID) -> Result<AdvisorId, Error> {
    let mut checks = Checks::default();
    let id = checks.id(&["advisorId"], id);
    checks.done()?;
    Ok(id)
}

#[derive(Default)]
pub struct OpenConversation;

#[Object]
impl OpenConversation {
    /// One's own conversation with an advisor that has the latest activity, of those that are neither put aside nor in the
    /// trash; if there is none, a new one. Those who ask at the same time get the same. Needs `conversations:write`.
    #[graphql(guard = "Requires(Permission::ConversationsWrite)", directive = requiresPermission::apply(Permission::ConversationsWrite))]
    async fn open_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "With which advisor.")] input: OpenConversationInput,
    ) -> Result<Option<OpenConversationPayload>> {
        let call = Call::of(cx(ctx), "openConversation", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.advisor_id), |tx, id| {
            Box::pin(async move {
                let (conversation, is_new) = open(tx, id).await?;
                let (conversation, is_new) = (Some(conversation), Some(is_new));
                Ok(OpenConversationPayload { conversation, is_new, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn open(tx: &Tx, id: AdvisorId) -> Result<(Conversation, bool), Error> {
    let viewer = tx.actor.principal()?;
    let found = rows::find_for_share(tx, viewer, id).await?;
    let (advisor, _) = found.ok_or_else(|| Error::refused(UserError::not_found(&["advisorId"])))?;
    policy::outside_trash(&advisor, &["advisorId"])?;
    if let Some(row) = talks::latest(tx, viewer, id).await? {
        tx.unchanged();
        return Ok((row.into(), false));
    }
    let talk = ConversationId(tx.new_id());
    let row = begin::conversation(tx, talk, viewer.user, None, Some(id)).await?;
    tx.record(Change::new("conversation.create", "conversation", talk).within(talk)).await?;
    Ok((row.into(), true))
}
