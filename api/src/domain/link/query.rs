//! The root query that opens a link.

use async_graphql::{Context, Object, Result};
use uuid::Uuid;

use super::mutation::create::hash;
use super::object::{Opened, SharedConversation};
use super::rows;
use crate::auth::Actor;
use crate::error::Error;
use crate::graphql::context::{RequestContext, cx};
use crate::graphql::guard::open as open_to_all;

#[derive(Default)]
pub struct LinkQuery;

#[Object]
impl LinkQuery {
    /// What a link shows; null if there is no such link, it was revoked or has ended. Open to everybody who has it. That
    /// somebody looked is written down for those who manage the conversation.
    #[graphql(directive = open_to_all::apply())]
    async fn shared_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The secret of the link, beginning with stoa_ln_.")] token: String,
    ) -> Result<Option<SharedConversation>> {
        let cx = cx(ctx);
        let opened = open(cx, &token).await?;
        if let Some(opened) = &opened {
            let at = cx.app.clock.now();
            let user = match cx.actor() {
                Actor::User(principal) => Some(principal.user),
                Actor::Anonymous => None,
            };
            let visitor = user.map_or_else(|| stranger(cx), |user| user.0);
            cx.app.views.note(opened.link.share, visitor, user, at);
        }
        Ok(opened.map(SharedConversation))
    }
}

/// What the link shows at this moment.
pub async fn open(cx: &RequestContext, token: &str) -> Result<Option<Opened>, Error> {
    match hash(token) {
        Some(hash) => rows::open(&cx.db, &hash, cx.app.clock.now()).await,
        None => Ok(None),
    }
}

/// Strangers are told apart by their network address, of which a keyed hash is kept.
fn stranger(cx: &RequestContext) -> Uuid {
    let address = cx.client.address_text().unwrap_or_default();
    let hash = cx.app.tokens.keyed_hash(&[b"visitor\0", address.as_bytes()]);
    Uuid::from_slice(&hash[..16]).unwrap_or_default()
}
