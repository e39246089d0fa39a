//! Completing what was begun: from what came back with the browser to who that is.

use entity::id::UserId;

use super::rows::{self, Name};
use crate::auth::flow::Flow;
use crate::error::{Error, ErrorCode, Result, UserError};
use crate::federation::{Arrival, Profile, Shown, Trouble};
use crate::graphql::context::RequestContext;

/// Longest code that is shown to a provider, in bytes.
const LONGEST_CODE: usize = 8192;
/// Longest thing that is looked at as a token, a state or an issuer, in bytes.
const LONGEST: usize = 500;

/// What came back with the browser, as the client hands it on.
pub struct Given {
    pub flow_token: String,
    pub state: String,
    pub code: String,
    pub iss: Option<String>,
}

/// Somebody as the provider shows them.
pub struct Person {
    pub name: Name,
    pub profile: Profile,
}

/// Takes the sign-in that `user` began and has the provider say who it is. Nothing if anything is wrong with it, whatever
/// that is; a sign-in of which the provider heard does not count again.
pub async fn complete(cx: &RequestContext, given: Given, user: Option<UserId>) -> Result<Option<Person>> {
    let app = &cx.app;
    let is_readable = given.flow_token.len() <= LONGEST
        && given.state.len() <= LONGEST
        && (1..=LONGEST_CODE).contains(&given.code.len())
        && given.iss.as_ref().is_none_or(|iss| iss.len() <= LONGEST);
    let flow = Flow::read(&given.flow_token, &app.tokens).filter(|flow| is_readable && flow.has_state(&given.state));
    let Some(flow) = flow else { return Ok(None) };
    let Some(row) = rows::take_flow(&app.db, flow.id, user, app.clock.now()).await? else { return Ok(None) };
    let Some(provider) = app.providers.get(&row.provider) else { return Ok(None) };
    let arrival = Arrival { redirect_uri: &row.redirect_uri, code: given.code, issuer: given.iss.as_deref() };
    let shown = async {
        let mut shown = provider.redeem(flow, arrival).await.map_err(Stop::Provider)?;
        let name =
            Name { provider: row.provider.clone(), issuer: shown.issuer.clone(), subject: shown.subject.clone() };
        // Who is known needs no words about them.
        if user.is_none() && rows::find(&app.db, &name).await?.is_none() {
            provider.ask_more(&mut shown).await.map_err(Stop::Provider)?;
        }
        Ok(person(name, shown))
    };
    match shown.await {
        Ok(person) => Ok(Some(person)),
        Err(Stop::Provider(Trouble::Worthless)) => Ok(None),
        Err(Stop::Provider(Trouble::Unavailable)) => {
            rows::put_back_flow(&app.db, flow.id).await?;
            Err(Error::ProviderUnavailable)
        }
        Err(Stop::Ours(error)) => Err(error),
    }
}

enum Stop {
    Provider(Trouble),
    Ours(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

fn person(name: Name, shown: Shown) -> Person {
    Person { name, profile: shown.profile }
}

/// The one answer to everything that can be wrong with a sign-in.
pub fn worthless() -> Error {
    let message = "This sign-in is not valid, or not any more. Begin again.";
    Error::refused(UserError::new(ErrorCode::WrongCredentials, &[], message))
}
