//! What somebody says in a message, and what a model tells of how it came to say it.

use chrono::{DateTime, Utc};
use entity::id::UserId;
use entity::message::{self, Model};
use sea_orm::ActiveEnum;
use serde::Serialize;

use crate::domain::message::object::FinishReason;
use crate::error::Error;
use crate::graphql::checks::Checks;

/// Longest text of a message, in characters.
pub const LONGEST: usize = 200_000;

/// As it came.
pub struct SaidInput {
    pub content: String,
    pub model: Option<String>,
    pub finish_reason: Option<FinishReason>,
    pub prompt_tokens: Option<i32>,
    pub completion_tokens: Option<i32>,
}

/// What is fit to be kept.
#[derive(Serialize)]
pub struct Said {
    content: String,
    model: Option<String>,
    finish_reason: Option<String>,
    prompt_tokens: Option<i32>,
    completion_tokens: Option<i32>,
}

impl SaidInput {
    pub fn check(self, checks: &mut Checks) -> Said {
        Said {
            content: checks.text(&["content"], self.content, 0..=LONGEST),
            model: self.model.map(|model| checks.line(&["model"], &model, 1..=200)),
            finish_reason: self.finish_reason.map(|reason| message::FinishReason::from(reason).to_value()),
            prompt_tokens: checks.non_negative(&["promptTokens"], self.prompt_tokens),
            completion_tokens: checks.non_negative(&["completionTokens"], self.completion_tokens),
        }
    }
}

impl Said {
    /// The row with this said in it.
    pub fn by(self, author: UserId, at: DateTime<Utc>, row: Model) -> Result<Model, Error> {
        Ok(Model {
            author_id: Some(author),
            content: self.content,
            model: self.model,
            finish_reason: self.finish_reason.as_ref().map(message::FinishReason::try_from_value).transpose()?,
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.completion_tokens,
            updated_at: at,
            ..row
        })
    }
}
