//! Who may ask the service itself for its schema. Whoever may not has the bundle at `/schema`, which says the same; what
//! this closes is a door through which strangers ask for much.

use crate::auth::Actor;
use crate::config::Introspection;
use crate::error::ErrorCode;
use crate::graphql::engine::{Prepared, RequestError};

/// Refuses the whole document when it introspects and the actor may not.
pub fn check(rule: Introspection, actor: &Actor, prepared: &Prepared) -> Result<(), Vec<RequestError>> {
    let message = match (rule, actor) {
        (Introspection::Open, _) | (Introspection::SignedIn, Actor::User(_)) => return Ok(()),
        (Introspection::SignedIn, Actor::Anonymous) => {
            "Introspection is for those who are signed in. The schema is at /schema."
        }
        (Introspection::Closed, _) => "Introspection is closed. The schema is at /schema.",
    };
    match prepared.introspects() {
        true => Err(vec![RequestError::new(ErrorCode::Forbidden, message)]),
        false => Ok(()),
    }
}
