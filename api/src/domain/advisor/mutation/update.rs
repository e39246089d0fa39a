//! Changing an advisor.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result};
use entity::advisor::{ActiveModel, Gateway, Model};
use entity::id::AdvisorId;
use sea_orm::ActiveValue::Set;
use serde_json::json as value;

use super::inputs::{self, AdvisorParametersInput, AdvisorToolInput, PromptMessageInput, Wanted};
use super::{get, json, resolve, stale};
use crate::access::Permission;
use crate::domain::advisor::content::{self, Parameters, Prompt};
use crate::domain::advisor::object::{Advisor, AdvisorGateway};
use crate::domain::advisor::{policy, rows};
use crate::domain::thing::action::{Kind, ThingAction};
use crate::domain::thing::object::AccessLevel;
use crate::error::Error;
use crate::graphql::checks::Checks;
use crate::graphql::context::cx;
use crate::graphql::guard::{Requires, requiresPermission};
use crate::graphql::payload::payloads;
use crate::write::{self, Call, Change, Tx};

/// A change of an advisor; what is left out stays, and what is given replaces the whole of it.
#[derive(InputObject)]
pub struct UpdateAdvisorInput {
    /// The advisor, with the level WRITE.
    advisor_id: ID,
    /// The new name, 1 to 100 characters, unique among its owner's.
    name: Option<String>,
    /// What it is for, at most 4,000 characters.
    description: Option<String>,
    /// The model, 1 to 200 characters; null leaves it to whoever asks.
    model: MaybeUndefined<String>,
    /// By way of whom the model is reached; null leaves it to whoever asks.
    gateway: MaybeUndefined<AdvisorGateway>,
    /// How the model is asked, all of it.
    parameters: Option<AdvisorParametersInput>,
    /// The prompt, all of it, as in `createAdvisor`.
    messages: Option<Vec<PromptMessageInput>>,
    /// The tools, all of them, as in `createAdvisor`.
    tools: Option<Vec<AdvisorToolInput>>,
    /// Whether the prompt is for those with the level WRITE alone; to change that takes MANAGE.
    hides_prompt: Option<bool>,
    /// The version that the change is based on; an older one than the present is a `CONFLICT`.
    expected_version: Option<i32>,
    /// Makes the call safe to repeat within a day: the same key and input by the same user return the first answer and do
    /// nothing; with another input it is a `CONFLICT`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

payloads! {
    /// The answer to `updateAdvisor`.
    UpdateAdvisorPayload {
        /// The advisor as it is now, also when `expectedVersion` was stale.
        advisor: Advisor,
    }
}

struct AdvisorPatch {
    id: AdvisorId,
    name: Option<String>,
    description: Option<String>,
    model: MaybeUndefined<String>,
    gateway: MaybeUndefined<Gateway>,
    parameters: Option<Parameters>,
    messages: Option<Vec<Prompt>>,
    tools: Option<Vec<Wanted>>,
    hides_prompt: Option<bool>,
    expected_version: Option<i32>,
}

impl UpdateAdvisorInput {
    fn parse(self) -> Result<AdvisorPatch, Error> {
        let mut checks = Checks::default();
        let patch = AdvisorPatch {
            id: checks.id(&["advisorId"], &self.advisor_id),
            name: self.name.map(|name| content::name(&mut checks, &["name"], &name)),
            description: self.description.map(|text| content::description(&mut checks, &["description"], text)),
            model: self.model.map_value(|name| content::model(&mut checks, &["model"], &name)),
            gateway: self.gateway.map_value(Gateway::from),
            parameters: self.parameters.map(|input| inputs::parameters(&mut checks, input)),
            messages: self.messages.map(|input| inputs::messages(&mut checks, input)),
            tools: self.tools.map(|input| inputs::tools(&mut checks, input)),
            hides_prompt: self.hides_prompt,
            expected_version: self.expected_version,
        };
        checks.done()?;
        Ok(patch)
    }
}

#[derive(Default)]
pub struct UpdateAdvisor;

#[Object]
impl UpdateAdvisor {
    /// Changes an advisor. Needs `advisors:write` and the level WRITE.
    #[graphql(guard = "Requires(Permission::AdvisorsWrite)", directive = requiresPermission::apply(Permission::AdvisorsWrite))]
    async fn update_advisor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateAdvisorInput,
    ) -> Result<Option<UpdateAdvisorPayload>> {
        let call = Call::of(cx(ctx), "updateAdvisor", &input, &input.idempotency_key);
        let payload = write::run(cx(ctx), call, input.parse(), |tx, patch| {
            Box::pin(async move {
                let (row, level) = get(tx, patch.id).await?;
                ThingAction::Update.allow(Kind::Advisor, level)?;
                policy::outside_trash(&row, &["advisorId"])?;
                if let Some(stale) = stale(&row, patch.expected_version) {
                    return Ok(UpdateAdvisorPayload { advisor: Some(row.into()), user_errors: vec![stale] });
                }
                let advisor = Some(change(tx, row, level, patch).await?);
                Ok(UpdateAdvisorPayload { advisor, ..Default::default() })
            })
        });
        Ok(payload.await?)
    }
}

fn instead<T: Clone>(given: MaybeUndefined<T>, present: &Option<T>) -> Option<T> {
    match given {
        MaybeUndefined::Undefined => present.clone(),
        MaybeUndefined::Null => None,
        MaybeUndefined::Value(value) => Some(value),
    }
}

async fn change(tx: &Tx, row: Model, level: AccessLevel, patch: AdvisorPatch) -> Result<Advisor, Error> {
    let mut wanted = Model {
        name: patch.name.unwrap_or_else(|| row.name.clone()),
        description: patch.description.unwrap_or_else(|| row.description.clone()),
        model: instead(patch.model, &row.model),
        gateway: instead(patch.gateway, &row.gateway),
        hides_prompt: patch.hides_prompt.unwrap_or(row.hides_prompt),
        ..row.clone()
    };
    if let Some(parameters) = &patch.parameters {
        wanted.parameters = json(parameters)?;
    }
    if let Some(messages) = &patch.messages {
        wanted.messages = json(messages)?;
    }
    if let Some(tools) = patch.tools {
        wanted.tools = json(&resolve(tx, tools).await?)?;
    }
    if wanted.hides_prompt != row.hides_prompt {
        policy::may_reveal(level)?;
    }
    if wanted == row {
        tx.unchanged();
        return Ok(row.into());
    }
    // What people write is in no record; which of it changed, is.
    let after = value!({
        "renamed": wanted.name != row.name,
        "model": wanted.model != row.model || wanted.gateway != row.gateway,
        "parameters": wanted.parameters != row.parameters,
        "messages": wanted.messages != row.messages,
        "tools": wanted.tools != row.tools,
        "hidesPrompt": wanted.hides_prompt,
    });
    let before = value!({ "version": row.version, "hidesPrompt": row.hides_prompt });
    let change = ActiveModel {
        id: Set(row.id),
        name: Set(wanted.name),
        description: Set(wanted.description),
        model: Set(wanted.model),
        gateway: Set(wanted.gateway),
        parameters: Set(wanted.parameters),
        messages: Set(wanted.messages),
        tools: Set(wanted.tools),
        hides_prompt: Set(wanted.hides_prompt),
        version: Set(row.version + 1),
        updated_at: Set(tx.at),
        ..Default::default()
    };
    let changed = rows::update(tx, change).await.map_err(|cause| rows::refused(cause, "name"))?;
    tx.record(Change::new("advisor.update", "advisor", row.id).before(before).after(after)).await?;
    Ok(changed.into())
}
