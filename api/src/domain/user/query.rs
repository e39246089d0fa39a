//! Root queries about users.

use async_graphql::{Context, Enum, ID, InputObject, Object, OneofObject, Result};
use entity::id::{RoleId, UserId};
use entity::user;
use unicode_normalization::UnicodeNormalization;

use super::object::{User, UserState};
use super::rows::{self, BY_CREATED, BY_NUMBER, BY_USERNAME, Filter, Name};
use crate::access::Permission;
use crate::auth::Actor;
use crate::database::keyset::Order;
use crate::error::Error;
use crate::graphql::connection::{Connection, Total};
use crate::graphql::context::cx;
use crate::graphql::guard::{SignedIn, authenticated, open};
use crate::graphql::id::WireId;
use crate::graphql::paging::{OrderDirection, Paging};
use crate::graphql::row::Row;
use crate::graphql::scalars::DateTime;

/// Exactly one way to name a user.
#[derive(OneofObject)]
pub enum UserReference {
    /// By id.
    Id(ID),
    /// By public number.
    Number(i64),
    /// By user name, without regard to case.
    Username(String),
    /// By handle.
    Handle(String),
}

impl UserReference {
    /// Nothing if the id is malformed.
    pub fn parse(self) -> Option<Name> {
        Some(match self {
            Self::Id(id) => Name::Id(UserId::decode(&id)?),
            Self::Number(number) => Name::Number(number),
            Self::Username(name) => Name::Username(plain(name)?),
            Self::Handle(handle) => Name::Handle(plain(handle)?),
        })
    }
}

fn plain(name: String) -> Option<String> {
    (!name.contains('\0') && name.len() <= 254).then_some(name)
}

/// Which users; what is left out does not narrow.
#[derive(Default, InputObject)]
pub struct UserFilter {
    /// Those in this state. Asking for it needs `users:read`; without it, nobody but oneself has a state to see.
    state: Option<UserState>,
    /// Those who hold this role. Needs `users:read`.
    role_id: Option<ID>,
    /// Those whose account was made at this moment or later.
    created_from: Option<DateTime>,
    /// Those whose account was made before this moment.
    created_before: Option<DateTime>,
    /// Those who last signed in at this moment or later. Needs `users:read`.
    last_signed_in_from: Option<DateTime>,
    /// Those who last signed in before this moment, but not those who never did. Needs `users:read`.
    last_signed_in_before: Option<DateTime>,
    /// Those with a word that begins so in user name, handle or display name, without regard to case: 1 to 100 characters.
    /// With `users:read` also in the address.
    search: Option<String>,
    /// Those with something like this, however it is spelt, in user name, handle or display name: 1 to 100 characters.
    /// With `users:read` also in the address.
    similar_to: Option<String>,
}

impl UserFilter {
    /// Whether it asks for what only those with `users:read` see.
    fn is_private(&self) -> bool {
        let signed_in = [self.last_signed_in_from, self.last_signed_in_before];
        self.state.is_some() || self.role_id.is_some() || signed_in.iter().any(Option::is_some)
    }

    fn parse(self) -> Result<Filter, Error> {
        Ok(Filter {
            state: self.state.map(user::State::from),
            role: self.role_id.map(|id| RoleId::argument("filter.roleId", &id)).transpose()?,
            created_from: self.created_from.map(|at| at.0),
            created_before: self.created_before.map(|at| at.0),
            last_signed_in_from: self.last_signed_in_from.map(|at| at.0),
            last_signed_in_before: self.last_signed_in_before.map(|at| at.0),
            beginning: self.search.map(|text| searched("filter.search", &text)).transpose()?,
            like: self.similar_to.map(|text| searched("filter.similarTo", &text)).transpose()?,
        })
    }
}

/// A text to search for, in Unicode's composed form like the names themselves.
fn searched(argument: &'static str, text: &str) -> Result<String, Error> {
    let text: String = text.trim().nfc().collect();
    match (1..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        true => Ok(text),
        false => Err(Error::invalid(argument, "1 to 100 characters, none of them a control character.")),
    }
}

/// What users can be ordered by.
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
pub enum UserOrderField {
    /// The public number: the order of creation.
    Number,
    /// The user name, without regard to case.
    Username,
    /// The moment of creation.
    CreatedAt,
}

/// An order of users.
#[derive(InputObject)]
pub struct UserOrder {
    /// What to order by.
    field: UserOrderField,
    /// Which end comes first.
    direction: OrderDirection,
}

impl UserOrder {
    fn order(&self) -> Order<user::Model> {
        let order = match self.field {
            UserOrderField::Number => BY_NUMBER,
            UserOrderField::Username => BY_USERNAME,
            UserOrderField::CreatedAt => BY_CREATED,
        };
        Order { descending: self.direction == OrderDirection::Desc, ..order }
    }
}

#[derive(Default)]
pub struct UserQuery;

#[Object]
impl UserQuery {
    /// The signed-in user; null when nobody is signed in. Open to everybody.
    #[graphql(directive = open::apply())]
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<Row<User>>> {
        let cx = cx(ctx);
        match cx.actor() {
            Actor::Anonymous => Ok(None),
            Actor::User(principal) => Ok(cx.load(principal.user).await?.map(User).map(Row)),
        }
    }

    /// The user of that name; null if there is none whom the viewer may see. Needs a signed-in user.
    #[graphql(guard = "SignedIn", directive = authenticated::apply())]
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who: by id, number, user name or handle.")] by: UserReference,
    ) -> Result<Option<Row<User>>> {
        let cx = cx(ctx);
        let name = by.parse().ok_or_else(|| Error::invalid("by", "This cannot be the name of a user."))?;
        match name {
            Name::Id(id) => Ok(cx.load(id).await?.map(User).map(Row)),
            name => Ok(rows::find(&cx.db, &cx.viewer()?, &name).await?.map(User::from).map(Row)),
        }
    }

    /// The users whom the viewer may see, by number unless ordered otherwise. Needs a signed-in user; with `users:read`
    /// these are all users, else oneself and those with whom one shares a conversation.
    #[graphql(guard = "SignedIn", directive = authenticated::apply())]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which users.")] filter: Option<UserFilter>,
        #[graphql(desc = "In which order; by number if not given.")] order_by: Option<UserOrder>,
        #[graphql(desc = "Items from the beginning, 1 to 100; 20 if neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor after which to begin.")] after: Option<String>,
        #[graphql(desc = "Items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which to end.")] before: Option<String>,
    ) -> Result<Option<Connection<User>>> {
        let cx = cx(ctx);
        let viewer = &cx.viewer()?;
        let order = order_by.map_or(BY_NUMBER, |order| order.order());
        let window = Paging { first, after, last, before }.window(cx, order)?;
        let filter = filter.unwrap_or_default();
        if filter.is_private() {
            cx.actor().require(Permission::UsersRead)?;
        }
        let filter = filter.parse()?;
        let slice = rows::page(&cx.db, viewer, &filter, &window).await?;
        let total = Total::later(move |cx| {
            let filter = filter.clone();
            Box::pin(async move { rows::count(&cx.db, &cx.viewer()?, &filter).await })
        });
        Ok(Some(Connection::new(slice, order, total, User)))
    }
}
