//! What advisors are made of, and what an import would make.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use entity::advisor;
use serde::{Deserialize, Serialize};

use crate::domain::advisor::content::{Content, NamedTool, Parameters, Prompt};
use crate::domain::message::object::MessageRole;
use crate::domain::tool::object::Tool;
use crate::graphql::context::cx;
use crate::graphql::row::Row;
use crate::graphql::scalars::Json;

/// By way of whom the model is reached.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "advisor::Gateway")]
pub enum AdvisorGateway {
    /// OpenRouter.
    Openrouter,
    /// OpenAI.
    Openai,
    /// Google.
    Google,
    /// Groq.
    Groq,
    /// DeepSeek.
    Deepseek,
}

/// How the model is asked; null is left to whoever asks it.
#[derive(SimpleObject)]
pub struct AdvisorParameters {
    /// How much chance there is, 0 to 2.
    temperature: Option<f64>,
    /// The share of the likeliest words that counts, 0 to 1.
    top_p: Option<f64>,
    /// How much words that came often are avoided, -2 to 2.
    frequency_penalty: Option<f64>,
    /// How much words that came at all are avoided, -2 to 2.
    presence_penalty: Option<f64>,
    /// Most tokens of an answer.
    max_output_tokens: Option<i32>,
    /// Which tool to call, as the provider wants it.
    tool_choice: Option<Json>,
    /// The form of answers, as the provider wants it.
    response_format: Option<Json>,
    /// Whether answers come piece by piece.
    stream: Option<bool>,
}

impl From<Parameters> for AdvisorParameters {
    fn from(from: Parameters) -> Self {
        Self {
            temperature: from.temperature,
            top_p: from.top_p,
            frequency_penalty: from.frequency_penalty,
            presence_penalty: from.presence_penalty,
            max_output_tokens: from.max_output_tokens,
            tool_choice: from.tool_choice.map(Json),
            response_format: from.response_format.map(Json),
            stream: from.stream,
        }
    }
}

/// A message of a prompt.
#[derive(SimpleObject)]
pub struct PromptMessage {
    /// Who speaks.
    role: MessageRole,
    /// The text, with its inclusion tags as they are.
    content: String,
    /// The name of whoever speaks; null if there is none.
    name: Option<String>,
}

impl From<Prompt> for PromptMessage {
    fn from(from: Prompt) -> Self {
        Self { role: from.role.into(), content: from.content, name: from.name }
    }
}

pub struct AdvisorTool(pub NamedTool);

/// A tool that an advisor may call.
#[Object]
impl AdvisorTool {
    /// Its name, as the advisor has it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The tool; null if none of the name was found, if it is gone, or if the viewer may not see it.
    async fn tool(&self, ctx: &Context<'_>) -> Result<Option<Row<Tool>>> {
        match self.0.id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Tool).map(Row)),
            None => Ok(None),
        }
    }
}

/// What an import would make.
#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct AdvisorDraft(pub Content);

/// What an import would make.
#[Object]
impl AdvisorDraft {
    /// The name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for; may be empty.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// The model; null if the source names none.
    async fn model(&self) -> Option<&str> {
        self.0.model.as_deref()
    }

    /// By way of whom the model is reached; null if the source does not say.
    async fn gateway(&self) -> Option<AdvisorGateway> {
        self.0.gateway.map(AdvisorGateway::from)
    }

    /// How the model is asked.
    async fn parameters(&self) -> AdvisorParameters {
        self.0.parameters.clone().into()
    }

    /// What is not understood, as it came: an object.
    async fn extra(&self) -> Json {
        Json(self.0.extra.clone().into())
    }

    /// The prompt.
    async fn messages(&self) -> Vec<PromptMessage> {
        self.0.messages.iter().cloned().map(PromptMessage::from).collect()
    }

    /// The tools, with those that were found behind their names.
    async fn tools(&self) -> Vec<AdvisorTool> {
        self.0.tools.iter().cloned().map(AdvisorTool).collect()
    }
}
