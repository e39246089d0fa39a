//! What is loaded about messages in batches.

use entity::id::{ConversationId, MessageId};
use entity::{message, message_version};

use super::rows::tree::{self, AmongSiblings};
use super::rows::versions::{self, Versions};
use super::rows::{self, InConversation, Messages, Place};
use crate::database::keyset::{Slice, Window};
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

/// Marks the count of a message's children.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Children;

/// Marks a page of the way from the root to a message.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Way(pub Window<message::Model>);

/// Marks a page of a message's siblings.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct SiblingPage(pub Window<message::Model>);

/// Marks which of how many siblings a message is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Siblings;

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

loads_under!(Under<MessageId, Way> => Slice<message::Model>,
async |at: &Loads, leaves: &[MessageId], way: &Way| {
    tree::paths(&at.db, &at.viewer()?, leaves, &way.0).await
});

loads_under!(Under<MessageId, SiblingPage> => Slice<message::Model>,
async |at: &Loads, messages: &[MessageId], page: &SiblingPage| {
    tree::siblings(&at.db, &at.viewer()?, messages, &page.0).await
});

loads_under!(Under<Place, Siblings> => AmongSiblings,
async |at: &Loads, messages: &[Place], _: &Siblings| {
    tree::among_siblings(&at.db, &at.viewer()?, messages).await
});

loads_under!(Under<MessageId, Window<message_version::Model>> => Slice<message_version::Model>,
async |at: &Loads, messages: &[MessageId], window: &Window<message_version::Model>| {
    versions::pages_of_messages(&at.db, &at.viewer()?, messages, window).await
});

loads_under!(CountUnder<MessageId, Versions> => i64,
async |at: &Loads, messages: &[MessageId], _: &Versions| {
    versions::count_of_messages(&at.db, &at.viewer()?, messages).await
});
