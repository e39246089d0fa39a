//! Editing a message in place.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::id::MessageId;
use entity::message::ActiveModel;
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::said::LONGEST;
use super::{Held, hold, stale};
use crate::access::Permission;
use crate::domain::message::object::Message;
use crate::domain::message::{policy, rows};
use crate::error::Error;
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// An edit of a message.
#[derive(InputObject)]
pub struct EditMessageInput {
    /// The message: one's own at the level COMMENT, any with WRITE.
    message_id: ID,
    /// The new text, at most 200,000 characters.
    content: String,
    /// The version that the edit is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `editMessage`.
    EditMessagePayload {
        /// The message as it is now, also when `expectedVersion` was stale.
        message: Message,
    }
}

struct Edit {
    id: MessageId,
    content: String,
    expected_version: Option<i32>,
}

impl EditMessageInput {
    fn parse(self) -> Result<Edit, Error> {
        let mut checks = Checks::default();
        let id = checks.id(&["messageId"], &self.message_id);
        let content = checks.text(&["content"], self.content, 0..=LONGEST);
        checks.done()?;
        Ok(Edit { id, content, expected_version: self.expected_version })
    }
}

#[derive(Default)]
pub struct EditMessage;

#[Object]
impl EditMessage {
    /// Replaces the text of a message where it stands; what it said before is kept in its `versions`. To keep what was
    /// answered to the old text apart, use `branchMessage`. Needs `messages:write` and the level WRITE, or COMMENT for
    /// one's own.
    #[graphql(guard = "Requires(Permission::MessagesWrite)", directive = requiresPermission::apply(Permission::MessagesWrite))]
    async fn edit_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The edit.")] input: EditMessageInput,
    ) -> Result<Option<EditMessagePayload>> {
        let call = Call::of(cx(ctx), "editMessage", &input, &input.idempotency_key);
        let payload =
            write::run(cx(ctx), call, input.parse(), |tx, edit| Box::pin(async move { apply(tx, edit).await }));
        Ok(payload.await?)
    }
}

async fn apply(tx: &Tx, edit: Edit) -> Result<EditMessagePayload, Error> {
    let viewer = tx.actor.principal()?;
    let Held { row, level, .. } = hold(tx, edit.id).await?;
    policy::may_edit(viewer, level, &row)?;
    if let Some(stale) = stale(&row, edit.expected_version) {
        return Ok(EditMessagePayload { message: Some(row.into()), user_errors: vec![stale] });
    }
    policy::still_says(&row)?;
    if row.content == edit.content {
        tx.unchanged();
        return Ok(EditMessagePayload { message: Some(row.into()), ..Default::default() });
    }
    let change = ActiveModel {
        id: Set(row.id),
        content: Set(edit.content),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        edited_at: Set(Some(tx.at)),
        edited_by_id: Set(Some(viewer.user)),
        ..Default::default()
    };
    let changed = rows::update(tx, change).await?;
    let record = Change::new("message.edit", "message", row.id)
        .within(row.conversation_id)
        .before(json!({ "version": row.version, "length": row.content.chars().count() }))
        .after(json!({ "version": changed.version, "length": changed.content.chars().count() }));
    tx.record(record).await?;
    Ok(EditMessagePayload { message: Some(changed.into()), ..Default::default() })
}
