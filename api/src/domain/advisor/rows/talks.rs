//! The statements about somebody's own conversations with advisors.

use std::collections::HashMap;

use entity::conversation;
use entity::id::AdvisorId;
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, Statement, Value};
use uuid::Uuid;

use crate::access::Permission;
use crate::auth::Principal;
use crate::database::keyset::{self, Slice, Window};
use crate::database::shape::{Ask, Rule, among, equal};
use crate::domain::conversation::rows::BY_ACTIVITY;
use crate::error::Result;

/// The viewer's own conversations outside the trash.
fn own(viewer: &Principal) -> Ask<'static, conversation::Entity> {
    let rule = match viewer.holds(Permission::ConversationsRead) {
        true => equal(conversation::Column::OwnerId, viewer.user),
        false => Rule::none(),
    };
    Ask::of(rule).filter(Rule::new("outside the trash", [], || conversation::Column::DeletedAt.is_null()))
}

pub async fn pages(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    advisors: &[AdvisorId],
    window: &Window<conversation::Model>,
) -> Result<HashMap<AdvisorId, Slice<conversation::Model>>> {
    let column = conversation::Column::AdvisorId;
    let with = |row: &conversation::Model| row.advisor_id.unwrap_or(AdvisorId(Uuid::nil()));
    keyset::pages(db, own(viewer), column, advisors, with, window).await
}

pub async fn counts(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    advisors: &[AdvisorId],
) -> Result<HashMap<AdvisorId, i64>> {
    let column = conversation::Column::AdvisorId;
    own(viewer).filter(among(column, advisors)).count_by(db, column).await
}

/// The viewer's own conversation with the advisor with the latest activity, of those in use. Those who ask at the same time
/// take turns until the end of their transactions, so that one of them makes the first.
pub async fn latest(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    advisor: AdvisorId,
) -> Result<Option<conversation::Model>> {
    let turns = "select pg_advisory_xact_lock(hashtextextended($1::uuid::text || $2::uuid::text, 0))";
    let who: [Value; 2] = [viewer.user.0.into(), advisor.0.into()];
    db.query_all_raw(Statement::from_sql_and_values(DbBackend::Postgres, turns, who)).await?;
    let window = Window { order: BY_ACTIVITY, limit: 1, cursor: None, backwards: false };
    let ask = own(viewer)
        .filter(equal(conversation::Column::AdvisorId, advisor))
        .filter(equal(conversation::Column::Status, conversation::Status::Active));
    Ok(keyset::page(db, ask, &window).await?.rows.pop().map(|row| (*row).clone()))
}
