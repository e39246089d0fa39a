//! What is loaded about the audit log in batches.

use entity::audit_entry;
use entity::id::AuditEntryId;

use super::rows::{entries, seals};
use crate::graphql::batch::{loads_by_id, loads_under};
use crate::graphql::context::Loads;

loads_by_id!(AuditEntryId => audit_entry::Model, entries::by_ids);

/// Marks the loader keys of seals.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Seal;

loads_under!(Under<AuditEntryId, Seal> => i64,
async |at: &Loads, entries: &[AuditEntryId], _: &Seal| {
    seals::numbers(&at.db, entries).await
});
