//! The root queries about the audit log.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use entity::id::AuditEntryId;

use super::object::{AuditEntry, AuditFilter};
use super::rows::entries::{self, BY_TIME};
use super::rows::seals;
use super::sealer;
use super::verify::{self, Fault, Mark, Report, Wrong};
use crate::access::Permission;
use crate::error::Error;
use crate::graphql::connection::{Connection, Total};
use crate::graphql::context::cx;
use crate::graphql::cost::{SIGN_IN, cost};
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::id::WireId;
use crate::graphql::paging::Paging;

/// Seals that one call verifies at most, and when nothing is said.
const MOST: i32 = 1000;

/// What is wrong with an entry or its seal.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "Wrong")]
pub enum AuditFaultKind {
    /// The entry, or its seal, is not what it was when it was sealed.
    Altered,
    /// There is a seal, but the entry is gone.
    Gone,
    /// The entry has no seal, although later ones have: it was slipped in.
    Unsealed,
    /// Numbers are left out of the chain: a seal is gone.
    SealGone,
    /// The chain does not hold the seal that was named: it was cut off, or made anew.
    Cut,
}

/// The first thing that is wrong.
#[derive(SimpleObject)]
pub struct AuditFault {
    /// What is wrong.
    kind: AuditFaultKind,
    /// The number of the seal, in decimal digits; null if there is none.
    sequence: Option<String>,
    /// The entry; null if it is not known. One that is gone cannot be opened.
    entry_id: Option<ID>,
}

impl From<Fault> for AuditFault {
    fn from(fault: Fault) -> Self {
        Self {
            kind: fault.wrong.into(),
            sequence: fault.sequence.map(|sequence| sequence.to_string()),
            entry_id: fault.entry.map(|entry| AuditEntryId(entry).encode()),
        }
    }
}

/// Whether a part of the audit log is as it was sealed.
#[derive(SimpleObject)]
pub struct AuditVerification {
    /// Whether nothing is wrong in this part.
    is_intact: bool,
    /// How many seals were verified.
    checked: i32,
    /// The first thing that is wrong; null if nothing is.
    fault: Option<AuditFault>,
    /// Where this part ended, also behind a fault: `after` of the next call. Null if there was nothing.
    end_cursor: Option<String>,
    /// Whether the chain goes on behind it.
    has_more: bool,
    /// The last seal of the whole chain as `number:mark`, worth keeping elsewhere; null if nothing is sealed.
    head: Option<String>,
}

impl From<Report> for AuditVerification {
    fn from(report: Report) -> Self {
        Self {
            is_intact: report.fault.is_none(),
            checked: i32::try_from(report.checked).unwrap_or(i32::MAX),
            fault: report.fault.map(AuditFault::from),
            end_cursor: report.end.map(|end| end.encode()),
            has_more: report.has_more,
            head: report.head.as_ref().map(sealer::name),
        }
    }
}

#[derive(Default)]
pub struct AuditQuery;

#[Object]
impl AuditQuery {
    /// The audit log: every change that was made, the latest first. Needs `audit:read`.
    #[graphql(guard = "Requires(Permission::AuditRead)", directive = requiresPermission::apply(Permission::AuditRead))]
    async fn audit_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries.")] filter: Option<AuditFilter>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<AuditEntry>>> {
        let cx = cx(ctx);
        let filter = filter.unwrap_or_default().parse()?;
        let window = Paging { first, after, last, before }.window(cx, BY_TIME)?;
        let slice = entries::page(&cx.db, &cx.viewer()?, &filter, &window).await?;
        let total = Total::later(move |cx| {
            let filter = filter.clone();
            Box::pin(async move { entries::count(&cx.db, &cx.viewer()?, &filter).await })
        });
        Ok(Some(Connection::new(slice, BY_TIME, total, AuditEntry)))
    }

    /// Compares the audit log with its seals, from the beginning of the chain or behind a cursor, up to the first thing that
    /// is wrong. Goes on behind it when it is called with the `endCursor`. `INVALID` for what is no cursor of the chain.
    /// Needs `audit:read`.
    #[graphql(guard = "Requires(Permission::AuditRead)", directive = requiresPermission::apply(Permission::AuditRead), directive = cost::apply(SIGN_IN))]
    async fn verify_audit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The cursor behind which to begin.")] after: Option<String>,
        #[graphql(desc = "Seals that are verified, 1 to 1000.", default = 1000)] first: i32,
    ) -> Result<Option<AuditVerification>> {
        if !(1..=MOST).contains(&first) {
            return Err(Error::invalid("first", format!("1 to {MOST}.")).into());
        }
        let after = after.map(|text| {
            Mark::decode(&text).ok_or_else(|| Error::invalid("after", "This is not a cursor of the chain."))
        });
        let after = after.transpose()?;
        let cx = cx(ctx);
        let part = seals::part(&cx.db, after.as_ref().map_or(0, |after| after.sequence), first.into()).await?;
        Ok(Some(verify::verify(&cx.app.chain, after.as_ref(), part).into()))
    }
}
