//! What is loaded about conversations in batches.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use entity::id::{ConversationId, MessageId, UserId, WorkspaceId};
use entity::{conversation, participant, share, user};

use super::rows::{self, Filter, OwnedFilter};
use crate::database::keyset::{Slice, Window};
use crate::error::{Error, Result};
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

/// Marks the count of participants.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Participants;

/// Marks the viewer's own share.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct OwnShare;

/// Marks the end of the branch that the viewer has chosen.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Chosen;

/// Marks the count of what a workspace holds.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Housed;

loads_by_id!(ConversationId => conversation::Model, rows::by_ids);

/// A conversation together with its owner, if that is the viewer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct WithOwner(pub ConversationId);

impl Loader<WithOwner> for Loads {
    type Value = (Arc<conversation::Model>, Option<Arc<user::Model>>);
    type Error = Error;

    async fn load(&self, keys: &[WithOwner]) -> Result<HashMap<WithOwner, Self::Value>> {
        self.db.batch("WithOwner", keys.len());
        let ids: Vec<ConversationId> = keys.iter().map(|key| key.0).collect();
        let found = rows::by_ids_with_oneself(&self.db, &self.viewer()?, &ids).await?;
        Ok(found.into_iter().map(|(row, owner)| (WithOwner(row.id), (row, owner))).collect())
    }
}

loads_under!(Under<UserId, OwnedFilter> => Slice<conversation::Model>,
async |at: &Loads, owners: &[UserId], args: &OwnedFilter| {
    rows::pages_of_owners(&at.db, &at.viewer()?, owners, args).await
});

loads_under!(CountUnder<UserId, Filter> => i64,
async |at: &Loads, owners: &[UserId], filter: &Filter| {
    rows::count_of_owners(&at.db, &at.viewer()?, owners, filter).await
});

loads_under!(Under<ConversationId, Window<participant::Model>> => Slice<participant::Model>,
async |at: &Loads, conversations: &[ConversationId], window: &Window<participant::Model>| {
    rows::participants(&at.db, &at.viewer()?, conversations, window).await
});

loads_under!(CountUnder<ConversationId, Participants> => i64,
async |at: &Loads, conversations: &[ConversationId], _: &Participants| {
    rows::count_participants(&at.db, &at.viewer()?, conversations).await
});

loads_under!(Under<ConversationId, OwnShare> => share::Level,
async |at: &Loads, conversations: &[ConversationId], _: &OwnShare| {
    rows::levels(&at.db, &at.viewer()?, conversations).await
});

loads_under!(Under<ConversationId, Chosen> => MessageId,
async |at: &Loads, conversations: &[ConversationId], _: &Chosen| {
    rows::branch::chosen(&at.db, &at.viewer()?, conversations).await
});

loads_under!(Under<WorkspaceId, Window<conversation::Model>> => Slice<conversation::Model>,
async |at: &Loads, workspaces: &[WorkspaceId], window: &Window<conversation::Model>| {
    rows::pages_of_workspaces(&at.db, &at.viewer()?, workspaces, window).await
});

loads_under!(CountUnder<WorkspaceId, Housed> => i64,
async |at: &Loads, workspaces: &[WorkspaceId], _: &Housed| {
    rows::count_of_workspaces(&at.db, &at.viewer()?, workspaces).await
});
