//! Into the trash, out of it, and away for ever.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::advisor::Model;
use entity::id::AdvisorId;
use serde_json::json;

use super::{get, in_trash, stale};
use crate::access::Permission;
use crate::domain::advisor::object::Advisor;
use crate::domain::advisor::rows;
use crate::domain::thing::action::{Kind, ThingAction};
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// An advisor to put into the trash.
#[derive(InputObject)]
pub struct DeleteAdvisorInput {
    /// The advisor; only its owner deletes it.
    advisor_id: ID,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// An advisor to take out of the trash.
#[derive(InputObject)]
pub struct RestoreAdvisorInput {
    /// The advisor; only its owner restores it.
    advisor_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// An advisor to remove for ever.
#[derive(InputObject)]
pub struct PurgeAdvisorInput {
    /// The advisor, which must be in the trash.
    advisor_id: ID,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `deleteAdvisor`.
    DeleteAdvisorPayload {
        /// The advisor as it is now, also when `expectedVersion` was stale.
        advisor: Advisor,
    }
    /// The answer to `restoreAdvisor`.
    RestoreAdvisorPayload {
        /// The advisor as it is now.
        advisor: Advisor,
    }
    /// The answer to `purgeAdvisor`.
    PurgeAdvisorPayload {
        /// The id that no longer names anything.
        purged_id: ID,
    }
}

fn parse(id: &ID) -> Result<AdvisorId, Error> {
    let mut checks = Checks::default();
    let id = checks.id(&["advisorId"], id);
    checks.done()?;
    Ok(id)
}

#[derive(Default)]
pub struct AdvisorLife;

#[Object]
impl AdvisorLife {
    /// Puts an advisor into its owner's trash: nobody else sees it, and conversations with it go on. Needs `advisors:write` and the
    /// level OWNER.
    #[graphql(guard = "Requires(Permission::AdvisorsWrite)", directive = requiresPermission::apply(Permission::AdvisorsWrite))]
    async fn delete_advisor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which advisor.")] input: DeleteAdvisorInput,
    ) -> Result<Option<DeleteAdvisorPayload>> {
        let expected_version = input.expected_version;
        let call = Call::of(cx(ctx), "deleteAdvisor", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.advisor_id), move |tx, id| {
            Box::pin(async move {
                let (row, level) = get(tx, id).await?;
                ThingAction::Delete.allow(Kind::Advisor, level)?;
                if let Some(stale) = stale(&row, expected_version) {
                    return Ok(DeleteAdvisorPayload { advisor: Some(row.into()), user_errors: vec![stale] });
                }
                let advisor = Some(set_trash(tx, row, true).await?);
                Ok(DeleteAdvisorPayload { advisor, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Takes an advisor out of the trash, with its shares as they were; a `CONFLICT` if its owner has another of the name by
    /// now. Needs `advisors:write` and the level OWNER.
    #[graphql(guard = "Requires(Permission::AdvisorsWrite)", directive = requiresPermission::apply(Permission::AdvisorsWrite))]
    async fn restore_advisor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which advisor.")] input: RestoreAdvisorInput,
    ) -> Result<Option<RestoreAdvisorPayload>> {
        let call = Call::of(cx(ctx), "restoreAdvisor", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.advisor_id), |tx, id| {
            Box::pin(async move {
                let (row, level) = get(tx, id).await?;
                ThingAction::Restore.allow(Kind::Advisor, level)?;
                let advisor = Some(set_trash(tx, row, false).await?);
                Ok(RestoreAdvisorPayload { advisor, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }

    /// Removes an advisor from the trash for ever, with its shares; conversations with it go on without it. Needs
    /// `advisors:write` and the level OWNER.
    #[graphql(guard = "Requires(Permission::AdvisorsWrite)", directive = requiresPermission::apply(Permission::AdvisorsWrite))]
    async fn purge_advisor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which advisor.")] input: PurgeAdvisorInput,
    ) -> Result<Option<PurgeAdvisorPayload>> {
        let wire_id = input.advisor_id.clone();
        let call = Call::of(cx(ctx), "purgeAdvisor", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, parse(&input.advisor_id), move |tx, id| {
            Box::pin(async move {
                let (row, level) = get(tx, id).await?;
                ThingAction::Purge.allow(Kind::Advisor, level)?;
                if row.deleted_at.is_none() {
                    let message = "Only what is in the trash is purged: delete it first.";
                    return Err(Error::refused(UserError::conflict(&["advisorId"], message)));
                }
                rows::purge(tx, id).await?;
                tx.record(Change::new("advisor.purge", "advisor", id)).await?;
                Ok(PurgeAdvisorPayload { purged_id: Some(wire_id), ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn set_trash(tx: &Tx, row: Model, deleted: bool) -> Result<Advisor, Error> {
    if row.deleted_at.is_some() == deleted {
        tx.unchanged();
        return Ok(row.into());
    }
    let changed =
        rows::update(tx, in_trash(&row, deleted, tx)).await.map_err(|cause| rows::refused(cause, "advisorId"))?;
    let action = if deleted { "advisor.delete" } else { "advisor.restore" };
    let record = Change::new(action, "advisor", row.id)
        .before(json!({ "deletedAt": row.deleted_at }))
        .after(json!({ "deletedAt": changed.deleted_at }));
    tx.record(record).await?;
    Ok(changed.into())
}
