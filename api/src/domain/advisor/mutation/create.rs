//! Making an advisor.

use async_graphql::{Context, InputObject, Object, Result};
use entity::advisor::Gateway;
use entity::id::AdvisorId;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::inputs::{self, AdvisorParametersInput, AdvisorToolInput, PromptMessageInput, Wanted};
use super::{resolve, row};
use crate::access::Permission;
use crate::domain::advisor::content::{self, Content};
use crate::domain::advisor::object::{Advisor, AdvisorGateway};
use crate::domain::advisor::rows;
use crate::error::{Error, UserError};
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::graphql::scalars;
use crate::write::{self, Call, Change, Creation, Tx};

/// A new advisor.
#[derive(InputObject)]
pub struct CreateAdvisorInput {
    /// The name, 1 to 100 characters, unique among one's own whatever the case of the letters.
    name: String,
    /// What it is for, at most 4,000 characters.
    description: Option<String>,
    /// The model, e.g. `vendor/small-1`, 1 to 200 characters.
    model: Option<String>,
    /// By way of whom the model is reached.
    gateway: Option<AdvisorGateway>,
    /// How the model is asked.
    parameters: Option<AdvisorParametersInput>,
    /// The prompt: 1 to 100 messages in order, at least one of them SYSTEM, at most 400,000 characters together.
    messages: Vec<PromptMessageInput>,
    /// The tools that it may call, at most 100, in order.
    tools: Option<Vec<AdvisorToolInput>>,
    /// Whether the prompt is for those with the level WRITE alone.
    #[graphql(default = false)]
    hides_prompt: bool,
    /// Makes the call safe to repeat: the same id by the same user returns the first result.
    client_id: Option<scalars::Uuid>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `createAdvisor`.
    CreateAdvisorPayload {
        /// The new advisor, or the one that this `clientId` made earlier.
        advisor: Advisor,
    }
}

#[derive(Serialize)]
struct Draft {
    content: Content,
    tools: Vec<Wanted>,
    hides_prompt: bool,
    #[serde(skip)]
    client_id: Option<Uuid>,
}

impl CreateAdvisorInput {
    fn parse(self) -> Result<Draft, Error> {
        let mut checks = Checks::default();
        let content = Content {
            name: content::name(&mut checks, &["name"], &self.name),
            description: content::description(&mut checks, &["description"], self.description.unwrap_or_default()),
            model: self.model.map(|name| content::model(&mut checks, &["model"], &name)),
            gateway: self.gateway.map(Gateway::from),
            parameters: self.parameters.map(|input| inputs::parameters(&mut checks, input)).unwrap_or_default(),
            messages: inputs::messages(&mut checks, self.messages),
            ..Content::default()
        };
        let tools = inputs::tools(&mut checks, self.tools.unwrap_or_default());
        let client_id = checks.client_id(self.client_id.as_ref());
        checks.done()?;
        Ok(Draft { content, tools, hides_prompt: self.hides_prompt, client_id })
    }
}

#[derive(Default)]
pub struct CreateAdvisor;

#[Object]
impl CreateAdvisor {
    /// Makes an advisor of one's own. A name that one has already is a `CONFLICT`. Needs `advisors:write`.
    #[graphql(guard = "Requires(Permission::AdvisorsWrite)", directive = requiresPermission::apply(Permission::AdvisorsWrite))]
    async fn create_advisor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The advisor.")] input: CreateAdvisorInput,
    ) -> Result<Option<CreateAdvisorPayload>> {
        let call = Call::of(cx(ctx), "createAdvisor", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, draft| {
            Box::pin(async move {
                let advisor = Some(create(tx, draft).await?);
                Ok(CreateAdvisorPayload { advisor, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

async fn create(tx: &Tx, draft: Draft) -> Result<Advisor, Error> {
    let viewer = tx.actor.principal()?;
    let id = AdvisorId(tx.new_id());
    if let Creation::Again(first) = tx.claim("advisor.create", draft.client_id, &draft, id).await? {
        let first = AdvisorId(first);
        let row = rows::by_ids(tx, viewer, &[first]).await?.remove(&first);
        return row.map(Advisor).ok_or_else(|| Error::refused(UserError::not_found(&["clientId"])));
    }
    let content = Content { tools: resolve(tx, draft.tools).await?, ..draft.content };
    let mut row = row(id, viewer.user, content, tx)?;
    row.hides_prompt = draft.hides_prompt;
    let row = rows::insert(tx, row).await.map_err(|cause| rows::refused(cause, "name"))?;
    tx.record(Change::new("advisor.create", "advisor", id).after(json!({ "hidesPrompt": row.hides_prompt }))).await?;
    Ok(row.into())
}
