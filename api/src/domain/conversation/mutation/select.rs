//! Choosing which branch to read.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::MessageId;
use serde_json::json;

use crate::access::Permission;
use crate::domain::conversation::object::Conversation;
use crate::domain::conversation::{policy, rows};
use crate::domain::message::rows as message_rows;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A branch to read.
#[derive(InputObject)]
pub struct SelectBranchInput {
    /// A message on the branch. Where there are several below it, the one with the newest message of the conversation, or
    /// the newest answer at each branching.
    message_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `selectBranch`.
    SelectBranchPayload {
        /// The conversation, in which the viewer now reads that branch.
        conversation: Conversation,
    }
}

fn parse(id: &ID) -> Result<MessageId, Error> {
    let mut checks = Checks::default();
    let id = checks.id(&["messageId"], id);
    checks.done()?;
    Ok(id)
}

#[derive(Default)]
pub struct SelectBranch;

#[Object]
impl SelectBranch {
    /// Keeps which branch of a conversation the viewer reads: its `activeLeaf` and `activePath`. Others read on where they
    /// are, except that those who have chosen none and write on none read what the owner reads. Needs `conversations:read`.
    #[graphql(guard = "Requires(Permission::ConversationsRead)", directive = requiresPermission::apply(Permission::ConversationsRead))]
    async fn select_branch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which branch.")] input: SelectBranchInput,
    ) -> Result<Option<SelectBranchPayload>> {
        let call = Call::of(cx(ctx), "selectBranch", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.message_id), |tx, id| {
            Box::pin(async move {
                let conversation = Some(select(tx, id).await?);
                Ok(SelectBranchPayload { conversation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn select(tx: &Tx, id: MessageId) -> Result<Conversation, Error> {
    let viewer = tx.actor.principal()?;
    let not_found = || Error::refused(UserError::not_found(&["messageId"]));
    let place = message_rows::find(tx, viewer, id).await?.ok_or_else(not_found)?.conversation_id;
    let (talk, _) = rows::find_for_update(tx, viewer, place).await?.ok_or_else(not_found)?;
    policy::outside_trash(&talk, &["messageId"])?;
    // It may have been removed while this waited for the conversation.
    message_rows::find(tx, viewer, id).await?.ok_or_else(not_found)?;
    let leaf = message_rows::tree::newest_leaf(tx, id).await?;
    let before = rows::branch::leaf_of(tx, viewer, &talk).await?;
    if before == Some(leaf) {
        tx.unchanged();
        return Ok(talk.into());
    }
    let talk = match talk.owner_id == viewer.user {
        true => rows::branch::choose_for_all(tx, talk.id, leaf).await?,
        false => {
            rows::branch::choose(tx, viewer, talk.id, leaf, tx.at).await?;
            talk
        }
    };
    let record = Change::new("conversation.select_branch", "conversation", talk.id).within(talk.id);
    tx.record(record.before(json!({ "leaf": before })).after(json!({ "leaf": leaf }))).await?;
    Ok(talk.into())
}
