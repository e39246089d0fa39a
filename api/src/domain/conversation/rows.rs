//! Every statement about conversations.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::{ConversationId, UserId};
use entity::{conversation, participant, share};
use sea_orm::sea_query::{Alias, Expr, Func, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect, Select,
};
use uuid::Uuid;

use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::{any, count_by};
use crate::error::Result;

/// What conversations can be narrowed by; without anything, those outside the trash.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Filter {
    pub status: Option<conversation::Status>,
    pub owner: Option<UserId>,
    pub in_trash: bool,
    pub created_from: Option<DateTime<Utc>>,
    pub created_before: Option<DateTime<Utc>>,
    pub active_from: Option<DateTime<Utc>>,
    pub active_before: Option<DateTime<Utc>>,
}

/// The arguments of a page of somebody's conversations.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct OwnedFilter {
    pub filter: Filter,
    pub window: Window<conversation::Model>,
}

const ID: Column<conversation::Model> = Column {
    expr: |table| Expr::col((Alias::new(table), conversation::Column::Id)),
    key: |row| Key::Id(row.id.0),
    sample: || Key::Id(Uuid::nil()),
    cast: None,
};

pub const BY_ACTIVITY: Order<conversation::Model> = Order {
    list: "conversations",
    name: "activity",
    columns: &[
        Column {
            expr: |table| Expr::col((Alias::new(table), conversation::Column::LastActivityAt)),
            key: |row| Key::Time(row.last_activity_at),
            sample: || Key::Time(DateTime::<Utc>::UNIX_EPOCH),
            cast: None,
        },
        ID,
    ],
    descending: true,
};

pub const BY_CREATED: Order<conversation::Model> = Order {
    list: "conversations",
    name: "created",
    columns: &[
        Column {
            expr: |table| Expr::col((Alias::new(table), conversation::Column::CreatedAt)),
            key: |row| Key::Time(row.created_at),
            sample: || Key::Time(DateTime::<Utc>::UNIX_EPOCH),
            cast: None,
        },
        ID,
    ],
    descending: false,
};

pub const BY_TITLE: Order<conversation::Model> = Order {
    list: "conversations",
    name: "title",
    columns: &[
        Column {
            // As the index has it: what has no title comes first.
            expr: |table| {
                let title = Expr::col((Alias::new(table), conversation::Column::Title));
                Func::coalesce([title, Expr::cust("''")]).into()
            },
            key: |row| Key::Text(row.title.clone().unwrap_or_default()),
            sample: || Key::Text(String::new()),
            cast: None,
        },
        ID,
    ],
    descending: false,
};

pub const PARTICIPANTS: Order<participant::Model> = Order {
    list: "participants",
    name: "user",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), participant::Column::UserId)),
        key: |row| Key::Id(row.user_id.0),
        sample: || Key::Id(Uuid::nil()),
        cast: None,
    }],
    descending: false,
};

fn visible(viewer: &Principal) -> Select<conversation::Entity> {
    conversation::Entity::find().filter(policy::visible(viewer))
}

fn filtered(viewer: &Principal, filter: &Filter) -> Select<conversation::Entity> {
    let mut select = visible(viewer).filter(match filter.in_trash {
        true => conversation::Column::DeletedAt.is_not_null(),
        false => conversation::Column::DeletedAt.is_null(),
    });
    if let Some(status) = filter.status {
        select = select.filter(conversation::Column::Status.eq(status));
    }
    if let Some(owner) = filter.owner {
        select = select.filter(conversation::Column::OwnerId.eq(owner));
    }
    let (created, active) = (conversation::Column::CreatedAt, conversation::Column::LastActivityAt);
    for (column, from, before) in
        [(created, filter.created_from, filter.created_before), (active, filter.active_from, filter.active_before)]
    {
        if let Some(from) = from {
            select = select.filter(column.gte(from));
        }
        if let Some(before) = before {
            select = select.filter(column.lt(before));
        }
    }
    select
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[ConversationId],
) -> Result<HashMap<ConversationId, Arc<conversation::Model>>> {
    let rows = visible(viewer).filter(any((conversation::Entity, conversation::Column::Id), ids)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
}

pub async fn page(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    filter: &Filter,
    window: &Window<conversation::Model>,
) -> Result<Slice<conversation::Model>> {
    keyset::page(db, filtered(viewer, filter), window).await
}

pub async fn count(db: &impl ConnectionTrait, viewer: &Principal, filter: &Filter) -> Result<i64> {
    Ok(filtered(viewer, filter).count(db).await?.try_into().unwrap_or(i64::MAX))
}

pub async fn pages_of_owners(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    owners: &[UserId],
    args: &OwnedFilter,
) -> Result<HashMap<UserId, Slice<conversation::Model>>> {
    let select = filtered(viewer, &args.filter);
    keyset::pages(db, select, conversation::Column::OwnerId, owners, |row| row.owner_id, &args.window).await
}

pub async fn count_of_owners(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    owners: &[UserId],
    filter: &Filter,
) -> Result<HashMap<UserId, i64>> {
    let select = filtered(viewer, filter).filter(any((conversation::Entity, conversation::Column::OwnerId), owners));
    count_by(db, select, conversation::Column::OwnerId).await
}

fn visible_participants(viewer: &Principal) -> Select<participant::Entity> {
    let column = (participant::Entity, participant::Column::ConversationId);
    participant::Entity::find().filter(policy::visible_through(viewer, column))
}

pub async fn participants(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    conversations: &[ConversationId],
    window: &Window<participant::Model>,
) -> Result<HashMap<ConversationId, Slice<participant::Model>>> {
    let column = participant::Column::ConversationId;
    keyset::pages(db, visible_participants(viewer), column, conversations, |row| row.conversation_id, window).await
}

pub async fn count_participants(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, i64>> {
    let column = (participant::Entity, participant::Column::ConversationId);
    let select = visible_participants(viewer).filter(any(column, conversations));
    count_by(db, select, participant::Column::ConversationId).await
}

/// The viewer's own shares on conversations, for their level there.
pub async fn levels(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, share::Level>> {
    let shares = share::Entity::find()
        .filter(share::Column::GranteeId.eq(viewer.user))
        .filter(any((share::Entity, share::Column::ConversationId), conversations))
        .all(db)
        .await?;
    Ok(shares.into_iter().map(|row| (row.conversation_id, row.level)).collect())
}

/// The visible conversation with the viewer's level there, held as it is until the end of the transaction: it is neither
/// deleted nor unshared meanwhile. Lock it before anything in it, as all writers do.
pub async fn find_for_share(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: ConversationId,
) -> Result<Option<(conversation::Model, policy::AccessLevel)>> {
    let select = visible(viewer).filter(conversation::Column::Id.eq(id)).lock_shared();
    with_level(db, viewer, select.one(db).await?).await
}

/// The visible conversation, locked, with the viewer's level there.
pub async fn find_for_update(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: ConversationId,
) -> Result<Option<(conversation::Model, policy::AccessLevel)>> {
    let select = visible(viewer).filter(conversation::Column::Id.eq(id)).lock(LockType::NoKeyUpdate);
    with_level(db, viewer, select.one(db).await?).await
}

async fn with_level(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    row: Option<conversation::Model>,
) -> Result<Option<(conversation::Model, policy::AccessLevel)>> {
    let Some(row) = row else { return Ok(None) };
    // The owner needs no look at the shares.
    let share = match row.owner_id == viewer.user {
        true => None,
        false => levels(db, viewer, &[row.id]).await?.remove(&row.id),
    };
    let level = policy::level(viewer, &row, share);
    Ok(level.map(|level| (row, level)))
}

pub async fn insert(db: &impl ConnectionTrait, row: conversation::Model) -> Result<conversation::Model, DbErr> {
    row.into_active_model().insert(db).await
}

pub async fn update(db: &impl ConnectionTrait, change: conversation::ActiveModel) -> Result<conversation::Model> {
    Ok(change.update(db).await?)
}

/// Removes the conversation with everything in it.
pub async fn purge(db: &impl ConnectionTrait, id: ConversationId) -> Result<()> {
    conversation::Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}
