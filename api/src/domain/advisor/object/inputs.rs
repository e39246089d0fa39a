//! What lists of advisors are narrowed and ordered by.

use async_graphql::{Enum, ID, InputObject};
use entity::advisor;
use entity::id::UserId;

use crate::database::keyset::Order;
use crate::domain::advisor::rows::{BY_NAME, BY_TIME, Filter};
use crate::error::{Error, Result};
use crate::graphql::id::WireId;
use crate::graphql::paging::OrderDirection;

/// Which advisors; what is left out does not narrow.
#[derive(Clone, Default, InputObject)]
pub struct AdvisorFilter {
    /// Those of exactly this name, at most 100 characters.
    name: Option<String>,
    /// Those of this owner.
    owner_id: Option<ID>,
    /// True for the advisors in one's trash, false for all others.
    #[graphql(default)]
    in_trash: bool,
}

impl AdvisorFilter {
    pub fn parse(self) -> Result<Filter> {
        if self.name.as_ref().is_some_and(|name| name.contains('\0') || name.chars().count() > 100) {
            return Err(Error::invalid("filter.name", "At most 100 characters, and no NUL."));
        }
        Ok(Filter {
            name: self.name,
            owner: self.owner_id.map(|id| UserId::argument("filter.ownerId", &id)).transpose()?,
            in_trash: self.in_trash,
        })
    }
}

/// What advisors can be ordered by.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
pub enum AdvisorOrderField {
    /// The name as the database compares text.
    Name,
    /// The moment of creation.
    CreatedAt,
}

/// An order of advisors.
#[derive(InputObject)]
pub struct AdvisorOrder {
    /// What to order by.
    field: AdvisorOrderField,
    /// Which end comes first.
    direction: OrderDirection,
}

impl Default for AdvisorOrder {
    fn default() -> Self {
        Self { field: AdvisorOrderField::Name, direction: OrderDirection::Asc }
    }
}

impl AdvisorOrder {
    pub fn order(&self) -> Order<advisor::Model> {
        let order = match self.field {
            AdvisorOrderField::Name => BY_NAME,
            AdvisorOrderField::CreatedAt => BY_TIME,
        };
        Order { descending: self.direction == OrderDirection::Desc, ..order }
    }
}
