//! What is loaded about links in batches.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::{MessageId, ShareId};
use entity::{share_view, tool_call};

use super::rows::{self, Link, Visits};
use crate::database::keyset::{Slice, Window};
use crate::graphql::batch::loads_under;
use crate::graphql::context::Loads;

/// Marks what a message said at a moment.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Earlier(pub DateTime<Utc>);

/// Marks the tool calls that a link shows, of a frozen one those of a moment.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SharedCalls(pub Option<DateTime<Utc>>);

/// Marks what a share was made with, if it is a link.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Made;

loads_under!(Under<MessageId, Earlier> => String,
    async |at: &Loads, messages: &[MessageId], moment: &Earlier| rows::earlier(&at.db, messages, moment.0).await);

loads_under!(Under<MessageId, SharedCalls> => Vec<Arc<tool_call::Model>>,
    async |at: &Loads, messages: &[MessageId], moment: &SharedCalls| rows::tool_calls(&at.db, messages, moment.0).await);

// Of shares that were read under their rule.
loads_under!(Under<ShareId, Made> => Arc<Link>,
    async |at: &Loads, shares: &[ShareId], _: &Made| rows::of_shares(&at.db, shares).await);

loads_under!(Under<ShareId, Window<share_view::Model>> => Slice<share_view::Model>,
async |at: &Loads, shares: &[ShareId], window: &Window<share_view::Model>| {
    rows::pages_of_views(&at.db, shares, window).await
});

loads_under!(CountUnder<ShareId, Visits> => i64,
    async |at: &Loads, shares: &[ShareId], _: &Visits| rows::count_of_views(&at.db, shares).await);
