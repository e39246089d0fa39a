//! Copying an advisor into one's own.

use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::advisor::Model;
use entity::id::AdvisorId;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::access::Permission;
use crate::domain::advisor::object::Advisor;
use crate::domain::advisor::{content, policy, rows};
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars;
use crate::write::{self, Call, Change, Creation, Tx};

/// An advisor to copy.
#[derive(InputObject)]
pub struct ForkAdvisorInput {
    /// The advisor, with the level READ.
    advisor_id: ID,
    /// The name of the copy: 1 to 100 characters, unique among one's own; that of the advisor if left out.
    name: Option<String>,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `forkAdvisor`.
    ForkAdvisorPayload {
        /// The copy, or the one that this `clientId` made earlier.
        advisor: Advisor,
    }
}

#[derive(Serialize)]
struct Fork {
    of: AdvisorId,
    name: Option<String>,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl ForkAdvisorInput {
    fn parse(self) -> Result<Fork, Error> {
        let mut checks = Checks::default();
        let of = checks.id(&["advisorId"], &self.advisor_id);
        let name = self.name.map(|name| content::name(&mut checks, &["name"], &name));
        let client_id = checks.client_id(self.client_id.as_ref());
        checks.done()?;
        Ok(Fork { of, name, client_id })
    }
}

#[derive(Default)]
pub struct ForkAdvisor;

#[Object]
impl ForkAdvisor {
    /// Copies an advisor into one's own, as it is now; what becomes of the one does not concern the other. A name that one has
    /// already is a `CONFLICT`. Needs
    /// `advisors:write` and the level READ; where the prompt is hidden, WRITE.
    #[graphql(guard = "Requires(Permission::AdvisorsWrite)", directive = requiresPermission::apply(Permission::AdvisorsWrite))]
    async fn fork_advisor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which advisor.")] input: ForkAdvisorInput,
    ) -> Result<Option<ForkAdvisorPayload>> {
        let call = Call::of(cx(ctx), "forkAdvisor", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move {
                let advisor = Some(fork(tx, draft).await?);
                Ok(ForkAdvisorPayload { advisor, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn fork(tx: &Tx, draft: Fork) -> Result<Advisor, Error> {
    let viewer = tx.actor.principal()?;
    let not_found = || Error::refused(UserError::not_found(&["advisorId"]));
    let (of, level) = rows::find_for_share(tx, viewer, draft.of).await?.ok_or_else(not_found)?;
    policy::outside_trash(&of, &["advisorId"])?;
    policy::may_copy(&of, level)?;
    let id = AdvisorId(tx.new_id());
    if let Creation::Again(first) = tx.claim("advisor.fork", draft.client_id, &draft, id).await? {
        let first = AdvisorId(first);
        let row = rows::by_ids(tx, viewer, &[first]).await?.remove(&first);
        return row.map(Advisor).ok_or_else(|| Error::refused(UserError::not_found(&["clientId"])));
    }
    let row = Model {
        id,
        owner_id: viewer.user,
        name: draft.name.unwrap_or_else(|| of.name.clone()),
        forked_from_id: Some(of.id),
        version: 1,
        created_at: tx.at,
        updated_at: tx.at,
        ..of
    };
    let row = rows::insert(tx, row).await.map_err(|cause| rows::refused(cause, "name"))?;
    tx.record(Change::new("advisor.fork", "advisor", id).after(json!({ "of": row.forked_from_id }))).await?;
    Ok(row.into())
}
