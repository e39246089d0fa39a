//! `advisors`: a model with its parameters, a prompt and tools, under a name.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AdvisorId, UserId};
use crate::row::{row, text_cell};

row! {
    #[sea_orm::model]
    #[derive(Clone, Debug, DeriveEntityModel, Deserialize, Eq, PartialEq, Serialize)]
    #[sea_orm(table_name = "advisors")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AdvisorId,
        pub owner_id: UserId,
        pub name: String,
        pub description: String,
        pub model: Option<String>,
        pub gateway: Option<Gateway>,
        #[sea_orm(column_type = "JsonBinary")]
        pub parameters: Json,
        #[sea_orm(column_type = "JsonBinary")]
        pub extra: Json,
        #[sea_orm(column_type = "JsonBinary")]
        pub messages: Json,
        #[sea_orm(column_type = "JsonBinary")]
        pub tools: Json,
        pub hides_prompt: bool,
        pub forked_from_id: Option<AdvisorId>,
        pub version: i32,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
        pub deleted_at: Option<DateTimeUtc>,
    }
}

/// By way of whom the model is reached.
#[derive(Clone, Copy, Debug, Deserialize, DeriveActiveEnum, EnumIter, Eq, Hash, PartialEq, Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "lowercase")]
pub enum Gateway {
    Openrouter,
    Openai,
    Google,
    Groq,
    Deepseek,
}

text_cell!(Gateway);

impl ActiveModelBehavior for ActiveModel {}
