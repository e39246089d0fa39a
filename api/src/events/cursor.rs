//! The place of an event among those of its conversation.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::id::ConversationId;

/// Travels in cursors, so that those of lists are refused here and the other way round.
const NAME: &str = "conversation.events";

/// An event's place: the transaction that wrote it, then its number. Opaque to clients, good in every process of a
/// database, and good for one conversation only.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cursor {
    pub(super) conversation: ConversationId,
    pub(super) transaction: u64,
    pub(super) id: i64,
}

impl Cursor {
    /// The place before everything.
    pub fn beginning(conversation: ConversationId) -> Self {
        Self { conversation, transaction: 0, id: 0 }
    }

    /// The place before everything that a transaction wrote which had not ended at the horizon. Whoever has read the
    /// conversation after that moment, in however many statements, has seen what is before this place.
    pub fn before(conversation: ConversationId, horizon: u64) -> Self {
        Self { conversation, transaction: horizon, id: 0 }
    }

    /// The conversation it is a place in.
    pub fn conversation(&self) -> ConversationId {
        self.conversation
    }

    /// The form on the wire.
    pub fn encode(&self) -> String {
        let json = serde_json::to_vec(&(NAME, self.conversation.0, self.transaction, self.id)).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(json)
    }

    /// Nothing if the text is not a cursor of this conversation's events.
    pub fn parse(conversation: ConversationId, text: &str) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (name, of, transaction, id): (String, uuid::Uuid, u64, i64) = serde_json::from_slice(&json).ok()?;
        let cursor = Self { conversation, transaction, id };
        (name == NAME && of == conversation.0 && id >= 0).then_some(cursor)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_conversation_only() {
        let (one, other) = (ConversationId(Uuid::from_u128(1)), ConversationId(Uuid::from_u128(2)));
        let cursor = Cursor { conversation: one, transaction: u64::MAX, id: i64::MAX };
        assert_eq!(Cursor::parse(one, &cursor.encode()), Some(cursor));
        assert_eq!(Cursor::parse(other, &cursor.encode()), None);
        let list = URL_SAFE_NO_PAD.encode(r#"["messages.position",[{"n":1}]]"#);
        for text in ["", "x", "e30", "W10", list.as_str(), &format!("{}=", cursor.encode())] {
            assert_eq!(Cursor::parse(one, text), None, "{text}");
        }
    }
}
