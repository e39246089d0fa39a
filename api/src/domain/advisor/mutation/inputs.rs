//! What the inputs about advisors have in common.

use async_graphql::{ID, InputObject, OneofObject};
use entity::id::ToolId;
use entity::message::Role;
use serde::Serialize;

use crate::domain::advisor::content::{self, MOST, Parameters, Prompt};
use crate::domain::message::object::MessageRole;
use crate::error::UserError;
use crate::graphql::checks::Checks;
use crate::graphql::scalars::Json;

/// A message of a prompt.
#[derive(InputObject)]
pub struct PromptMessageInput {
    /// Who speaks.
    role: MessageRole,
    /// The text, at most 200,000 characters. Inclusion tags in it stay as they are.
    content: String,
    /// The name of whoever speaks, 1 to 64 characters.
    name: Option<String>,
}

/// Exactly one way to say which tool.
#[derive(OneofObject)]
pub enum AdvisorToolInput {
    /// A tool that the caller sees.
    Id(ID),
    /// The name of one of the caller's tools or of the installation's; any other stays a name. 1 to 64 characters.
    Name(String),
}

/// How the model is asked; what is left out is left to whoever asks it.
#[derive(InputObject)]
pub struct AdvisorParametersInput {
    /// How much chance there is, 0 to 2.
    temperature: Option<f64>,
    /// The share of the likeliest words that counts, 0 to 1.
    top_p: Option<f64>,
    /// How much words that came often are avoided, -2 to 2.
    frequency_penalty: Option<f64>,
    /// How much words that came at all are avoided, -2 to 2.
    presence_penalty: Option<f64>,
    /// Most tokens of an answer, 1 to 10,000,000.
    max_output_tokens: Option<i32>,
    /// Which tool to call, as the provider wants it; at most 32 KiB.
    tool_choice: Option<Json>,
    /// The form of answers, as the provider wants it; at most 32 KiB.
    response_format: Option<Json>,
    /// Whether answers come piece by piece.
    stream: Option<bool>,
}

/// A tool as it was asked for.
#[derive(Serialize)]
pub enum Wanted {
    Id(ToolId),
    Name(String),
}

pub fn parameters(checks: &mut Checks, input: AdvisorParametersInput) -> Parameters {
    let parameters = Parameters {
        temperature: input.temperature,
        top_p: input.top_p,
        frequency_penalty: input.frequency_penalty,
        presence_penalty: input.presence_penalty,
        max_output_tokens: input.max_output_tokens,
        tool_choice: input.tool_choice.map(|Json(value)| value),
        response_format: input.response_format.map(|Json(value)| value),
        stream: input.stream,
    };
    content::parameters(checks, &["parameters"], &parameters);
    parameters
}

pub fn messages(checks: &mut Checks, input: Vec<PromptMessageInput>) -> Vec<Prompt> {
    let prompt = |message: PromptMessageInput| Prompt {
        role: Role::from(message.role),
        content: message.content,
        name: message.name,
    };
    content::messages(checks, &["messages"], input.into_iter().map(prompt).collect())
}

pub fn tools(checks: &mut Checks, input: Vec<AdvisorToolInput>) -> Vec<Wanted> {
    if input.len() > MOST {
        checks.refuse(UserError::invalid(&["tools"], format!("At most {MOST} tools.")));
    }
    let wanted = input.into_iter().take(MOST).enumerate().map(|(at, tool)| match tool {
        AdvisorToolInput::Id(id) => Wanted::Id(checks.id(&["tools", &at.to_string(), "id"], &id)),
        AdvisorToolInput::Name(name) => {
            Wanted::Name(content::tool_name(checks, &["tools", &at.to_string(), "name"], &name))
        }
    });
    wanted.collect()
}
