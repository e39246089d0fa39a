//! The GraphQL types of the use of what is deprecated.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use entity::deprecated_use;
use entity::id::UserId;

use super::rows::Filter;
use crate::domain::user::object::User;
use crate::error::Error;
use crate::graphql::connection::Listed;
use crate::graphql::context::cx;
use crate::graphql::id::WireId;
use crate::graphql::row::{Columns, Row};
use crate::graphql::scalars::DateTime;

/// Characters of the longest coordinate.
const LONGEST: usize = 500;

/// With what a request came.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[graphql(remote = "deprecated_use::Credential")]
pub enum CredentialKind {
    /// With nothing: nobody was signed in.
    None,
    /// With the access token of a session.
    Session,
    /// With an API key.
    ApiKey,
    /// With name and password beside the request.
    Password,
    /// With nothing but a place in a trusted network, or the pair of an old installation.
    Network,
}

/// Which uses; what is left out does not narrow.
#[derive(Default, InputObject)]
pub struct DeprecatedUseFilter {
    /// Those of this element, written as in `coordinate`; at most 500 characters.
    coordinate: Option<String>,
    /// Those by this user.
    user_id: Option<ID>,
}

impl DeprecatedUseFilter {
    pub fn parse(self) -> Result<Filter, Error> {
        let fits = |text: &String| text.chars().count() <= LONGEST && !text.contains('\0');
        if !self.coordinate.as_ref().is_none_or(fits) {
            return Err(Error::invalid("filter.coordinate", "This cannot be the coordinate of anything."));
        }
        let user = self.user_id.map(|id| UserId::argument("filter.userId", &id)).transpose()?;
        Ok(Filter { coordinate: self.coordinate, user })
    }
}

#[derive(Clone)]
pub struct DeprecatedUse(pub Arc<deprecated_use::Model>);

impl Listed for DeprecatedUse {
    const NAME: &'static str = "DeprecatedUse";
}

impl Columns for DeprecatedUse {}

/// That somebody uses an element of the schema which is deprecated. Seen with `operations:inspect`.
#[Object]
impl DeprecatedUse {
    /// The element: `Type.field`, `Type.field(argument:)`, `Input.field` or `Enum.VALUE`.
    async fn coordinate(&self) -> &str {
        &self.0.coordinate
    }

    /// Why it is deprecated, what to use instead and since when, as the schema says; null once the schema of this
    /// version does not call it deprecated any more.
    async fn reason<'c>(&self, ctx: &Context<'c>) -> Option<&'c str> {
        cx(ctx).deprecation(&self.0.coordinate)
    }

    /// Who uses it; null for those who were not signed in, and when the viewer may not see the user.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        match self.0.user_id {
            Some(id) => Ok(cx(ctx).load(id).await?.map(User).map(Row)),
            None => Ok(None),
        }
    }

    /// With what the requests came.
    async fn credential(&self) -> CredentialKind {
        self.0.credential.into()
    }

    /// What the operation that used it last is called, at most 100 characters; null if it had no name and for those who
    /// were not signed in.
    async fn operation_name(&self) -> Option<&str> {
        self.0.operation_name.as_deref()
    }

    /// How many operations have used it; the largest `Int` for more than that. May lack the last five seconds.
    async fn count(&self) -> i32 {
        i32::try_from(self.0.uses).unwrap_or(i32::MAX)
    }

    /// When it was first used.
    async fn first_seen_at(&self) -> DateTime {
        self.0.first_seen_at.into()
    }

    /// When it was last used.
    async fn last_seen_at(&self) -> DateTime {
        self.0.last_seen_at.into()
    }
}
