//! The GraphQL types of advisors.

mod inputs;
mod parts;

use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::{Context, ID, Object, Result};
use entity::advisor;
use entity::id::{AdvisorId, ThingId};
use serde::{Deserialize, Serialize};

use super::content::{Content, NamedTool, Parameters, Prompt, read};
use super::form;
use super::loader::{Given, OwnTalks};
use super::policy;
use crate::domain::conversation::object::Conversation;
use crate::domain::conversation::rows::BY_ACTIVITY;
use crate::domain::share::object::Share;
use crate::domain::share::rows::{SHARES_BY_TIME, Shares};
use crate::domain::thing::object::AccessLevel;
use crate::domain::user::object::User;
use crate::graphql::cell::Cell;
use crate::graphql::connection::{Connection, Listed};
use crate::graphql::context::{Under, cx};
use crate::graphql::id::WireId;
use crate::graphql::paging::Paging;
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::{DateTime, Json};

pub use inputs::{AdvisorFilter, AdvisorOrder};
pub use parts::{AdvisorDraft, AdvisorGateway, AdvisorParameters, AdvisorTool, PromptMessage};

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Advisor(pub Arc<advisor::Model>);

impl Listed for Advisor {
    const NAME: &'static str = "Advisor";
}

impl Columns for Advisor {
    fn column<'r>(&'r self, field: &'r Field) -> Option<Cell<'r>> {
        let row = &self.0;
        Some(match field.name.node.as_str() {
            "id" => Cell::id(row.id),
            "name" => row.name.as_str().into(),
            "description" => row.description.as_str().into(),
            "model" => row.model.as_deref().into(),
            "hidesPrompt" => row.hides_prompt.into(),
            "version" => row.version.into(),
            "createdAt" => row.created_at.into(),
            "updatedAt" => row.updated_at.into(),
            "deletedAt" => row.deleted_at.into(),
            _ => return None,
        })
    }
}

impl From<advisor::Model> for Advisor {
    fn from(row: advisor::Model) -> Self {
        Self(Arc::new(row))
    }
}

impl Advisor {
    async fn level(&self, ctx: &Context<'_>) -> Result<Option<AccessLevel>> {
        let cx = cx(ctx);
        // Asked for owners too, so that a list costs the same whoever owns its rows.
        let given = cx.load(Under { parent: self.0.id, args: Given }).await?;
        Ok(policy::level(&cx.viewer()?, &self.0, given))
    }
}

/// A model with its parameters, a prompt and tools, under a name. Seen by its owner and by those it was shared with.
#[Object]
impl Advisor {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// Whose it is.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        Ok(cx(ctx).load(self.0.owner_id).await?.map(User).map(Row))
    }

    /// The name, 1 to 100 characters, unique among its owner's.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for, at most 4,000 characters; may be empty.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// The model, e.g. `vendor/small-1`; null if that is left to whoever asks it.
    async fn model(&self) -> Option<&str> {
        self.0.model.as_deref()
    }

    /// By way of whom the model is reached; null if that is left to whoever asks it.
    async fn gateway(&self) -> Option<AdvisorGateway> {
        self.0.gateway.map(AdvisorGateway::from)
    }

    /// How the model is asked.
    async fn parameters(&self) -> AdvisorParameters {
        read::<Parameters>(&self.0.parameters).into()
    }

    /// What came with an import and is not understood, as it came: an object.
    async fn extra(&self) -> Json {
        Json(self.0.extra.clone())
    }

    /// Whether the prompt is for those with the level WRITE alone, and copies are too.
    async fn hides_prompt(&self) -> bool {
        self.0.hides_prompt
    }

    /// The prompt, at most 100 messages in order, at least one of them SYSTEM; null if it is hidden from the viewer.
    async fn messages(&self, ctx: &Context<'_>) -> Result<Option<Vec<PromptMessage>>> {
        let shown = policy::shows_prompt(&self.0, self.level(ctx).await?);
        Ok(shown.then(|| read::<Vec<Prompt>>(&self.0.messages).into_iter().map(PromptMessage::from).collect()))
    }

    /// All of it as a file of JSON, which `importAdvisor` reads; null if the prompt is hidden from the viewer.
    async fn as_json(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let shown = policy::shows_prompt(&self.0, self.level(ctx).await?);
        Ok(shown.then(|| form::as_json(&Content::from(&*self.0))))
    }

    /// All of it as a file of Markdown, which `importAdvisor` reads; null if the prompt is hidden from the viewer.
    async fn as_markdown(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let shown = policy::shows_prompt(&self.0, self.level(ctx).await?);
        Ok(shown.then(|| form::as_markdown(&Content::from(&*self.0))))
    }

    /// The tools that it may call, at most 100, in order.
    async fn tools(&self) -> Vec<AdvisorTool> {
        read::<Vec<NamedTool>>(&self.0.tools).into_iter().map(AdvisorTool).collect()
    }

    /// The advisor that it was copied from; null if it was not, or if the viewer may not see that.
    async fn forked_from(&self, ctx: &Context<'_>) -> Result<Option<Row<Advisor>>> {
        match self.0.forked_from_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Advisor).map(Row)),
            None => Ok(None),
        }
    }

    /// What the viewer may do with it; each level includes the ones before it. Operations need their permission besides.
    async fn viewer_access(&self, ctx: &Context<'_>) -> Result<Option<AccessLevel>> {
        self.level(ctx).await
    }

    /// To whom it was shared, oldest first. Those with the level MANAGE see all shares, everybody else their own and those
    /// that they gave.
    async fn shares(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Share>>> {
        let paging = Paging { first, after, last, before };
        Ok(Connection::under(ctx, ThingId::from(self.0.id), paging, SHARES_BY_TIME, Shares, Share).await?)
    }

    /// The viewer's own conversations with it outside the trash, latest activity first.
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<Conversation>>> {
        let (id, paging): (AdvisorId, _) = (self.0.id, Paging { first, after, last, before });
        Ok(Connection::under(ctx, id, paging, BY_ACTIVITY, OwnTalks, Conversation).await?)
    }

    /// Grows by one with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// When it was put into the trash; null while it is not there. Only its owner sees an advisor in the trash.
    async fn deleted_at(&self) -> Option<DateTime> {
        self.0.deleted_at.map(DateTime::from)
    }
}
