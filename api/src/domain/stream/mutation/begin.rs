//! Beginning to write.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result};
use entity::id::{ConversationId, MessageId};
use entity::message::{self, Model, Status};
use sea_orm::ActiveEnum;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::access::Permission;
use crate::domain::conversation::{policy as conversation_policy, rows as conversation_rows};
use crate::domain::message::object::{Message, MessageRole};
use crate::domain::message::{policy, rows as message_rows};
use crate::domain::stream::object::MessageWriting;
use crate::domain::stream::rows;
use crate::error::{Error, UserError, violated_constraint};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars;
use crate::write::{self, Call, Change, Creation, Tx};

/// A message that will be written piece by piece.
#[derive(InputObject)]
pub struct BeginMessageInput {
    /// The conversation.
    conversation_id: ID,
    /// The message it answers, in the same conversation. Left out, it continues the branch that the viewer reads
    /// (`Conversation.activeLeaf`); null begins another tree.
    parent_id: MaybeUndefined<ID>,
    /// Who speaks.
    #[graphql(default_with = "MessageRole::Assistant")]
    role: MessageRole,
    /// The model that writes it, 1 to 200 characters.
    model: Option<String>,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `beginMessage`.
    BeginMessagePayload {
        /// The new message, or the one that this `clientId` made earlier.
        message: Message,
        /// What the writer has to say with its pieces.
        writing: MessageWriting,
    }
}

/// Which message the new one answers.
#[derive(Clone, Copy, Serialize)]
enum Parent {
    Active,
    None,
    Message(MessageId),
}

#[derive(Serialize)]
struct Draft {
    conversation: ConversationId,
    parent: Parent,
    role: String,
    model: Option<String>,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl BeginMessageInput {
    fn parse(self) -> Result<Draft, Error> {
        let mut checks = Checks::default();
        let conversation = checks.id(&["conversationId"], &self.conversation_id);
        let parent = match self.parent_id {
            MaybeUndefined::Undefined => Parent::Active,
            MaybeUndefined::Null => Parent::None,
            MaybeUndefined::Value(id) => Parent::Message(checks.id(&["parentId"], &id)),
        };
        let model = self.model.map(|model| checks.line(&["model"], &model, 1..=200));
        let client_id = checks.client_id(self.client_id.as_ref());
        checks.done()?;
        Ok(Draft { conversation, parent, role: message::Role::from(self.role).to_value(), model, client_id })
    }
}

#[derive(Default)]
pub struct BeginMessage;

#[Object]
impl BeginMessage {
    /// Begins a message that is written piece by piece, with the status STREAMING: `appendToMessage` until
    /// `finishMessage`. Whoever sees the conversation reads along (`messageStream`). Needs `messages:write` and the level
    /// WRITE, or COMMENT for the role USER.
    #[graphql(guard = "Requires(Permission::MessagesWrite)", directive = requiresPermission::apply(Permission::MessagesWrite))]
    async fn begin_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message.")] input: BeginMessageInput,
    ) -> Result<Option<BeginMessagePayload>> {
        let lease = cx(ctx).app.stream_lease;
        let call = Call::of(cx(ctx), "beginMessage", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), move |tx, draft| {
            Box::pin(async move {
                let row = begin(tx, draft, lease).await?;
                let writing = rows::find_for_update(tx, row.id).await?.map(MessageWriting::from);
                Ok(BeginMessagePayload { message: Some(row.into()), writing, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn begin(tx: &Tx, draft: Draft, lease: chrono::TimeDelta) -> Result<Model, Error> {
    let viewer = tx.actor.principal()?;
    let found = conversation_rows::find_for_update(tx, viewer, draft.conversation).await?;
    let (talk, level) = found.ok_or_else(|| Error::refused(UserError::not_found(&["conversationId"])))?;
    let role = message::Role::try_from_value(&draft.role)?;
    policy::may_append(level, role)?;
    conversation_policy::outside_trash(&talk, &["conversationId"])?;
    let id = MessageId(tx.new_id());
    if let Creation::Again(first) = tx.claim("message.begin", draft.client_id, &draft, id).await? {
        let first = message_rows::find(tx, viewer, MessageId(first)).await?;
        return first.ok_or_else(|| Error::refused(UserError::not_found(&["clientId"])));
    }
    let parent = match draft.parent {
        Parent::Active => conversation_rows::branch::leaf_of(tx, viewer, &talk).await?,
        Parent::None => None,
        Parent::Message(id) => Some(id),
    };
    let row = Model {
        author_id: Some(viewer.user),
        model: draft.model,
        status: Status::Streaming,
        ..Model::new(id, talk.id, parent, role, tx.at)
    };
    let row = message_rows::insert(tx, row).await.map_err(|cause| match violated_constraint(&cause) {
        // A parent elsewhere and no parent at all look alike.
        Some("messages_parent_fkey") => Error::refused(UserError::not_found(&["parentId"])),
        _ => cause.into(),
    })?;
    rows::begin(tx, id, talk.id, tx.at + lease).await?;
    let after = json!({ "role": draft.role, "position": row.position, "parent": row.parent_id });
    tx.record(Change::new("message.begin", "message", id).within(talk.id).after(after)).await?;
    Ok(row)
}
