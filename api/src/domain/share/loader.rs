//! What is loaded about shares in batches.

use entity::id::{ConversationId, ShareId};
use entity::share;

use super::rows::{self, Shares};
use crate::database::keyset::{Slice, Window};
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

loads_by_id!(ShareId => share::Model, rows::by_ids);

loads_under!(Under<ConversationId, Window<share::Model>> => Slice<share::Model>,
async |at: &Loads, conversations: &[ConversationId], window: &Window<share::Model>| {
    rows::pages_of_conversations(&at.db, &at.viewer()?, conversations, window).await
});

loads_under!(CountUnder<ConversationId, Shares> => i64,
async |at: &Loads, conversations: &[ConversationId], _: &Shares| {
    rows::count_of_conversations(&at.db, &at.viewer()?, conversations).await
});
