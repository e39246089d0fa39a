//! The statements that read the audit log.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::audit_entry::{self, Column as Of};
use entity::id::{AuditEntryId, RoleId, UserId};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Alias, Expr};
use uuid::Uuid;

use crate::auth::Principal;
use crate::database::keyset::{self, Column, Key, Order, Slice, Window};
use crate::database::shape::{Ask, among, at_least, below, equal};
use crate::domain::audit::policy;
use crate::error::Result;

/// The latest first, unless turned around.
pub const BY_TIME: Order<audit_entry::Model> = Order {
    list: "auditEntries",
    name: "time",
    columns: &[
        Column {
            expr: |table| Expr::col((Alias::new(table), Of::At)),
            key: |row| Key::Time(row.at),
            sample: || Key::Time(DateTime::<Utc>::UNIX_EPOCH),
            cast: None,
        },
        Column {
            expr: |table| Expr::col((Alias::new(table), Of::Id)),
            key: |row| Key::Id(row.id.0),
            sample: || Key::Id(Uuid::nil()),
            cast: None,
        },
    ],
    descending: true,
};

/// Which entries; what is left out does not narrow.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub subject: Option<Uuid>,
    pub actor: Option<UserId>,
    pub action: Option<String>,
    pub kind: Option<String>,
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
}

fn filtered<'a>(viewer: &Principal, filter: &'a Filter) -> Ask<'a, audit_entry::Entity> {
    Ask::of(policy::visible(viewer))
        .filter(filter.subject.map(|subject| equal(Of::SubjectId, subject)))
        .filter(filter.actor.map(|actor| equal(Of::ActorId, actor)))
        .filter(filter.action.as_deref().map(|action| equal(Of::Action, action)))
        .filter(filter.kind.as_deref().map(|kind| equal(Of::SubjectKind, kind)))
        .filter(filter.from.map(|from| at_least(Of::At, from)))
        .filter(filter.until.map(|until| below(Of::At, until)))
}

pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    ids: &[AuditEntryId],
) -> Result<HashMap<AuditEntryId, Arc<audit_entry::Model>>> {
    let rows: Ask<'_, audit_entry::Entity> = Ask::of(policy::visible(viewer)).filter(among(Of::Id, ids));
    rows.by_key(db, |row| row.id).await
}

pub async fn page(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    filter: &Filter,
    window: &Window<audit_entry::Model>,
) -> Result<Slice<audit_entry::Model>> {
    keyset::page(db, filtered(viewer, filter), window).await
}

pub async fn count(db: &impl ConnectionTrait, viewer: &Principal, filter: &Filter) -> Result<i64> {
    filtered(viewer, filter).count(db).await
}

/// Those about each role itself.
pub async fn pages_of_roles(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    roles: &[RoleId],
    window: &Window<audit_entry::Model>,
) -> Result<HashMap<RoleId, Slice<audit_entry::Model>>> {
    let role = |row: &audit_entry::Model| RoleId(row.subject_id);
    let rows: Ask<'_, audit_entry::Entity> = Ask::of(policy::visible(viewer));
    keyset::pages(db, rows, Of::SubjectId, roles, role, window).await
}

pub async fn count_of_roles(
    db: &impl ConnectionTrait,
    viewer: &Principal,
    roles: &[RoleId],
) -> Result<HashMap<RoleId, i64>> {
    let rows: Ask<'_, audit_entry::Entity> = Ask::of(policy::visible(viewer)).filter(among(Of::SubjectId, roles));
    rows.count_by(db, Of::SubjectId).await
}
