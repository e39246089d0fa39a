//! Every statement about tool calls.

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::{ConversationId, MessageId, ToolCallId, ToolId};
use entity::tool_call;
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{ActiveModelTrait, ActiveValue::NotSet, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel};
use uuid::Uuid;

use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{self, Ask, Lock, Rule, among, equal};
use crate::domain::message::rows::Place;
use crate::error::Result;

/// Marks the count of a message's tool calls.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ToolCalls;

/// Within one message a position is unique, so it alone is an order.
pub const TOOL_CALLS_BY_POSITION: Order<tool_call::Model> = Order {
    list: "tool_calls",
    name: "position",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), tool_call::Column::Position)),
        key: |row| Key::Number(row.position.into()),
        sample: || Key::Number(0),
        cast: None,
    }],
    descending: false,
};

/// Which of the calls that wait for approval.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Waiting {
    pub conversation: Option<ConversationId>,
    pub tool: Option<ToolId>,
}

/// Ids grow with time, so they alone are the order of recording.
pub const LATEST: Order<tool_call::Model> = Order {
    list: "tool_calls.waiting",
    name: "latest",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), tool_call::Column::Id)),
        key: |row| Key::Id(row.id.0),
        sample: || Key::Id(Uuid::nil()),
        cast: None,
    }],
    descending: true,
};

fn waiting(viewer: &Principal, which: &Waiting) -> [Ask<'static, tool_call::Entity>; 2] {
    policy::decidable(viewer).map(|part| {
        Ask::of(part)
            // Written out, as the index has it.
            .filter(Rule::text("waits", "tool_calls.status = 'awaiting_approval'", &[]))
            .filter(which.conversation.map(|id| equal(tool_call::Column::ConversationId, id)))
            .filter(which.tool.map(|id| equal(tool_call::Column::ToolId, id)))
    })
}

/// A page of the calls about which the viewer may decide.
pub async fn page_of_waiting(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    which: &Waiting,
    window: &Window<tool_call::Model>,
) -> Result<Slice<tool_call::Model>> {
    keyset::page_of_parts(db, waiting(viewer, which), window).await
}

pub async fn count_waiting(db: &impl ConnectionTrait, viewer: &Principal, which: &Waiting) -> Result<i64> {
    Ask::count_of_parts(waiting(viewer, which), db).await
}

fn visible(viewer: &Principal) -> Ask<'static, tool_call::Entity> {
    Ask::of(policy::visible(viewer))
}

fn within(viewer: &Principal, messages: &[Place]) -> Ask<'static, tool_call::Entity> {
    let conversations: Vec<ConversationId> = messages.iter().map(|place| place.conversation).collect();
    visible(viewer).filter(among(tool_call::Column::ConversationId, &conversations))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[ToolCallId],
) -> Result<HashMap<ToolCallId, Arc<tool_call::Model>>> {
    visible(viewer).filter(among(tool_call::Column::Id, ids)).by_key(db, |row| row.id).await
}

pub async fn pages_of_messages(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    messages: &[Place],
    window: &Window<tool_call::Model>,
) -> Result<HashMap<Place, Slice<tool_call::Model>>> {
    let ids: Vec<MessageId> = messages.iter().map(|place| place.message).collect();
    let column = tool_call::Column::MessageId;
    let mut pages = keyset::pages(db, within(viewer, messages), column, &ids, |row| row.message_id, window).await?;
    Ok(messages.iter().filter_map(|place| pages.remove(&place.message).map(|page| (*place, page))).collect())
}

pub async fn count_of_messages(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    messages: &[Place],
) -> Result<HashMap<Place, i64>> {
    let ids: Vec<MessageId> = messages.iter().map(|place| place.message).collect();
    let column = tool_call::Column::MessageId;
    let ask = within(viewer, messages).filter(among(column, &ids));
    let counts: HashMap<MessageId, i64> = ask.count_by(db, column).await?;
    Ok(messages.iter().filter_map(|place| counts.get(&place.message).map(|count| (*place, *count))).collect())
}

/// The visible tool call, locked. Lock its conversation before it.
pub async fn find_for_update(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: ToolCallId,
) -> Result<Option<tool_call::Model>> {
    visible(viewer).filter(equal(tool_call::Column::Id, id)).lock(Lock::ForChange).one(db).await
}

/// Adds the call; the database gives the position, so what the row says of it is not looked at.
pub async fn insert(db: &impl ConnectionTrait, row: tool_call::Model) -> Result<tool_call::Model, DbErr> {
    let mut row = row.into_active_model();
    row.position = NotSet;
    shape::insert::<tool_call::Entity>(db, row).await
}

pub async fn update(db: &impl ConnectionTrait, change: tool_call::ActiveModel) -> Result<tool_call::Model> {
    Ok(change.update(db).await?)
}

/// The tool calls of messages, each message's in their order.
pub async fn of_messages(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    messages: &[MessageId],
) -> Result<Vec<tool_call::Model>> {
    let mut rows = visible(viewer).filter(among(tool_call::Column::MessageId, messages)).all(db).await?;
    rows.sort_by_key(|row| row.position);
    Ok(rows)
}

/// Writes tool calls as they are; the database gives each its place in its message, in the order in which they come.
pub async fn insert_many(db: &impl ConnectionTrait, calls: Vec<tool_call::Model>) -> Result<()> {
    for some in calls.chunks(500) {
        let rows = some.iter().cloned().map(IntoActiveModel::into_active_model);
        tool_call::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}
