//! Who sees which API keys, and what one may give to one.

use entity::api_key;
use sea_orm::ColumnTrait;

use crate::access::{Permission, PermissionSet};
use crate::auth::Principal;
use crate::database::shape::{Rule, equal};
use crate::error::{Error, Result};

/// One's own that were not revoked, in a session: no key sees keys.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    if viewer.own_session().is_none() {
        return Rule::none();
    }
    equal(api_key::Column::UserId, viewer.user).and(Rule::new("unrevoked", [], || api_key::Column::RevokedAt.is_null()))
}

/// Nobody gives a key what they do not hold; one that acts as others needs more.
pub fn may_make(viewer: &Principal, scopes: PermissionSet, may_act_as: bool) -> Result<()> {
    if let Some(missing) = scopes.iter().find(|permission| !viewer.holds(*permission)) {
        return Err(Error::MissingPermission(missing));
    }
    match may_act_as && !viewer.holds(Permission::UsersActAs) {
        true => Err(Error::MissingPermission(Permission::UsersActAs)),
        false => Ok(()),
    }
}
