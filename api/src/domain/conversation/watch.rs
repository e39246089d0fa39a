//! Somebody who follows what happens in a conversation.

use entity::id::ConversationId;

use super::rows;
use crate::access::Permission;
use crate::error::{Error, Result};
use crate::events::Ear;
use crate::graphql::context::RequestContext;

pub struct Watch<'c> {
    pub cx: &'c RequestContext,
    pub conversation: ConversationId,
}

impl Watch<'_> {
    /// From now on hears whatever rings about the conversation, and about whether the viewer may still know of it.
    pub fn listen(&self) -> Result<Ear> {
        let topics = self.cx.viewer()?.topics();
        Ok(self.cx.app.bell.listen(topics.into_iter().chain([self.conversation.0])))
    }

    /// Whether the viewer may still know what happens here.
    pub async fn check(&self) -> Result<()> {
        let viewer = self.cx.look_again().await?;
        if !viewer.holds(Permission::ConversationsRead) {
            return Err(Error::MissingPermission(Permission::ConversationsRead));
        }
        let found = rows::by_ids(&self.cx.db, &viewer, &[self.conversation]).await?;
        if found.is_empty() { Err(Error::NotFound) } else { Ok(()) }
    }
}
