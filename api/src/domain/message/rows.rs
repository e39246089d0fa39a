//! Every statement about messages.

pub mod tree;
pub mod versions;

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::{ConversationId, MessageId, UserId};
use entity::message;
use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{Alias, Expr, ExprTrait};
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ActiveValue::NotSet, ConnectionTrait, DbBackend, DbErr, EntityTrait, IntoActiveModel,
    Statement, Value,
};

use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{self, Ask, Lock, Rule, among, equal};
use crate::error::Result;

/// What messages can be narrowed by.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Filter {
    pub roles: Option<Vec<message::Role>>,
    pub author: Option<UserId>,
}

impl Filter {
    pub fn is_empty(&self) -> bool {
        self.roles.is_none() && self.author.is_none()
    }
}

/// The arguments of a page of a conversation's messages.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct InConversation {
    pub filter: Filter,
    pub window: Window<message::Model>,
}

/// Marks the count of a conversation's messages.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Messages(pub Filter);

/// Within one conversation a position is unique, so it alone is an order.
pub const BY_POSITION: Order<message::Model> = Order {
    list: "messages",
    name: "position",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), message::Column::Position)),
        key: |row| Key::Number(row.position.into()),
        sample: || Key::Number(0),
        cast: None,
    }],
    descending: false,
};

/// The answers to one message.
pub const CHILDREN: Order<message::Model> = Order { list: "messages.children", ..BY_POSITION };

fn visible(viewer: &Principal) -> Ask<'static, message::Entity> {
    Ask::of(policy::visible(viewer))
}

fn filtered(viewer: &Principal, filter: &Filter) -> Ask<'static, message::Entity> {
    let roles = filter.roles.as_ref().map(|roles| {
        let roles: Vec<String> = roles.iter().map(|role| role.to_value()).collect();
        Rule::new("of roles", [roles.clone().into()], move || {
            Expr::col((message::Entity, message::Column::Role)).eq(PgFunc::any(Expr::val(roles).cast_as("text[]")))
        })
    });
    let author = filter.author.map(|author| equal(message::Column::AuthorId, author));
    visible(viewer).filter(roles).filter(author)
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[MessageId],
) -> Result<HashMap<MessageId, Arc<message::Model>>> {
    visible(viewer).filter(among(message::Column::Id, ids)).by_key(db, |row| row.id).await
}

pub async fn pages_of_conversations(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    conversations: &[ConversationId],
    args: &InConversation,
) -> Result<HashMap<ConversationId, Slice<message::Model>>> {
    let ask = filtered(viewer, &args.filter);
    let column = message::Column::ConversationId;
    keyset::pages(db, ask, column, conversations, |row| row.conversation_id, &args.window).await
}

pub async fn count_of_conversations(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    conversations: &[ConversationId],
    filter: &Filter,
) -> Result<HashMap<ConversationId, i64>> {
    let column = message::Column::ConversationId;
    filtered(viewer, filter).filter(among(column, conversations)).count_by(db, column).await
}

/// Children are looked up under their parent and its conversation, which is how the index has them.
pub async fn pages_of_parents(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    parents: &[Place],
    window: &Window<message::Model>,
) -> Result<HashMap<Place, Slice<message::Model>>> {
    let conversations: Vec<ConversationId> = parents.iter().map(|place| place.conversation).collect();
    let ask = visible(viewer).filter(among(message::Column::ConversationId, &conversations));
    let ids: Vec<MessageId> = parents.iter().map(|place| place.message).collect();
    let parent_of = |row: &message::Model| row.parent_id.unwrap_or(row.id);
    let mut pages = keyset::pages(db, ask, message::Column::ParentId, &ids, parent_of, window).await?;
    Ok(parents.iter().filter_map(|place| pages.remove(&place.message).map(|page| (*place, page))).collect())
}

pub async fn count_of_parents(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    parents: &[Place],
) -> Result<HashMap<Place, i64>> {
    let conversations: Vec<ConversationId> = parents.iter().map(|place| place.conversation).collect();
    let ids: Vec<MessageId> = parents.iter().map(|place| place.message).collect();
    let counts: HashMap<MessageId, i64> = visible(viewer)
        .filter(among(message::Column::ConversationId, &conversations))
        .filter(among(message::Column::ParentId, &ids))
        .count_by(db, message::Column::ParentId)
        .await?;
    Ok(parents.iter().filter_map(|place| counts.get(&place.message).map(|count| (*place, *count))).collect())
}

/// A message and the conversation it is in.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Place {
    pub conversation: ConversationId,
    pub message: MessageId,
}

/// The visible message.
pub async fn find(db: &impl ConnectionTrait, viewer: &Principal, id: MessageId) -> Result<Option<message::Model>> {
    visible(viewer).filter(equal(message::Column::Id, id)).one(db).await
}

/// The visible message, locked. Lock its conversation before it.
pub async fn find_for_update(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: MessageId,
) -> Result<Option<message::Model>> {
    visible(viewer).filter(equal(message::Column::Id, id)).lock(Lock::ForChange).one(db).await
}

/// Appends the message; the database gives depth and position, so what the row says of them is not looked at.
pub async fn insert(db: &impl ConnectionTrait, row: message::Model) -> Result<message::Model, DbErr> {
    let mut row = row.into_active_model();
    row.depth = NotSet;
    row.position = NotSet;
    shape::insert::<message::Entity>(db, row).await
}

pub async fn update(db: &impl ConnectionTrait, change: message::ActiveModel) -> Result<message::Model> {
    Ok(change.update(db).await?)
}

/// Fills an empty conversation with messages, parents before their answers; the end of the branch that its owner reads is
/// `leaf`, else the last one.
pub async fn fill(
    db: &impl ConnectionTrait,
    id: ConversationId,
    messages: Vec<message::Model>,
    leaf: Option<MessageId>,
) -> Result<()> {
    let text = |sql: &str, values: Vec<Value>| Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    let begin = "select set_config('stoa.filling', $1::uuid::text, true)";
    db.execute_raw(text(begin, vec![id.into()])).await?;
    let mut rows = (1..).zip(messages).map(|(position, row)| message::Model { position, ..row }.into_active_model());
    loop {
        let some: Vec<message::ActiveModel> = rows.by_ref().take(500).collect();
        if some.is_empty() {
            break;
        }
        message::Entity::insert_many(some).exec_without_returning(db).await?;
    }
    let end = "select conversations_filled($1, $2)";
    db.execute_raw(text(end, vec![id.into(), leaf.map(|leaf| leaf.0).into()])).await?;
    Ok(())
}
