//! Changing a conversation itself.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result};
use entity::conversation::{ActiveModel, Model, Status};
use entity::id::{AdvisorId, ConversationId};
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::{get, stale};
use crate::access::Permission;
use crate::domain::conversation::object::{Conversation, ConversationStatus};
use crate::domain::conversation::{begin, policy, rows};
use crate::domain::thing::action::{Kind, ThingAction};
use crate::error::Error;
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A change of a conversation; what is left out stays.
#[derive(InputObject)]
pub struct UpdateConversationInput {
    /// The conversation, with the level WRITE.
    conversation_id: ID,
    /// The new title, 1 to 200 characters; null takes it away.
    title: MaybeUndefined<String>,
    /// The advisor that it is held with, which the viewer sees; null for none.
    advisor_id: MaybeUndefined<ID>,
    /// Put it aside or bring it back.
    status: Option<ConversationStatus>,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `updateConversation`.
    UpdateConversationPayload {
        /// The conversation as it is now, also when `expectedVersion` was stale.
        conversation: Conversation,
    }
}

struct ConversationPatch {
    id: ConversationId,
    title: MaybeUndefined<String>,
    advisor: MaybeUndefined<AdvisorId>,
    status: Option<Status>,
    expected_version: Option<i32>,
}

impl UpdateConversationInput {
    fn parse(self) -> Result<ConversationPatch, Error> {
        let mut checks = Checks::default();
        let id = checks.id(&["conversationId"], &self.conversation_id);
        let title = self.title.map_value(|title| checks.line(&["title"], &title, 1..=200));
        let advisor = self.advisor_id.map_value(|id| checks.id(&["advisorId"], &id));
        checks.done()?;
        Ok(ConversationPatch {
            id,
            title,
            advisor,
            status: self.status.map(Status::from),
            expected_version: self.expected_version,
        })
    }
}

#[derive(Default)]
pub struct UpdateConversation;

#[Object]
impl UpdateConversation {
    /// Retitles a conversation, puts it aside or brings it back, or has it held with another advisor. Needs `conversations:write` and the level WRITE.
    #[graphql(guard = "Requires(Permission::ConversationsWrite)", directive = requiresPermission::apply(Permission::ConversationsWrite))]
    async fn update_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateConversationInput,
    ) -> Result<Option<UpdateConversationPayload>> {
        let call = Call::of(cx(ctx), "updateConversation", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, patch| {
            Box::pin(async move {
                let (row, level) = get(tx, patch.id).await?;
                ThingAction::Update.allow(Kind::Conversation, level)?;
                policy::outside_trash(&row, &["conversationId"])?;
                if let Some(stale) = stale(&row, patch.expected_version) {
                    return Ok(UpdateConversationPayload { conversation: Some(row.into()), user_errors: vec![stale] });
                }
                let conversation = Some(update(tx, row, patch).await?);
                Ok(UpdateConversationPayload { conversation, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn update(tx: &Tx, row: Model, patch: ConversationPatch) -> Result<Conversation, Error> {
    let title = match patch.title {
        MaybeUndefined::Undefined => row.title.clone(),
        MaybeUndefined::Null => None,
        MaybeUndefined::Value(title) => Some(title),
    };
    let status = patch.status.unwrap_or(row.status);
    let advisor = match patch.advisor {
        MaybeUndefined::Undefined => row.advisor_id,
        MaybeUndefined::Null => None,
        MaybeUndefined::Value(advisor) => Some(advisor),
    };
    if let Some(advisor) = advisor.filter(|_| advisor != row.advisor_id) {
        begin::with_advisor(tx, advisor).await?;
    }
    if title == row.title && status == row.status && advisor == row.advisor_id {
        tx.unchanged();
        return Ok(row.into());
    }
    let archived_at = match status {
        Status::Active => None,
        Status::Archived => row.archived_at.or(Some(tx.at)),
    };
    let change = ActiveModel {
        id: Set(row.id),
        title: Set(title.clone()),
        advisor_id: Set(advisor),
        status: Set(status),
        archived_at: Set(archived_at),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        ..Default::default()
    };
    let changed = rows::update(tx, change).await?;
    let record = Change::new("conversation.update", "conversation", row.id)
        .within(row.id)
        .before(json!({ "version": row.version, "archived": row.status == Status::Archived }))
        .after(json!({ "retitled": title != row.title, "advisor": advisor, "archived": status == Status::Archived }));
    tx.record(record).await?;
    Ok(changed.into())
}
