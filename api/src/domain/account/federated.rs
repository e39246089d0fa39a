//! Signing in as somebody whom a provider has shown: to the account that the identity belongs to, or to a new one.

use entity::user;
use serde_json::json;
use unicode_normalization::UnicodeNormalization;

use super::join::join;
use super::register::NewAccount;
use super::rows::passwords;
use super::tokens::{self, Admission};
use crate::app::App;
use crate::domain::identity::flow::{Person, worthless};
use crate::domain::identity::rows as identity_rows;
use crate::domain::user::rows as user_rows;
use crate::error::{Error, Result, UserError};
use crate::federation::Profile;
use crate::graphql::checks::Checks;
use crate::graphql::scalars::EmailAddress;
use crate::write::{Change, Tx};

/// What the client says besides.
pub struct Entrance {
    pub device_token: Option<String>,
    pub invitation_code: Option<String>,
}

/// Begins a session for the person.
pub async fn enter(tx: &Tx, app: &App, person: Person, entrance: Entrance) -> Result<Admission> {
    let name = &person.name;
    // Somebody who comes twice at once gets one account.
    identity_rows::take_turns(tx, &format!("{} {} {}", name.provider, name.issuer, name.subject)).await?;
    let (user, identity) = match identity_rows::find(tx, name).await? {
        Some(identity) => (user_rows::for_session(tx, identity.user_id).await?, identity.id),
        None => {
            let user = newcomer(tx, app, &person.profile, entrance.invitation_code.as_deref()).await?;
            let identity = identity_rows::insert(tx, tx.new_id(), user.id, person.name, tx.at).await?;
            let change = Change::new("identity.link", "user", user.id);
            tx.record(change.after(json!({ "identity": identity.id, "provider": identity.provider }))).await?;
            (Some(user), identity.id)
        }
    };
    let user = user.filter(|user| user.is_active(tx.at)).ok_or_else(worthless)?;
    // Who they are has been shown. Whatever is asked besides is asked here: no session has begun.
    let device = entrance.device_token.as_deref();
    let admission = tokens::admit(tx, app, user, device, "session.federated_sign_in").await?;
    // The account is held by now, and whoever unlinks an identity holds it, too.
    if identity_rows::touch(tx, identity, tx.at).await? { Ok(admission) } else { Err(worthless()) }
}

/// A new account for somebody of whom this is known, by the rules of registration.
async fn newcomer(tx: &Tx, app: &App, profile: &Profile, code: Option<&str>) -> Result<user::Model> {
    let email = profile.verified_email.as_deref().and_then(address);
    if let Some(email) = &email
        && user_rows::for_sign_in(tx, email).await?.is_some()
    {
        let message = "An account with this address exists. Sign in to it, then link this identity.";
        return Err(Error::refused(UserError::conflict(&[], message)));
    }
    let wanted = username(profile);
    identity_rows::take_turns(tx, &format!("user name {}", wanted.to_lowercase())).await?;
    let account = NewAccount {
        username: user_rows::free_name(tx, &wanted).await?,
        display_name: profile.name.as_deref().and_then(display_name),
        email: email.clone(),
        password_hash: None,
    };
    let user = join(tx, app.registration, account, code).await?;
    if email.is_none() {
        return Ok(user);
    }
    Ok(passwords::verify_email(tx, user.id, tx.at).await?.unwrap_or(user))
}

/// The address, if it is one here.
fn address(text: &str) -> Option<String> {
    let mut checks = Checks::default();
    let email = checks.email(&[], &EmailAddress(text.to_owned()));
    checks.done().is_ok().then_some(email)
}

/// A name to show, as far as it can be shown.
fn display_name(text: &str) -> Option<String> {
    let shown: String = text.chars().filter(|c| !c.is_control()).take(100).collect();
    let mut checks = Checks::default();
    let shown = checks.line(&[], &shown, 1..=100);
    checks.done().is_ok().then_some(shown)
}

/// A user name made of what they are called elsewhere, with room for a number behind it.
fn username(profile: &Profile) -> String {
    // User names are seen by others: nothing of an address gets into one.
    let called = [profile.username.as_ref().filter(|name| !name.contains('@')), profile.name.as_ref()];
    let mut plain = called.into_iter().flatten().map(|text| plain(text)).filter(|text| !text.is_empty());
    let plain = plain.next().unwrap_or_else(|| "user".to_owned());
    let mut checks = Checks::default();
    let name = checks.username(&[], &plain);
    // What would be taken for a number or an id.
    if checks.done().is_ok() { name } else { format!("user-{plain}") }
}

/// Letters, digits, `.`, `_` and `-` of a name.
fn plain(text: &str) -> String {
    let small = text.nfkd().filter_map(|c| match c {
        c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') => Some(c.to_ascii_lowercase()),
        c if c.is_whitespace() => Some('.'),
        _ => None,
    });
    let kept: String = small.take(40).collect();
    kept.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_what_people_are_called() {
        let named = |username: &str, email: &str, name: &str| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            super::username(&Profile { username: some(username), verified_email: some(email), name: some(name) })
        };
        for (claims, wanted) in [
            (["Ines.R", "x@y.test", "Ines"], "ines.r"),
            (["", "ines@people.test", "Ines"], "ines"),
            (["", "x.lima@people.test", " "], "user"),
            (["ines@corp.test", "", ""], "user"),
            (["ines@corp.test", "x.lima@people.test", "Inês"], "ines"),
            (["", "", " Inès Ærø-Lima "], "ines.r-lima"),
            (["李", "", ""], "user"),
            (["12345", "", ""], "user-12345"),
            (["01890a5d-ac96-774b-bcce-b302099a8057", "", ""], "user-01890a5d-ac96-774b-bcce-b302099a8057"),
            (["--", "", "\0"], "user"),
            (["", "", ""], "user"),
        ] {
            assert_eq!(named(claims[0], claims[1], claims[2]), wanted, "{claims:?}");
        }
        assert_eq!(named(&"a".repeat(300), "", "").len(), 40);
        assert_eq!(super::display_name(" I\u{7}nes "), Some("Ines".to_owned()));
        assert_eq!(super::display_name("\0"), None);
        assert_eq!(super::address("not one"), None);
    }
}
