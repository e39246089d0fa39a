//! Every statement about conversations.

pub mod branch;
mod participants;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::{AdvisorId, ConversationId, UserId, WorkspaceId};
use entity::{conversation, message, share, user};
use sea_orm::sea_query::{Alias, Expr, Func};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel};
use uuid::Uuid;

use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, Beside, Lock, Pair, Rule, among, at_least, below, equal};
use crate::domain::message::policy as message_policy;
use crate::domain::thing::object::AccessLevel;
use crate::domain::thing::rows::standings;
use crate::domain::user::policy as user_policy;
use crate::error::Result;

pub use participants::{PARTICIPANTS, count_participants, participants};

/// What conversations can be narrowed by; without anything, those outside the trash.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Filter {
    pub status: Option<conversation::Status>,
    pub owner: Option<UserId>,
    pub advisor: Option<AdvisorId>,
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

fn visible(viewer: &Principal) -> Ask<'static, conversation::Entity> {
    Ask::of(policy::visible(viewer))
}

fn filtered(viewer: &Principal, filter: &Filter) -> Ask<'static, conversation::Entity> {
    narrowed(Ask::of(policy::listed(viewer)), filter)
}

fn narrowed<'a>(ask: Ask<'a, conversation::Entity>, filter: &Filter) -> Ask<'a, conversation::Entity> {
    let (created, active) = (conversation::Column::CreatedAt, conversation::Column::LastActivityAt);
    ask.filter(match filter.in_trash {
        true => Rule::new("in the trash", [], || conversation::Column::DeletedAt.is_not_null()),
        false => Rule::new("outside the trash", [], || conversation::Column::DeletedAt.is_null()),
    })
    .filter(filter.status.map(|status| equal(conversation::Column::Status, status)))
    .filter(filter.owner.map(|owner| equal(conversation::Column::OwnerId, owner)))
    .filter(filter.advisor.map(|advisor| equal(conversation::Column::AdvisorId, advisor)))
    .filter(filter.created_from.map(|from| at_least(created, from)))
    .filter(filter.created_before.map(|before| below(created, before)))
    .filter(filter.active_from.map(|from| at_least(active, from)))
    .filter(filter.active_before.map(|before| below(active, before)))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[ConversationId],
) -> Result<HashMap<ConversationId, Arc<conversation::Model>>> {
    visible(viewer).filter(among(conversation::Column::Id, ids)).by_key(db, |row| row.id).await
}

/// The same, each with its owner where that is the viewer: as nearly always, and seen by the viewer whatever else is. Whoever
/// asks for another one finds out more dearly whether the viewer knows them.
pub async fn by_ids_with_oneself(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[ConversationId],
) -> Result<Vec<Pair<conversation::Entity, user::Entity>>> {
    let owners = Ask::<user::Entity>::of(user_policy::oneself(viewer));
    let owners = Beside::new(conversation::Column::OwnerId, owners, user::Column::Id);
    visible(viewer).filter(among(conversation::Column::Id, ids)).all_beside(db, owners).await
}

pub async fn page(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    filter: &Filter,
    window: &Window<conversation::Model>,
) -> Result<Slice<conversation::Model>> {
    let parts = policy::parts(viewer).map(|part| narrowed(Ask::of(part), filter));
    keyset::page_of_parts(db, parts, window).await
}

/// The same, with the message that was appended last to each.
pub async fn page_with_last(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    filter: &Filter,
    window: &Window<conversation::Model>,
) -> Result<(Slice<conversation::Model>, Vec<Option<Arc<message::Model>>>)> {
    let parts = policy::parts(viewer).map(|part| narrowed(Ask::of(part), filter));
    let messages = Ask::<message::Entity>::of(message_policy::visible_beside_conversations(viewer));
    let last = Beside::new(conversation::Column::LastMessageId, messages, message::Column::Id);
    keyset::page_of_parts_beside(db, parts, last, window).await
}

pub async fn count(db: &impl ConnectionTrait, viewer: &Principal, filter: &Filter) -> Result<i64> {
    Ask::count_of_parts(policy::parts(viewer).map(|part| narrowed(Ask::of(part), filter)), db).await
}

pub async fn pages_of_owners(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    owners: &[UserId],
    args: &OwnedFilter,
) -> Result<HashMap<UserId, Slice<conversation::Model>>> {
    let ask = filtered(viewer, &args.filter);
    keyset::pages(db, ask, conversation::Column::OwnerId, owners, |row| row.owner_id, &args.window).await
}

pub async fn count_of_owners(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    owners: &[UserId],
    filter: &Filter,
) -> Result<HashMap<UserId, i64>> {
    let column = conversation::Column::OwnerId;
    filtered(viewer, filter).filter(among(column, owners)).count_by(db, column).await
}

pub async fn pages_of_workspaces(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    workspaces: &[WorkspaceId],
    window: &Window<conversation::Model>,
) -> Result<HashMap<WorkspaceId, Slice<conversation::Model>>> {
    let ask = Ask::<conversation::Entity>::of(policy::housed(viewer));
    let column = conversation::Column::WorkspaceId;
    keyset::pages(db, ask, column, workspaces, |row| row.workspace_id.unwrap_or(WorkspaceId(Uuid::nil())), window).await
}

pub async fn count_of_workspaces(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    workspaces: &[WorkspaceId],
) -> Result<HashMap<WorkspaceId, i64>> {
    let column = conversation::Column::WorkspaceId;
    Ask::<conversation::Entity>::of(policy::housed(viewer)).filter(among(column, workspaces)).count_by(db, column).await
}

/// What the viewer was given of conversations, for their level there.
pub async fn levels(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, share::Level>> {
    let given = standings(db, viewer, conversations.iter().copied()).await?;
    Ok(given.into_iter().map(|(thing, standing)| (ConversationId(thing.0), standing.level)).collect())
}

/// The visible conversation with the viewer's level there, held as it is until the end of the transaction: it is neither
/// deleted nor unshared meanwhile. Lock it before anything in it, as all writers do.
pub async fn find_for_share(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: ConversationId,
) -> Result<Option<(conversation::Model, AccessLevel)>> {
    let ask = visible(viewer).filter(equal(conversation::Column::Id, id)).lock(Lock::AsItIs);
    with_level(db, viewer, ask.one(db).await?).await
}

/// The visible conversation, locked, with the viewer's level there.
pub async fn find_for_update(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: ConversationId,
) -> Result<Option<(conversation::Model, AccessLevel)>> {
    let ask = visible(viewer).filter(equal(conversation::Column::Id, id)).lock(Lock::ForChange);
    with_level(db, viewer, ask.one(db).await?).await
}

/// The conversation whoever asks, for those who let themselves in; locked.
pub async fn find_unseen(db: &impl ConnectionTrait, id: ConversationId) -> Result<Option<conversation::Model>> {
    let ask = Ask::<conversation::Entity>::of(equal(conversation::Column::Id, id));
    ask.lock(Lock::ForChange).one(db).await
}

/// The visible conversation with the viewer's level there.
pub async fn find_with_level(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: ConversationId,
) -> Result<Option<(conversation::Model, AccessLevel)>> {
    let ask = visible(viewer).filter(equal(conversation::Column::Id, id));
    with_level(db, viewer, ask.one(db).await?).await
}

async fn with_level(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    row: Option<conversation::Model>,
) -> Result<Option<(conversation::Model, AccessLevel)>> {
    let Some(row) = row else { return Ok(None) };
    // The owner needs no look at the shares.
    let given = match row.owner_id == viewer.user {
        true => None,
        false => levels(db, viewer, &[row.id]).await?.remove(&row.id),
    };
    let level = policy::level(viewer, &row, given);
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
