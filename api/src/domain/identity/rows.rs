//! Every statement about identities and about sign-ins that are under way.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::id::{IdentityId, SignInFlowId, UserId};
use entity::{identity, sign_in_flow};
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, Statement,
};
use uuid::Uuid;

use super::policy;
use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, Lock, among, equal};
use crate::error::Result;

/// Marks the loader keys of identities.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Identities;

/// Linked first comes first.
pub const IDENTITIES_BY_TIME: Order<identity::Model> = Order {
    list: "identities",
    name: "time",
    columns: &[
        Column {
            expr: |table| Expr::col((Alias::new(table), identity::Column::LinkedAt)),
            key: |row| Key::Time(row.linked_at),
            sample: || Key::Time(DateTime::<Utc>::UNIX_EPOCH),
            cast: None,
        },
        Column {
            expr: |table| Expr::col((Alias::new(table), identity::Column::Id)),
            key: |row| Key::Id(row.id.0),
            sample: || Key::Id(Uuid::nil()),
            cast: None,
        },
    ],
    descending: false,
};

/// Who somebody is at a provider.
#[derive(Clone, Debug)]
pub struct Name {
    pub provider: String,
    pub issuer: String,
    pub subject: String,
}

fn visible(viewer: &Principal) -> Ask<'static, identity::Entity> {
    Ask::of(policy::visible(viewer))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[IdentityId],
) -> Result<HashMap<IdentityId, Arc<identity::Model>>> {
    visible(viewer).filter(among(identity::Column::Id, ids)).by_key(db, |row| row.id).await
}

pub async fn pages_of_users(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    users: &[UserId],
    window: &Window<identity::Model>,
) -> Result<HashMap<UserId, Slice<identity::Model>>> {
    keyset::pages(db, visible(viewer), identity::Column::UserId, users, |row| row.user_id, window).await
}

pub async fn count_of_users(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    users: &[UserId],
) -> Result<HashMap<UserId, i64>> {
    let column = identity::Column::UserId;
    visible(viewer).filter(among(column, users)).count_by(db, column).await
}

/// The viewer's identity of that id, held for a change.
pub async fn find_for_change(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    id: IdentityId,
) -> Result<Option<identity::Model>> {
    visible(viewer).filter(equal(identity::Column::Id, id)).lock(Lock::ForChange).one(db).await
}

/// How many identities a user has at these providers, without one of them.
pub async fn count_others(
    db: &impl ConnectionTrait,
    user: UserId,
    without: IdentityId,
    providers: Vec<String>,
) -> Result<u64> {
    let others = identity::Entity::find()
        .filter(identity::Column::UserId.eq(user))
        .filter(identity::Column::Id.ne(without))
        .filter(identity::Column::Provider.is_in(providers));
    Ok(others.count(db).await?)
}

/// Whose identity it is, before there is a viewer.
pub async fn find(db: &impl ConnectionTrait, name: &Name) -> Result<Option<identity::Model>> {
    let found = identity::Entity::find()
        .filter(identity::Column::Provider.eq(&name.provider))
        .filter(identity::Column::Issuer.eq(&name.issuer))
        .filter(identity::Column::Subject.eq(&name.subject));
    Ok(found.one(db).await?)
}

/// Has others who want to do something under the same name wait until the transaction ends.
pub async fn take_turns(db: &impl ConnectionTrait, name: &str) -> Result<()> {
    let sql = "select pg_advisory_xact_lock(hashtextextended($1, 0))";
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [format!("identity {name}").into()]))
        .await?;
    Ok(())
}

/// An identity that is somebody's answers with a named constraint.
pub async fn insert(
    db: &impl ConnectionTrait,
    id: Uuid,
    user: UserId,
    name: Name,
    at: DateTime<Utc>,
) -> Result<identity::Model, DbErr> {
    let Name { provider, issuer, subject } = name;
    let id = IdentityId(id);
    let row = identity::Model { id, user_id: user, provider, issuer, subject, linked_at: at, last_used_at: None };
    row.into_active_model().insert(db).await
}

/// Notes that somebody signs in with it; `false` if it has gone meanwhile.
pub async fn touch(db: &impl ConnectionTrait, id: IdentityId, at: DateTime<Utc>) -> Result<bool> {
    let touched = identity::Entity::update_many()
        .col_expr(identity::Column::LastUsedAt, Expr::val(at))
        .filter(identity::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(touched.rows_affected == 1)
}

pub async fn delete(db: &impl ConnectionTrait, id: IdentityId) -> Result<()> {
    identity::Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}

/// Deletes all identities of a user; how many there were.
pub async fn delete_all(db: &impl ConnectionTrait, user: UserId) -> Result<u64> {
    let theirs = identity::Entity::delete_many().filter(identity::Column::UserId.eq(user));
    Ok(theirs.exec(db).await?.rows_affected)
}

pub async fn insert_flow(db: &impl ConnectionTrait, row: sign_in_flow::Model) -> Result<sign_in_flow::Model> {
    Ok(row.into_active_model().insert(db).await?)
}

/// Takes a sign-in that is under way for whoever began it: of many that try one succeeds.
pub async fn take_flow(
    db: &impl ConnectionTrait,
    id: SignInFlowId,
    user: Option<UserId>,
    at: DateTime<Utc>,
) -> Result<Option<sign_in_flow::Model>> {
    let theirs = match user {
        Some(user) => sign_in_flow::Column::UserId.eq(user),
        None => sign_in_flow::Column::UserId.is_null(),
    };
    let taken = sign_in_flow::Entity::update_many()
        .col_expr(sign_in_flow::Column::UsedAt, Expr::val(at))
        .filter(sign_in_flow::Column::Id.eq(id))
        .filter(sign_in_flow::Column::UsedAt.is_null())
        .filter(sign_in_flow::Column::ExpiresAt.gt(at))
        .filter(theirs)
        .exec_with_returning(db)
        .await?;
    Ok(taken.into_iter().next())
}

/// Gives back a sign-in that came to nothing because the provider did not answer. It can be tried again.
pub async fn put_back_flow(db: &impl ConnectionTrait, id: SignInFlowId) -> Result<()> {
    let unused = sign_in_flow::Entity::update_many()
        .col_expr(sign_in_flow::Column::UsedAt, Expr::val(None::<DateTime<Utc>>))
        .filter(sign_in_flow::Column::Id.eq(id));
    unused.exec(db).await?;
    Ok(())
}

/// Forgets sign-ins that came to nothing or an end.
pub async fn forget_old_flows(db: &DatabaseConnection, at: DateTime<Utc>) -> Result<u64> {
    let old = sign_in_flow::Entity::delete_many().filter(sign_in_flow::Column::ExpiresAt.lte(at));
    Ok(old.exec(db).await?.rows_affected)
}
