//! The words of each mail. Plain text, lines of our own; nothing in it comes from a stranger but the network address.

use entity::confirmation::Purpose;
use entity::mail::{self, Template};

use crate::auth::confirmation::ConfirmationToken;
use crate::auth::token::Tokens;
use crate::config::Mail;

/// Characters of a line, where there are blanks to break it at.
const WIDTH: usize = 76;

/// A mail as it is read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Text {
    pub subject: String,
    pub body: String,
}

/// Writes a mail. The token in it is made now.
pub fn compose(row: &mail::Model, settings: &Mail, site: &str, tokens: &Tokens) -> Text {
    let token =
        |purpose| row.confirmation_id.map(|id| ConfirmationToken { id, purpose }.write(tokens)).unwrap_or_default();
    let origin = origin(row);
    let (subject, part, words) = match row.template {
        Template::PasswordResetLink => {
            let way = way(settings.reset_url.as_deref(), &token(Purpose::PasswordReset), site);
            (
                format!("Set a new password for {site}"),
                "password reset",
                format!(
                    "somebody asked to set a new password for the account with this address at {site}.\n{origin}\n\
                     If it was you: {way}\nThat works once, for one hour.\n\n\
                     If it was not you, do nothing. The password stays as it is."
                ),
            )
        }
        Template::EmailVerificationLink => {
            let way = way(settings.verify_url.as_deref(), &token(Purpose::EmailVerification), site);
            (
                format!("Is this your address? ({site})"),
                "verification of addresses",
                format!(
                    "this address was given for an account at {site}.\n{origin}\n\
                     If it was you: {way}\nThat works once, for one day.\n\n\
                     If it was not you, do nothing. The address is then not taken for yours."
                ),
            )
        }
        Template::PasswordChanged => (
            format!("Your password for {site} was changed"),
            "safety of accounts",
            format!(
                "the password of your account at {site} was changed by somebody who knew the old one.\n{origin}\n\
                 If it was you, there is nothing to do.\n\n\
                 If it was not you, set a new password at once: where one signs in, say that you have forgotten yours."
            ),
        ),
        Template::PasswordReset => (
            format!("Your password for {site} was set anew"),
            "safety of accounts",
            format!(
                "a new password was set for your account at {site}, with the link or code that was mailed to this \
                 address. All sessions and API keys have ended, and no device is trusted any more.\n{origin}\n\
                 If it was you, there is nothing to do but to sign in.\n\n\
                 If it was not you, somebody can read your mail: change the password of your mailbox first, then this one."
            ),
        ),
        // Not from where: it may have been an administrator, whose device and address are nobody else's business.
        Template::EmailChanged => (
            format!("The address of your account at {site} was changed"),
            "safety of accounts",
            format!(
                "this is not the address of your account at {site} any more.\n\nWhen: {}.\n\n\
                 If it was you, or you were told of it, there is nothing to do.\n\n\
                 If it was not you, turn to those who run {site}: nothing of your account comes to this address any more.",
                when(row)
            ),
        ),
        Template::TeamInvitation => invitation(settings, site, "a team"),
        Template::WorkspaceInvitation => invitation(settings, site, "a workspace"),
    };
    let words = words.lines().map(wrapped).collect::<Vec<_>>().join("\n");
    let body = format!("Hello,\n\n{words}\n\n-- \n{site}, accounts: {part}\nNobody reads answers to this mail.\n");
    Text { subject, body }
}

/// Not by whom and into what: those are words of strangers, who could write anything into a mail of ours.
fn invitation(settings: &Mail, site: &str, place: &str) -> (String, &'static str, String) {
    let way = match &settings.invitations_url {
        Some(page) => format!("open this page.\n\n{page}\n"),
        None => format!("look at your invitations at {site}."),
    };
    (
        format!("You are invited into {place} at {site}"),
        "invitations",
        format!(
            "somebody has invited this address into {place} at {site}.\n\n\
             To see who and into what: {way}\nFor that, sign in with an account that has this address, and verify it there \
             if you have not yet.\n\n\
             If you want nothing of it, do nothing. The invitation ends by itself."
        ),
    )
}

/// Breaks a long line between words.
fn wrapped(line: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in line.split(' ') {
        match lines.last_mut() {
            Some(last) if last.chars().count() + word.chars().count() < WIDTH => *last = format!("{last} {word}"),
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// What to do with the token: a page to open, or the code by itself.
fn way(page: Option<&str>, token: &str, site: &str) -> String {
    match page {
        Some(page) => format!("open this page.\n\n{}\n", page.replace("{token}", token)),
        None => format!("enter this code where {site} asks for it.\n\n{token}\n"),
    }
}

fn when(row: &mail::Model) -> String {
    row.created_at.format("%-d %B %Y, %H:%M UTC").to_string()
}

/// When and from where it was asked or done.
fn origin(row: &mail::Model) -> String {
    let at = when(row);
    let device = row.device.as_deref().unwrap_or("Unknown device");
    match &row.address {
        Some(address) => format!("When and from where: {at}, {device}, {address}.\n"),
        None => format!("When and from where: {at}, {device}.\n"),
    }
}
