//! Writing another piece.

use async_graphql::{Context, ID, InputObject, Object, Result};
use chrono::TimeDelta;
use entity::id::MessageId;
use entity::message::Status;
use serde_json::json;

use super::{Held, hold, not_written, outdated};
use crate::access::Permission;
use crate::domain::stream::object::MessageWriting;
use crate::domain::stream::rows::{self, State};
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// Longest text of a message, in characters.
const LONGEST: usize = 200_000;

/// A piece of a message.
#[derive(InputObject)]
pub struct AppendToMessageInput {
    /// The message, which is being written.
    message_id: ID,
    /// Which attempt writes: as `beginMessage` or `continueMessage` said.
    attempt: i32,
    /// The number of this piece: 1 for the first, then one more each time.
    sequence: i32,
    /// The text, which follows that of the pieces before; with them at most 200,000 characters. An empty one only says that
    /// the writer is still there.
    text: String,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters. Not needed here: `sequence` does it.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `appendToMessage`.
    AppendToMessagePayload {
        /// Where the writing is now, also when the piece was refused as a `CONFLICT`.
        writing: MessageWriting,
    }
}

struct Piece {
    message: MessageId,
    attempt: i32,
    sequence: i32,
    text: String,
}

impl AppendToMessageInput {
    fn parse(self) -> Result<Piece, Error> {
        let mut checks = Checks::default();
        let message = checks.id(&["messageId"], &self.message_id);
        let text = checks.text(&["text"], self.text, 0..=LONGEST);
        if self.sequence < 1 {
            checks.refuse(UserError::invalid(&["sequence"], "Pieces are numbered from 1."));
        }
        checks.done()?;
        Ok(Piece { message, attempt: self.attempt, sequence: self.sequence, text })
    }
}

#[derive(Default)]
pub struct AppendToMessage;

#[Object]
impl AppendToMessage {
    /// Adds a piece to a message that is being written; once it is answered, the piece is kept. The same piece again is
    /// answered alike; another text under the same number, a number out of order, an earlier attempt, and a message that
    /// is not being written any more are a `CONFLICT`. Needs `messages:write` and the level that `beginMessage` needs,
    /// WRITE where somebody else began it.
    #[graphql(guard = "Requires(Permission::MessagesWrite)", directive = requiresPermission::apply(Permission::MessagesWrite))]
    async fn append_to_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The piece.")] input: AppendToMessageInput,
    ) -> Result<Option<AppendToMessagePayload>> {
        let lease = cx(ctx).app.stream_lease;
        let call = Call::of(cx(ctx), "appendToMessage", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), move |tx, piece| {
            Box::pin(async move { add(tx, piece, lease).await })
        });
        Ok(payload.await?)
    }
}

async fn add(tx: &Tx, piece: Piece, lease: TimeDelta) -> Result<AppendToMessagePayload, Error> {
    let Held { row, state, .. } = hold(tx, piece.message).await?;
    let Some(state) = state else { return Err(Error::refused(not_written(&["messageId"]))) };
    let refused =
        |error: UserError| Ok(AppendToMessagePayload { writing: Some(state.into()), user_errors: vec![error] });
    if let Some(outdated) = outdated(&state, piece.attempt) {
        return refused(outdated);
    }
    if piece.sequence < state.next_sequence {
        return match rows::piece(tx, row.id, piece.sequence).await?.as_ref() == Some(&piece.text) {
            true => {
                tx.unchanged();
                Ok(AppendToMessagePayload { writing: Some(state.into()), ..Default::default() })
            }
            false => refused(UserError::conflict(&["sequence"], "That piece said something else.")),
        };
    }
    if row.status != Status::Streaming {
        return refused(not_written(&["messageId"]));
    }
    if piece.sequence > state.next_sequence {
        return refused(UserError::conflict(&["sequence"], "A piece is missing before this one."));
    }
    let length = piece.text.chars().count();
    if length + usize::try_from(state.length).unwrap_or(LONGEST) > LONGEST {
        return refused(UserError::invalid(&["text"], "With the pieces before it at most 200,000 characters."));
    }
    rows::add(tx, row.id, piece.sequence, &piece.text, tx.at).await?;
    rows::renew(tx, row.id, tx.at + lease).await?;
    let after = json!({ "attempt": piece.attempt, "sequence": piece.sequence, "length": length });
    tx.record(Change::new("message.piece", "message", row.id).within(row.conversation_id).after(after)).await?;
    let state = State { next_sequence: piece.sequence + 1, lease_until: tx.at + lease, ..state };
    Ok(AppendToMessagePayload { writing: Some(state.into()), ..Default::default() })
}
