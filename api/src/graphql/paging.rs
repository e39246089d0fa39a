//! The four paging arguments, checked.

use async_graphql::{Context, Enum, ServerResult};

use super::context::RequestContext;
use crate::database::keyset::{Order, Window};
use crate::error::{Error, Result};

/// Items of a page when nothing is said.
pub const DEFAULT_PAGE: u64 = 20;

/// Which end of an order comes first.
#[derive(Clone, Copy, Debug, Enum, Eq, Hash, PartialEq)]
pub enum OrderDirection {
    /// Smallest, oldest or alphabetically first item first.
    Asc,
    /// Largest, newest or alphabetically last item first.
    Desc,
}

/// `first`/`after` or `last`/`before`, as they came.
pub struct Paging {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

impl Paging {
    /// Those of a field, as its resolver would get them.
    pub fn of(ctx: &Context<'_>) -> ServerResult<Self> {
        Ok(Self {
            first: ctx.param_value("first", None)?.1,
            after: ctx.param_value("after", None)?.1,
            last: ctx.param_value("last", None)?.1,
            before: ctx.param_value("before", None)?.1,
        })
    }

    /// The window they ask for, or `INVALID` with the argument's name.
    pub fn window<M>(self, cx: &RequestContext, order: Order<M>) -> Result<Window<M>> {
        let backwards = self.last.is_some() || self.before.is_some();
        if backwards && (self.first.is_some() || self.after.is_some()) {
            let argument = if self.last.is_some() { "last" } else { "before" };
            return Err(Error::invalid(
                argument,
                "Page in one direction: `first` and `after`, or `last` and `before`.",
            ));
        }
        let (name, size) = if backwards { ("last", self.last) } else { ("first", self.first) };
        let largest = cx.app.page_limit;
        let limit = match size.map(u64::try_from) {
            None => DEFAULT_PAGE,
            Some(Ok(size)) if (1..=largest).contains(&size) => size,
            Some(_) => return Err(Error::invalid(name, format!("A page has 1 to {largest} items."))),
        };
        let (name, cursor) = if backwards { ("before", self.before) } else { ("after", self.after) };
        let cursor = match cursor {
            None => None,
            Some(text) => match order.parse(&text) {
                Some(keys) => Some(keys),
                None => return Err(Error::invalid(name, "This is not a cursor of this kind of list in this order.")),
            },
        };
        Ok(Window { order, limit, cursor, backwards })
    }
}
