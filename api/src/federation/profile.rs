//! What a provider says of a person.

use openidconnect::core::{CoreIdTokenClaims, CoreUserInfoClaims};
use openidconnect::{EndUserEmail, EndUserName, EndUserUsername, LocalizedClaim};

/// As it came: nothing is checked but that the provider says so.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Profile {
    /// The address, if the provider has seen that it is theirs.
    pub verified_email: Option<String>,
    /// What they call themselves there.
    pub username: Option<String>,
    pub name: Option<String>,
}

/// What both of the provider's answers may hold.
struct Claims<'a> {
    email: Option<&'a EndUserEmail>,
    email_verified: Option<bool>,
    username: Option<&'a EndUserUsername>,
    name: Option<&'a LocalizedClaim<EndUserName>>,
}

impl Profile {
    pub(super) fn of_token(claims: &CoreIdTokenClaims) -> Self {
        Self::of(Claims {
            email: claims.email(),
            email_verified: claims.email_verified(),
            username: claims.preferred_username(),
            name: claims.name(),
        })
    }

    pub(super) fn of_user_info(claims: &CoreUserInfoClaims) -> Self {
        Self::of(Claims {
            email: claims.email(),
            email_verified: claims.email_verified(),
            username: claims.preferred_username(),
            name: claims.name(),
        })
    }

    fn of(claims: Claims<'_>) -> Self {
        let email = claims.email.filter(|_| claims.email_verified == Some(true));
        Self {
            verified_email: email.map(|email| email.to_string()),
            username: claims.username.map(|name| name.to_string()),
            name: claims.name.and_then(|name| name.get(None)).map(|name| name.to_string()),
        }
    }

    /// With what `other` knows besides.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            verified_email: self.verified_email.or(other.verified_email),
            username: self.username.or(other.username),
            name: self.name.or(other.name),
        }
    }

    pub(super) fn is_whole(&self) -> bool {
        self.verified_email.is_some() && self.name.is_some()
    }
}
