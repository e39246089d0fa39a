//! Taking a copy of what a link shows.

use std::collections::HashMap;

use async_graphql::{Context, InputObject, Object, Result};
use entity::conversation::Model;
use entity::id::{ConversationId, MessageId, ToolCallId};
use entity::message::{self, Status};
use entity::tool_call;
use serde_json::json;

use super::create::hash;
use crate::access::Permission;
use crate::domain::conversation;
use crate::domain::conversation::object::Conversation;
use crate::domain::link::object::Opened;
use crate::domain::link::rows;
use crate::domain::message::rows as message_rows;
use crate::domain::tool_call::rows as tool_call_rows;
use crate::error::{Error, UserError};
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// Of which link to take a copy.
#[derive(InputObject)]
pub struct ForkSharedConversationInput {
    /// The secret of the link, which allows it.
    token: String,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `forkSharedConversation`.
    ForkSharedConversationPayload {
        /// The copy, of which the viewer is the owner.
        conversation: Conversation,
    }
}

#[derive(Default)]
pub struct ForkShared;

#[Object]
impl ForkShared {
    /// Makes a conversation of one's own with what a link shows: the same tree, empty messages and calls without data where
    /// the link hides something, nobody's names. At most 5,000 messages (`CONFLICT`). A link that does not allow it is
    /// `FORBIDDEN`. Needs `conversations:write`.
    #[graphql(guard = "Requires(Permission::ConversationsWrite)", directive = requiresPermission::apply(Permission::ConversationsWrite))]
    async fn fork_shared_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of which link.")] input: ForkSharedConversationInput,
    ) -> Result<Option<ForkSharedConversationPayload>> {
        let call = Call::of(cx(ctx), "forkSharedConversation", &input, &input.idempotency_key);
        let secret = hash(&input.token).ok_or_else(|| Error::refused(UserError::not_found(&["token"])));
        let payload = write::run(cx(ctx), call, secret, |tx, secret| {
            Box::pin(async move {
                let conversation = Some(fork(tx, &secret).await?);
                Ok(ForkSharedConversationPayload { conversation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn fork(tx: &Tx, secret: &[u8]) -> Result<Conversation, Error> {
    let viewer = tx.actor.principal()?;
    tx.actor.require(Permission::ConversationsRead)?;
    let opened = rows::open(tx, secret, tx.at).await?;
    let opened = opened.ok_or_else(|| Error::refused(UserError::not_found(&["token"])))?;
    if !opened.link.allows_fork {
        return Err(Error::Forbidden("This link does not allow copies."));
    }
    if rows::count(tx, &opened).await? > conversation::policy::LONGEST_COPY.into() {
        return Err(Error::refused(UserError::conflict(&["token"], "It is too long for a copy.")));
    }
    let id = ConversationId(tx.new_id());
    let title = match &opened.link.frozen {
        Some(frozen) => frozen.title.clone(),
        None => opened.title.clone(),
    };
    let row = Model { title, ..Model::new(id, viewer.user, tx.at) };
    conversation::rows::insert(tx, row).await?;
    let copied = fill(tx, id, &opened).await?;
    let after = json!({ "link": opened.link.share, "messageCount": copied });
    tx.record(Change::new("conversation.fork", "conversation", id).within(id).after(after)).await?;
    let made = conversation::rows::by_ids(tx, viewer, &[id]).await?.remove(&id);
    made.map(Conversation).ok_or_else(|| Error::refused(UserError::not_found(&["token"])))
}

/// Copies messages and tool calls as the link shows them; tells how many messages.
async fn fill(tx: &Tx, to: ConversationId, opened: &Opened) -> Result<usize, Error> {
    let link = &opened.link;
    let rows = rows::all(tx, opened).await?;
    let ids: Vec<MessageId> = rows.iter().map(|row| row.id).collect();
    let frozen_at = link.frozen.as_ref().map(|frozen| frozen.at);
    let mut earlier = match frozen_at {
        Some(at) => rows::earlier(tx, &ids, at).await?,
        None => HashMap::new(),
    };
    let calls = rows::tool_calls(tx, &ids, frozen_at).await?;
    let new: HashMap<MessageId, MessageId> = ids.iter().map(|id| (*id, MessageId(tx.new_id()))).collect();
    let copied = rows.len();
    let messages = rows.into_iter().map(|row| {
        let said = earlier.remove(&row.id).unwrap_or(row.content);
        let content = if link.hides(row.role) { String::new() } else { said };
        message::Model {
            id: new.get(&row.id).copied().unwrap_or(row.id),
            conversation_id: to,
            parent_id: row.parent_id.and_then(|parent| new.get(&parent).copied()),
            author_id: None,
            content,
            version: 1,
            updated_at: row.created_at,
            edited_at: None,
            edited_by_id: None,
            status: if row.status == Status::Complete { row.status } else { Status::Cancelled },
            ..row
        }
    });
    let messages: Vec<message::Model> = messages.collect();
    let calls = calls.into_values().flatten().map(|row| {
        let shown = !link.hides_tool_data && link.shows(&row);
        let row = (*row).clone();
        let (status, finished_at) = match link.shows(&row) {
            true => (row.status, row.finished_at),
            false => (tool_call::Status::Pending, None),
        };
        let hidden = "hidden".to_owned();
        let error = row.error.clone().filter(|_| shown).or((status == tool_call::Status::Failed).then_some(hidden));
        let (arguments, raw_arguments) = match link.hides_tool_data {
            true => (Some(json!({})), None),
            false => (row.arguments.clone(), row.raw_arguments.clone()),
        };
        tool_call::Model {
            id: ToolCallId(tx.new_id()),
            message_id: new.get(&row.message_id).copied().unwrap_or(row.message_id),
            conversation_id: to,
            status,
            finished_at,
            result: row.result.clone().filter(|_| shown),
            error,
            arguments,
            raw_arguments,
            version: 1,
            updated_at: row.created_at,
            // Whose tool it was and who said yes stays where it was; what waits, waits.
            tool_id: None,
            needs_approval: status == tool_call::Status::AwaitingApproval,
            decision: None,
            decided_by: None,
            decided_at: None,
            decision_reason: None,
            ..row
        }
    });
    let calls: Vec<tool_call::Model> = calls.collect();
    message_rows::fill(tx, to, messages, None).await?;
    tool_call_rows::insert_many(tx, calls).await?;
    Ok(copied)
}
