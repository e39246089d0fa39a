//! Closed sets, filters and orders of messages.

use async_graphql::{Enum, ID, InputObject};
use entity::id::UserId;
use entity::message;

use crate::database::keyset::Order;
use crate::domain::message::rows::{BY_POSITION, Filter};
use crate::graphql::id::WireId;
use crate::graphql::paging::OrderDirection;

/// Who speaks.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "message::Role")]
pub enum MessageRole {
    /// Instructions to the model.
    System,
    /// A person.
    User,
    /// The model.
    Assistant,
    /// A tool, with its result as the model is shown it.
    Tool,
}

/// Why the model stopped.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "message::FinishReason")]
pub enum FinishReason {
    /// It had said everything.
    Stop,
    /// It reached the limit of tokens.
    Length,
    /// It asked for tools.
    ToolCalls,
    /// A filter of the provider stopped it.
    ContentFilter,
    /// Somebody cancelled it.
    Cancelled,
    /// It failed.
    Error,
}

/// Whether a message has been written.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "message::Status")]
pub enum MessageStatus {
    /// It says what it says.
    Complete,
    /// It is being written; its text is the text so far.
    Streaming,
    /// Its writer was not heard of in time; `continueMessage` goes on, `cancelMessage` leaves it at that.
    Interrupted,
    /// Somebody ended it before its time; what had been written stays.
    Cancelled,
}

/// Which messages; what is left out does not narrow.
#[derive(Clone, Default, InputObject)]
pub struct MessageFilter {
    /// Those of these roles.
    roles: Option<Vec<MessageRole>>,
    /// Those by this author.
    author_id: Option<ID>,
}

impl MessageFilter {
    pub fn parse(self) -> crate::error::Result<Filter> {
        Ok(Filter {
            roles: self.roles.map(|roles| roles.into_iter().map(message::Role::from).collect()),
            author: self.author_id.map(|id| UserId::argument("filter.authorId", &id)).transpose()?,
        })
    }
}

/// What messages can be ordered by.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
pub enum MessageOrderField {
    /// The order in which they were appended.
    Position,
}

/// An order of messages.
#[derive(InputObject)]
pub struct MessageOrder {
    /// What to order by.
    field: MessageOrderField,
    /// Which end comes first.
    direction: OrderDirection,
}

impl Default for MessageOrder {
    fn default() -> Self {
        Self { field: MessageOrderField::Position, direction: OrderDirection::Asc }
    }
}

impl MessageOrder {
    pub fn order(&self) -> Order<message::Model> {
        let order = match self.field {
            MessageOrderField::Position => BY_POSITION,
        };
        Order { descending: self.direction == OrderDirection::Desc, ..order }
    }
}
