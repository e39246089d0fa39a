//! What lists of conversations are narrowed and ordered by.

use async_graphql::{Enum, ID, InputObject};
use entity::conversation;
use entity::id::{AdvisorId, UserId};

use super::ConversationStatus;
use crate::database::keyset::Order;
use crate::domain::conversation::rows::{BY_ACTIVITY, BY_CREATED, BY_TITLE, Filter};
use crate::graphql::id::WireId;
use crate::graphql::paging::OrderDirection;
use crate::graphql::scalars::DateTime;

/// Which conversations; what is left out does not narrow.
#[derive(Clone, Default, InputObject)]
pub struct ConversationFilter {
    /// Those in this state.
    status: Option<ConversationStatus>,
    /// Those of this owner: one's own with one's own id, somebody's shared ones with theirs.
    owner_id: Option<ID>,
    /// Those that are held with this advisor.
    advisor_id: Option<ID>,
    /// True for the conversations in one's trash, false for all others.
    #[graphql(default)]
    in_trash: bool,
    /// Those made at this moment or later.
    created_from: Option<DateTime>,
    /// Those made before this moment.
    created_before: Option<DateTime>,
    /// Those with activity at this moment or later.
    active_from: Option<DateTime>,
    /// Those whose last activity was before this moment.
    active_before: Option<DateTime>,
}

impl ConversationFilter {
    pub fn parse(self) -> crate::error::Result<Filter> {
        Ok(Filter {
            status: self.status.map(conversation::Status::from),
            owner: self.owner_id.map(|id| UserId::argument("filter.ownerId", &id)).transpose()?,
            advisor: self.advisor_id.map(|id| AdvisorId::argument("filter.advisorId", &id)).transpose()?,
            in_trash: self.in_trash,
            created_from: self.created_from.map(|at| at.0),
            created_before: self.created_before.map(|at| at.0),
            active_from: self.active_from.map(|at| at.0),
            active_before: self.active_before.map(|at| at.0),
        })
    }
}

/// What conversations can be ordered by.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
pub enum ConversationOrderField {
    /// The moment of the last message, or of creation while there is none.
    LastActivity,
    /// The moment of creation.
    CreatedAt,
    /// The title as the database compares text; conversations without one count as empty.
    Title,
}

/// An order of conversations.
#[derive(InputObject)]
pub struct ConversationOrder {
    /// What to order by.
    field: ConversationOrderField,
    /// Which end comes first.
    direction: OrderDirection,
}

impl Default for ConversationOrder {
    fn default() -> Self {
        Self { field: ConversationOrderField::LastActivity, direction: OrderDirection::Desc }
    }
}

impl ConversationOrder {
    pub fn order(&self) -> Order<conversation::Model> {
        let order = match self.field {
            ConversationOrderField::LastActivity => BY_ACTIVITY,
            ConversationOrderField::CreatedAt => BY_CREATED,
            ConversationOrderField::Title => BY_TITLE,
        };
        Order { descending: self.direction == OrderDirection::Desc, ..order }
    }
}
