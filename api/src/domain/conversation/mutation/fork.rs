//! Taking a copy.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::conversation::Model;
use entity::id::{ConversationId, MessageId, ToolCallId};
use entity::message::{self, Status};
use entity::tool_call;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::access::Permission;
use crate::domain::advisor;
use crate::domain::conversation::object::Conversation;
use crate::domain::conversation::{policy, rows};
use crate::domain::message::rows as message_rows;
use crate::domain::stream::rows as stream_rows;
use crate::domain::tool_call::rows as tool_call_rows;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars;
use crate::write::{self, Call, Change, Creation, Tx};

/// A conversation to copy.
#[derive(InputObject)]
pub struct ForkConversationInput {
    /// The conversation; seeing it is enough.
    conversation_id: ID,
    /// The last message of the branch to copy, with everything above it; without it the whole tree is copied.
    through_message_id: Option<ID>,
    /// The title of the copy, 1 to 200 characters; that of the original if left out.
    title: Option<String>,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `forkConversation`.
    ForkConversationPayload {
        /// The copy, of which the viewer is the owner, or the one that this `clientId` made earlier.
        conversation: Conversation,
    }
}

#[derive(Serialize)]
struct Fork {
    of: ConversationId,
    through: Option<MessageId>,
    title: Option<String>,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl ForkConversationInput {
    fn parse(self) -> Result<Fork, Error> {
        let mut checks = Checks::default();
        let of = checks.id(&["conversationId"], &self.conversation_id);
        let through = self.through_message_id.map(|id| checks.id(&["throughMessageId"], &id));
        let title = self.title.map(|title| checks.line(&["title"], &title, 1..=200));
        let client_id = checks.client_id(self.client_id.as_ref());
        checks.done()?;
        Ok(Fork { of, through, title, client_id })
    }
}

#[derive(Default)]
pub struct ForkConversation;

#[Object]
impl ForkConversation {
    /// Makes a conversation of one's own with what another says: one branch or the whole tree, with its tool calls; calls
    /// and messages that have not ended are cancelled in the copy. What others wrote has no author there. Its shares are not copied. At
    /// most 5,000 messages (`CONFLICT`). Needs `conversations:write` and the level READ.
    #[graphql(guard = "Requires(Permission::ConversationsWrite)", directive = requiresPermission::apply(Permission::ConversationsWrite))]
    async fn fork_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to copy.")] input: ForkConversationInput,
    ) -> Result<Option<ForkConversationPayload>> {
        let call = Call::of(cx(ctx), "forkConversation", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move {
                let conversation = Some(fork(tx, draft).await?);
                Ok(ForkConversationPayload { conversation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn fork(tx: &Tx, draft: Fork) -> Result<Conversation, Error> {
    let viewer = tx.actor.principal()?;
    let not_found = |name: &str| Error::refused(UserError::not_found(&[name]));
    let found = rows::find_for_share(tx, viewer, draft.of).await?;
    let (talk, _) = found.ok_or_else(|| not_found("conversationId"))?;
    let id = ConversationId(tx.new_id());
    if let Creation::Again(first) = tx.claim("conversation.fork", draft.client_id, &draft, id).await? {
        return reread(tx, ConversationId(first)).await?.ok_or_else(|| not_found("clientId"));
    }
    let (size, leaf) = match draft.through {
        None => (talk.message_count, rows::branch::leaf_of(tx, viewer, &talk).await?),
        Some(through) => {
            let last = message_rows::find(tx, viewer, through).await?.filter(|row| row.conversation_id == talk.id);
            let last = last.ok_or_else(|| not_found("throughMessageId"))?;
            (last.depth + 1, Some(last.id))
        }
    };
    if size > policy::LONGEST_COPY {
        return Err(Error::refused(UserError::conflict(&["conversationId"], "It is too long for a copy.")));
    }
    let said = match draft.through {
        None => message_rows::tree::all_of(tx, viewer, talk.id).await?,
        Some(last) => message_rows::tree::way_to(tx, viewer, last).await?,
    };
    let advisor = match talk.advisor_id {
        Some(id) => advisor::rows::by_ids(tx, viewer, &[id]).await?.contains_key(&id).then_some(id),
        None => None,
    };
    let row = Model {
        title: draft.title.or(talk.title),
        advisor_id: advisor,
        forked_from_id: Some(talk.id),
        forked_from_message_id: draft.through,
        ..Model::new(id, viewer.user, tx.at)
    };
    rows::insert(tx, row).await?;
    let copied = said.len();
    copy(tx, id, said, leaf).await?;
    let after = json!({ "of": talk.id, "through": draft.through, "messageCount": copied });
    tx.record(Change::new("conversation.fork", "conversation", id).within(id).after(after)).await?;
    reread(tx, id).await?.ok_or_else(|| not_found("conversationId"))
}

async fn reread(tx: &Tx, id: ConversationId) -> Result<Option<Conversation>, Error> {
    Ok(rows::by_ids(tx, tx.actor.principal()?, &[id]).await?.remove(&id).map(Conversation))
}

/// Writes what was said, and the calls that belong to it, into another conversation, which is read where `leaf` is there.
async fn copy(tx: &Tx, to: ConversationId, said: Vec<message::Model>, leaf: Option<MessageId>) -> Result<(), Error> {
    let viewer = tx.actor.principal()?;
    let ids: Vec<MessageId> = said.iter().map(|row| row.id).collect();
    let calls = tool_call_rows::of_messages(tx, viewer, &ids).await?;
    let new: HashMap<MessageId, MessageId> = ids.iter().map(|id| (*id, MessageId(tx.new_id()))).collect();
    let open = said.iter().filter(|row| row.status == Status::Streaming).map(|row| row.id).collect::<Vec<_>>();
    let mut so_far = stream_rows::texts(tx, viewer, &open).await?;
    let messages = said.into_iter().filter_map(|row| {
        Some(message::Model {
            content: so_far.remove(&row.id).unwrap_or(row.content),
            status: if row.status == Status::Complete { row.status } else { Status::Cancelled },
            id: *new.get(&row.id)?,
            conversation_id: to,
            parent_id: row.parent_id.and_then(|parent| new.get(&parent).copied()),
            author_id: row.author_id.filter(|author| *author == viewer.user),
            version: 1,
            updated_at: row.created_at,
            edited_at: None,
            edited_by_id: None,
            ..row
        })
    });
    let leaf = leaf.and_then(|leaf| new.get(&leaf).copied());
    message_rows::fill(tx, to, messages.collect(), leaf).await?;
    let calls = calls.into_iter().filter_map(|row| {
        let has_ended = row.finished_at.is_some();
        Some(tool_call::Model {
            id: ToolCallId(tx.new_id()),
            message_id: *new.get(&row.message_id)?,
            conversation_id: to,
            status: if has_ended { row.status } else { tool_call::Status::Cancelled },
            finished_at: row.finished_at.or(Some(tx.at)),
            version: 1,
            // Whose tool it was and who said yes stays where it was.
            tool_id: None,
            needs_approval: false,
            decision: None,
            decided_by: None,
            decided_at: None,
            decision_reason: None,
            ..row
        })
    });
    tool_call_rows::insert_many(tx, calls.collect()).await
}
