//! Saying it differently: a sibling.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::MessageId;
use serde::Serialize;
use uuid::Uuid;

use super::append::{again, put};
use super::said::{Said, SaidInput};
use super::{Held, hold};
use crate::access::Permission;
use crate::domain::message::object::{FinishReason, Message};
use crate::domain::message::policy;
use crate::error::Error;
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars;
use crate::write::{self, Call, Creation, Tx};

/// Another way to say what a message says.
#[derive(InputObject)]
pub struct BranchMessageInput {
    /// The message beside which the new one stands: the first of a conversation, a question to put differently, an answer
    /// to give again.
    message_id: ID,
    /// The text, at most 200,000 characters, kept as it is.
    content: String,
    /// The model that wrote it, 1 to 200 characters.
    model: Option<String>,
    /// Why the model stopped.
    finish_reason: Option<FinishReason>,
    /// Tokens that the model read.
    prompt_tokens: Option<i32>,
    /// Tokens that the model wrote.
    completion_tokens: Option<i32>,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `branchMessage`.
    BranchMessagePayload {
        /// The new message, or the one that this `clientId` made earlier.
        message: Message,
    }
}

#[derive(Serialize)]
struct Sibling {
    of: MessageId,
    said: Said,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl BranchMessageInput {
    fn parse(self) -> Result<Sibling, Error> {
        let mut checks = Checks::default();
        let of = checks.id(&["messageId"], &self.message_id);
        let said = SaidInput {
            content: self.content,
            model: self.model,
            finish_reason: self.finish_reason,
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.completion_tokens,
        };
        let said = said.check(&mut checks);
        let client_id = checks.client_id(self.client_id.as_ref());
        checks.done()?;
        Ok(Sibling { of, said, client_id })
    }
}

#[derive(Default)]
pub struct BranchMessage;

#[Object]
impl BranchMessage {
    /// Puts a message beside another: with the same role, answering the same message, the last of its siblings. From then
    /// on the viewer reads that branch; the other stays as it is. Needs `messages:write` and the level COMMENT, or WRITE
    /// where the message is not one of the role USER.
    #[graphql(guard = "Requires(Permission::MessagesWrite)", directive = requiresPermission::apply(Permission::MessagesWrite))]
    async fn branch_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Beside which message, and what it says.")] input: BranchMessageInput,
    ) -> Result<Option<BranchMessagePayload>> {
        let call = Call::of(cx(ctx), "branchMessage", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move {
                let message = Some(branch(tx, draft).await?);
                Ok(BranchMessagePayload { message, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn branch(tx: &Tx, draft: Sibling) -> Result<Message, Error> {
    let Held { talk, level, row } = hold(tx, draft.of).await?;
    policy::may_append(level, row.role)?;
    let id = MessageId(tx.new_id());
    if let Creation::Again(first) = tx.claim("message.branch", draft.client_id, &draft, id).await? {
        return again(tx, first).await;
    }
    put(tx, "message.branch", &talk, id, row.parent_id, row.role, draft.said).await
}
