//! What is loaded about messages in batches.

use entity::id::{ConversationId, MessageId};
use entity::message;

use super::rows::{self, InConversation, Messages, Place};
use crate::database::keyset::{Slice, Window};
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

/// Marks the count of a message's children.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Children;

loads_by_id!(MessageId => message::Model, rows::by_ids);

loads_under!(Under<ConversationId, InConversation> => Slice<message::Model>,
async |at: &Loads, conversations: &[ConversationId], args: &InConversation| {
    rows::pages_of_conversations(&at.db, &at.viewer()?, conversations, args).await
});

loads_under!(CountUnder<ConversationId, Messages> => i64,
async |at: &Loads, conversations: &[ConversationId], args: &Messages| {
    rows::count_of_conversations(&at.db, &at.viewer()?, conversations, &args.0).await
});

loads_under!(Under<Place, Window<message::Model>> => Slice<message::Model>,
async |at: &Loads, parents: &[Place], window: &Window<message::Model>| {
    rows::pages_of_parents(&at.db, &at.viewer()?, parents, window).await
});

loads_under!(CountUnder<Place, Children> => i64,
async |at: &Loads, parents: &[Place], _: &Children| {
    rows::count_of_parents(&at.db, &at.viewer()?, parents).await
});
