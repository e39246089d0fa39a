//! The GraphQL types of tools.

use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use entity::id::{ThingId, UserId};
use entity::tool;
use serde::{Deserialize, Serialize};

use super::loader::Given;
use super::policy;
use super::rows::{BY_NAME, BY_TIME, Filter};
use crate::database::keyset::Order;
use crate::domain::share::object::Share;
use crate::domain::share::rows::{SHARES_BY_TIME, Shares};
use crate::domain::thing::object::AccessLevel;
use crate::domain::user::object::User;
use crate::error::Error;
use crate::graphql::cell::Cell;
use crate::graphql::connection::{Connection, Listed};
use crate::graphql::context::{Under, cx};
use crate::graphql::id::WireId;
use crate::graphql::paging::{OrderDirection, Paging};
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::{DateTime, Json};

/// Which tools; what is left out does not narrow.
#[derive(Clone, Default, InputObject)]
pub struct ToolFilter {
    /// Those of exactly this name, at most 64 characters.
    name: Option<String>,
    /// Those of this owner.
    owner_id: Option<ID>,
    /// True for those of the installation, false for those that somebody owns.
    is_system: Option<bool>,
    /// True for those in use, false for those that are put aside.
    is_active: Option<bool>,
    /// Those whose calls wait for approval, or those whose calls do not.
    requires_approval: Option<bool>,
    /// True for the tools in one's trash, false for all others.
    #[graphql(default)]
    in_trash: bool,
}

impl ToolFilter {
    pub fn parse(self) -> Result<Filter, Error> {
        if self.name.as_ref().is_some_and(|name| name.contains('\0') || name.chars().count() > 64) {
            return Err(Error::invalid("filter.name", "At most 64 characters, and no NUL."));
        }
        Ok(Filter {
            name: self.name,
            owner: self.owner_id.map(|id| UserId::argument("filter.ownerId", &id)).transpose()?,
            is_system: self.is_system,
            is_active: self.is_active,
            requires_approval: self.requires_approval,
            in_trash: self.in_trash,
        })
    }
}

/// What tools can be ordered by.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
pub enum ToolOrderField {
    /// The name as the database compares text.
    Name,
    /// The moment of creation.
    CreatedAt,
}

/// An order of tools.
#[derive(InputObject)]
pub struct ToolOrder {
    /// What to order by.
    field: ToolOrderField,
    /// Which end comes first.
    direction: OrderDirection,
}

impl Default for ToolOrder {
    fn default() -> Self {
        Self { field: ToolOrderField::Name, direction: OrderDirection::Asc }
    }
}

impl ToolOrder {
    pub fn order(&self) -> Order<tool::Model> {
        let order = match self.field {
            ToolOrderField::Name => BY_NAME,
            ToolOrderField::CreatedAt => BY_TIME,
        };
        Order { descending: self.direction == OrderDirection::Desc, ..order }
    }
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Tool(pub Arc<tool::Model>);

impl Listed for Tool {
    const NAME: &'static str = "Tool";
}

impl Columns for Tool {
    fn column<'r>(&'r self, field: &'r Field) -> Option<Cell<'r>> {
        let row = &self.0;
        Some(match field.name.node.as_str() {
            "id" => Cell::id(row.id),
            "isSystem" => row.owner_id.is_none().into(),
            "name" => row.name.as_str().into(),
            "description" => row.description.as_str().into(),
            "isActive" => row.is_active.into(),
            "requiresApproval" => row.requires_approval.into(),
            "version" => row.version.into(),
            "createdAt" => row.created_at.into(),
            "updatedAt" => row.updated_at.into(),
            "deletedAt" => row.deleted_at.into(),
            _ => return None,
        })
    }
}

impl From<tool::Model> for Tool {
    fn from(row: tool::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// What a model may call, with a JSON Schema of the arguments. Seen by its owner and by those it was shared with; one of the
/// installation by everybody with `tools:read`. Stoa keeps tools and runs none.
#[Object]
impl Tool {
    /// Opaque, unique across all types.
    pub async fn id(&self) -> ID {
        self.0.id.encode()
    }

    /// Whose it is; null for one of the installation, or if the viewer may not see them.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        match self.0.owner_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }

    /// Whether it is one of the installation, which everybody has.
    async fn is_system(&self) -> bool {
        self.0.owner_id.is_none()
    }

    /// The name by which models call it: 1 to 64 of a-z, A-Z, 0-9, `_` and `-`, unique among its owner's.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it does, as models are told, at most 4,000 characters; may be empty.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// A JSON Schema of its arguments, which are an object.
    async fn parameters(&self) -> Json {
        Json(self.0.parameters.clone())
    }

    /// Whether it is in use; no calls of it are recorded while it is put aside.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// Whether calls of it wait until somebody has approved them.
    async fn requires_approval(&self) -> bool {
        self.0.requires_approval
    }

    /// The tool that it was copied from; null if it was not, or if the viewer may not see that.
    async fn forked_from(&self, ctx: &Context<'_>) -> Result<Option<Row<Tool>>> {
        match self.0.forked_from_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(Tool).map(Row)),
            None => Ok(None),
        }
    }

    /// What the viewer may do with it; each level includes the ones before it. Operations need their permission besides.
    async fn viewer_access(&self, ctx: &Context<'_>) -> Result<Option<AccessLevel>> {
        let cx = cx(ctx);
        // Asked for owners too, so that a list costs the same whoever owns its rows.
        let given = cx.load(Under { parent: self.0.id, args: Given }).await?;
        Ok(policy::level(&cx.viewer()?, &self.0, given))
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

    /// When it was put into the trash; null while it is not there. Only its owner sees a tool in the trash, and one of the
    /// installation those with `tools:publish`.
    async fn deleted_at(&self) -> Option<DateTime> {
        self.0.deleted_at.map(DateTime::from)
    }
}
