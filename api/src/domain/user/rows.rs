//! Every statement about users.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::UserId;
use entity::{user, user_role};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter,
    Statement,
};
use uuid::Uuid;

use super::policy;
use crate::auth::Principal;
use crate::database::citext;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, Lock, Rule, among, at_least, below, equal};
use crate::domain::role::policy as role_policy;
use crate::error::Result;

/// What `users` can be narrowed by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<user::State>,
    pub role: Option<entity::id::RoleId>,
    pub created_from: Option<DateTime<Utc>>,
    pub created_before: Option<DateTime<Utc>>,
    pub last_signed_in_from: Option<DateTime<Utc>>,
    pub last_signed_in_before: Option<DateTime<Utc>>,
    /// What a word of a name begins with.
    pub beginning: Option<String>,
    /// What a name is like.
    pub like: Option<String>,
}

/// How one user is named by people: see [`find`].
#[derive(Clone, Debug)]
pub enum Name {
    Id(UserId),
    Number(i64),
    Username(String),
    Handle(String),
}

const ID: Column<user::Model> = Column {
    expr: |table| Expr::col((Alias::new(table), user::Column::Id)),
    key: |row| Key::Id(row.id.0),
    sample: || Key::Id(Uuid::nil()),
    cast: None,
};

pub const BY_NUMBER: Order<user::Model> = Order {
    list: "users",
    name: "number",
    columns: &[Column {
        expr: |table| Expr::col((Alias::new(table), user::Column::Number)),
        key: |row| Key::Number(row.number),
        sample: || Key::Number(0),
        cast: None,
    }],
    descending: false,
};

pub const BY_USERNAME: Order<user::Model> = Order {
    list: "users",
    name: "username",
    columns: &[Column {
        // Compared as the index has it: without regard to case.
        expr: |table| Expr::col((Alias::new(table), user::Column::Username)).cast_as("citext"),
        key: |row| Key::Text(row.username.clone()),
        sample: || Key::Text(String::new()),
        cast: Some("citext"),
    }],
    descending: false,
};

pub const BY_CREATED: Order<user::Model> = Order {
    list: "users",
    name: "created",
    columns: &[
        Column {
            expr: |table| Expr::col((Alias::new(table), user::Column::CreatedAt)),
            key: |row| Key::Time(row.created_at),
            sample: || Key::Time(DateTime::<Utc>::UNIX_EPOCH),
            cast: None,
        },
        ID,
    ],
    descending: false,
};

fn visible<'a>(viewer: &Principal) -> Ask<'a, user::Entity> {
    Ask::of(policy::visible(viewer))
}

fn filtered<'a>(viewer: &Principal, filter: &'a Filter) -> Ask<'a, user::Entity> {
    let at = viewer.at;
    let holders = filter.role.map(|role| {
        Rule::new("holders of a role", [role.into(), at.into()], move || {
            let mut holders = Query::select();
            holders
                .column(user_role::Column::UserId)
                .from(user_role::Entity)
                .and_where(user_role::Column::RoleId.eq(role))
                .cond_where(role_policy::unexpired(at));
            Expr::col((user::Entity, user::Column::Id)).in_subquery(holders)
        })
    });
    visible(viewer)
        .filter(filter.beginning.as_deref().map(|beginning| policy::found_by_beginning(viewer, beginning)))
        .filter(filter.like.as_deref().map(|like| policy::found_by_likeness(viewer, like)))
        .filter(filter.state.map(|state| policy::in_state(state, at)))
        .filter(holders)
        .filter(filter.created_from.map(|from| at_least(user::Column::CreatedAt, from)))
        .filter(filter.created_before.map(|before| below(user::Column::CreatedAt, before)))
        .filter(filter.last_signed_in_from.map(|from| at_least(user::Column::LastSignedInAt, from)))
        .filter(filter.last_signed_in_before.map(|before| below(user::Column::LastSignedInAt, before)))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[UserId],
) -> Result<HashMap<UserId, Arc<user::Model>>> {
    visible(viewer).filter(among(user::Column::Id, ids)).by_key(db, |row| row.id).await
}

/// The visible user of that name.
pub async fn find(db: &impl ConnectionTrait, viewer: &Principal, name: &Name) -> Result<Option<user::Model>> {
    visible(viewer).filter(named(name)).one(db).await
}

/// The active user of that name, visible or not: whoever is named exactly can be given something. Numbers can be counted
/// up, so a number names only those whom the viewer sees anyway.
pub async fn find_active(db: &impl ConnectionTrait, viewer: &Principal, name: &Name) -> Result<Option<user::Model>> {
    let ask = match name {
        Name::Number(_) => visible(viewer),
        Name::Id(_) | Name::Username(_) | Name::Handle(_) => Ask::of(Rule::all()),
    };
    ask.filter(named(name)).filter(policy::active(viewer.at)).one(db).await
}

fn named(name: &Name) -> Rule<'_> {
    match name {
        Name::Id(id) => equal(user::Column::Id, *id),
        Name::Number(number) => equal(user::Column::Number, *number),
        Name::Username(username) => Rule::new("username", [username.as_str().into()], || {
            Expr::col((user::Entity, user::Column::Username)).eq(citext(username))
        }),
        Name::Handle(handle) => equal(user::Column::Handle, handle.as_str()),
    }
}

pub async fn page(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    filter: &Filter,
    window: &Window<user::Model>,
) -> Result<Slice<user::Model>> {
    keyset::page(db, filtered(viewer, filter), window).await
}

pub async fn count(db: &impl ConnectionTrait, viewer: &Principal, filter: &Filter) -> Result<i64> {
    filtered(viewer, filter).count(db).await
}

/// Who signs in under a user name or an address; for `auth` only, before there is a viewer.
pub async fn for_sign_in(db: &impl ConnectionTrait, identifier: &str) -> Result<Option<user::Model>> {
    let column = if identifier.contains('@') { user::Column::Email } else { user::Column::Username };
    Ok(user::Entity::find().filter(Expr::col((user::Entity, column)).eq(citext(identifier))).one(db).await?)
}

/// The account, whoever asks: whose session it is, who invited somebody, what a repeated creation made.
pub async fn for_session(db: &impl ConnectionTrait, id: UserId) -> Result<Option<user::Model>> {
    Ok(user::Entity::find_by_id(id).one(db).await?)
}

/// Marks the loader keys of those who are told to somebody whether or not they see them: who works as them.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Told;

pub async fn told(db: &impl ConnectionTrait, ids: &[UserId]) -> Result<HashMap<UserId, Arc<user::Model>>> {
    let rows: Ask<'_, user::Entity> = Ask::of(Rule::all()).filter(among(user::Column::Id, ids));
    rows.by_key(db, |row| row.id).await
}

/// Notes a sign-in and holds the account; `false` if it cannot be used. Whoever closes it waits for the session that
/// follows, and so ends it with the others.
pub async fn touch_sign_in(db: &impl ConnectionTrait, id: UserId, at: DateTime<Utc>) -> Result<bool> {
    let touched = user::Entity::update_many()
        .col_expr(user::Column::LastSignedInAt, Expr::val(at))
        .filter(user::Column::Id.eq(id))
        .filter(policy::active(at).condition())
        .exec(db)
        .await?;
    Ok(touched.rows_affected == 1)
}

/// The visible user, held for a change.
pub async fn find_for_update(db: &impl ConnectionTrait, viewer: &Principal, id: UserId) -> Result<Option<user::Model>> {
    visible(viewer).filter(equal(user::Column::Id, id)).lock(Lock::ForChange).one(db).await
}

/// Names that are taken answer with a named constraint.
pub async fn update(db: &impl ConnectionTrait, change: user::ActiveModel) -> Result<user::Model, DbErr> {
    change.update(db).await
}

/// A new account as it is written.
pub struct Draft {
    pub id: UserId,
    pub username: String,
    pub handle: String,
    pub display_name: String,
    pub email: Option<String>,
    pub password_hash: Option<String>,
    pub at: DateTime<Utc>,
}

/// The number comes from the database. Names that are taken answer with a named constraint.
pub async fn insert(db: &impl ConnectionTrait, draft: Draft) -> Result<user::Model, DbErr> {
    user::ActiveModel {
        id: Set(draft.id),
        username: Set(draft.username),
        handle: Set(draft.handle),
        display_name: Set(draft.display_name),
        email: Set(draft.email),
        password_hash: Set(draft.password_hash),
        state: Set(user::State::Active),
        version: Set(1),
        created_at: Set(draft.at),
        updated_at: Set(draft.at),
        ..Default::default()
    }
    .insert(db)
    .await
}

/// The first of `wanted`, `wanted-2` … that nobody has as a handle or a user name, or one with a random ending
/// where many are taken.
pub async fn free_name(db: &impl ConnectionTrait, wanted: &str) -> Result<String> {
    let sql = "
        select c.name from (select n, case n when 1 then $1 else $1 || '-' || n end as name from generate_series(1, 20) n) c
         where not exists (select from user_names taken where taken.name = lower(c.name)) order by c.n limit 1";
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, [wanted.into()]);
    match db.query_one_raw(statement).await? {
        Some(row) => Ok(row.try_get_by_index(0)?),
        None => Ok(format!("{wanted}-{:08x}", rand::random::<u32>())),
    }
}
