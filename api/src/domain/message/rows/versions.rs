//! Statements about what messages said before they were edited.

use std::collections::HashMap;

use entity::id::MessageId;
use entity::message_version::{Column as Of, Entity, Model};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Alias, Expr};

use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, among};
use crate::error::Result;

/// Marks the count of a message's earlier versions.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Versions;

pub const BY_VERSION: Order<Model> = Order {
    list: "messages.versions",
    name: "version",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), Of::Version)),
        key: |row| Key::Number(row.version.into()),
        sample: || Key::Number(0),
        cast: None,
    }],
    descending: true,
};

pub async fn pages_of_messages(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    messages: &[MessageId],
    window: &Window<Model>,
) -> Result<HashMap<MessageId, Slice<Model>>> {
    let ask = Ask::<Entity>::of(policy::visible_versions(viewer));
    keyset::pages(db, ask, Of::MessageId, messages, |row| row.message_id, window).await
}

pub async fn count_of_messages(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    messages: &[MessageId],
) -> Result<HashMap<MessageId, i64>> {
    let ask = Ask::<Entity>::of(policy::visible_versions(viewer)).filter(among(Of::MessageId, messages));
    ask.count_by(db, Of::MessageId).await
}
