//! The GraphQL types of links, and of what is read through them.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use chrono::Utc;
use entity::id::ConversationId;
use entity::{message, share_view, tool_call};

use super::loader::{Earlier, SharedCalls};
use super::rows::{self, Link, SHARED_MESSAGES};
use crate::domain::message::object::MessageRole;
use crate::domain::tool_call::object::ToolCallStatus;
use crate::domain::user::object::User;
use crate::graphql::connection::{Connection, Listed, Total};
use crate::graphql::context::{Under, cx};
use crate::graphql::paging::Paging;
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::{DateTime, Json};

/// What a link shows, opened.
#[derive(Clone)]
pub struct Opened {
    pub link: Arc<Link>,
    pub conversation: ConversationId,
    pub title: Option<String>,
    pub shared_by: String,
    pub expires_at: Option<chrono::DateTime<Utc>>,
}

pub struct ShareLink(pub Arc<Link>);

/// What a link was made with. Its secret is shown only when it is made.
#[Object]
impl ShareLink {
    /// Whether readers may take a copy.
    async fn allows_fork(&self) -> bool {
        self.0.allows_fork
    }

    /// Whether messages with the role SYSTEM are hidden.
    async fn hides_system_prompts(&self) -> bool {
        self.0.hides_system_prompts
    }

    /// Whether arguments, results and errors of tool calls, and messages with the role TOOL, are hidden.
    async fn hides_tool_data(&self) -> bool {
        self.0.hides_tool_data
    }

    /// As of when it shows the conversation; null if it shows it as it is.
    async fn frozen_at(&self) -> Option<DateTime> {
        self.0.frozen.as_ref().map(|frozen| frozen.at.into())
    }

    /// The position of the last message that it shows; null for all.
    async fn frozen_position(&self) -> Option<i32> {
        self.0.frozen.as_ref().map(|frozen| frozen.position)
    }
}

#[derive(Clone)]
pub struct LinkView(pub Arc<share_view::Model>);

impl Listed for LinkView {
    const NAME: &'static str = "LinkView";
}

impl Columns for LinkView {}

/// Somebody who looked at what a link shows on one day.
#[Object]
impl LinkView {
    /// Who; null for somebody who was not signed in, or if the viewer may not see them.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        match self.0.user_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }

    /// Whether it was somebody who was not signed in; they are told apart by their network address.
    async fn is_anonymous(&self) -> bool {
        self.0.user_id.is_none()
    }

    /// When they first looked on that day.
    async fn first_at(&self) -> DateTime {
        self.0.first_at.into()
    }

    /// When they last looked on that day.
    async fn last_at(&self) -> DateTime {
        self.0.last_at.into()
    }

    /// How often on that day.
    async fn views(&self) -> i32 {
        self.0.views
    }
}

#[derive(Clone)]
pub struct SharedConversation(pub Opened);

/// A conversation as a link shows it. Nothing leads from here to the conversation itself or to people.
#[Object]
impl SharedConversation {
    /// The title; of a frozen link as it was then. Null if there is none.
    async fn title(&self) -> Option<&str> {
        match &self.0.link.frozen {
            Some(frozen) => frozen.title.as_deref(),
            None => self.0.title.as_deref(),
        }
    }

    /// The display name of the owner.
    async fn shared_by(&self) -> &str {
        &self.0.shared_by
    }

    /// What the link was made with.
    async fn link(&self) -> ShareLink {
        ShareLink(self.0.link.clone())
    }

    /// When the link ends by itself; null for never.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime::from)
    }

    /// The messages of the whole tree as far as the link shows it, in the order in which they were appended.
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<SharedMessage>>> {
        let cx = cx(ctx);
        let window = Paging { first, after, last, before }.window(cx, SHARED_MESSAGES)?;
        let slice = rows::page(&cx.db, &self.0, &window).await?;
        let opened = self.0.clone();
        let total = Total::later(move |cx| {
            let opened = opened.clone();
            Box::pin(async move { rows::count(&cx.db, &opened).await })
        });
        let link = self.0.link.clone();
        let message = move |row| SharedMessage { row, link: link.clone() };
        Ok(Some(Connection::new(slice, SHARED_MESSAGES, total, message)))
    }
}

#[derive(Clone)]
pub struct SharedMessage {
    row: Arc<message::Model>,
    link: Arc<Link>,
}

impl Listed for SharedMessage {
    const NAME: &'static str = "SharedMessage";
}

impl Columns for SharedMessage {}

/// A message as a link shows it.
#[Object]
impl SharedMessage {
    /// Its place in the order of appending, from 1; unique within the link.
    async fn position(&self) -> i32 {
        self.row.position
    }

    /// How many messages lie between it and the beginning of its branch.
    async fn depth(&self) -> i32 {
        self.row.depth
    }

    /// Who speaks.
    async fn role(&self) -> MessageRole {
        self.row.role.into()
    }

    /// Whether the link hides what it says.
    async fn is_hidden(&self) -> bool {
        self.link.hides(self.row.role)
    }

    /// What it says, of a frozen link as it was then; null if the link hides it.
    async fn content(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        if self.link.hides(self.row.role) {
            return Ok(None);
        }
        let earlier = match &self.link.frozen {
            Some(frozen) => cx(ctx).load(Under { parent: self.row.id, args: Earlier(frozen.at) }).await?,
            None => None,
        };
        Ok(Some(earlier.unwrap_or_else(|| self.row.content.clone())))
    }

    /// The model that wrote it; null for people.
    async fn model(&self) -> Option<&str> {
        self.row.model.as_deref()
    }

    /// The tools that it asked for.
    async fn tool_calls(&self, ctx: &Context<'_>) -> Result<Vec<SharedToolCall>> {
        let frozen_at = self.link.frozen.as_ref().map(|frozen| frozen.at);
        let found = cx(ctx).load(Under { parent: self.row.id, args: SharedCalls(frozen_at) }).await?;
        let calls = found.unwrap_or_default().into_iter();
        Ok(calls.map(|row| SharedToolCall { row, link: self.link.clone() }).collect())
    }

    /// When it was appended.
    async fn created_at(&self) -> DateTime {
        self.row.created_at.into()
    }
}

pub struct SharedToolCall {
    row: Arc<tool_call::Model>,
    link: Arc<Link>,
}

/// A tool call as a link shows it. What came of it after a link was frozen is not shown.
#[Object]
impl SharedToolCall {
    /// The tool.
    async fn tool_name(&self) -> &str {
        &self.row.tool_name
    }

    /// How far it is; PENDING if that was recorded after the link was frozen.
    async fn status(&self) -> ToolCallStatus {
        match self.link.shows(&self.row) {
            true => self.row.status.into(),
            false => ToolCallStatus::Pending,
        }
    }

    /// What the tool was given, as JSON; null if the link hides it or it is not JSON.
    async fn arguments(&self) -> Option<Json> {
        let shown = !self.link.hides_tool_data;
        shown.then(|| self.row.arguments.clone().map(Json)).flatten()
    }

    /// What the tool answered; null if the link hides it or there is nothing.
    async fn result(&self) -> Option<Json> {
        let shown = !self.link.hides_tool_data && self.link.shows(&self.row);
        shown.then(|| self.row.result.clone().map(Json)).flatten()
    }

    /// What went wrong; null if the link hides it or nothing did.
    async fn error(&self) -> Option<&str> {
        let shown = !self.link.hides_tool_data && self.link.shows(&self.row);
        shown.then_some(self.row.error.as_deref()).flatten()
    }
}

impl Link {
    /// Whether what a message of this role says is hidden.
    pub fn hides(&self, role: message::Role) -> bool {
        match role {
            message::Role::System => self.hides_system_prompts,
            message::Role::Tool => self.hides_tool_data,
            message::Role::User | message::Role::Assistant => false,
        }
    }

    /// Whether what came of a tool call is old enough to be shown.
    pub fn shows(&self, call: &tool_call::Model) -> bool {
        self.frozen.as_ref().is_none_or(|frozen| call.updated_at <= frozen.at)
    }
}
