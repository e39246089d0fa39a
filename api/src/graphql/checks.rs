//! Turning a mutation's input into values that cannot be wrong. Everything that is wrong is found at once.

use std::ops::RangeInclusive;

use async_graphql::ID;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use super::id::WireId;
use super::scalars;
use crate::error::{Error, Result, UserError};

/// Collects refusals. A check that refuses returns a stand-in that nobody sees: [`Checks::done`] comes first.
#[derive(Default)]
pub struct Checks(Vec<UserError>);

impl Checks {
    pub fn refuse(&mut self, error: UserError) {
        self.0.push(error);
    }

    pub fn id<T: WireId>(&mut self, path: &[&str], id: &ID) -> T {
        T::decode(id).unwrap_or_else(|| {
            self.refuse(UserError::invalid(path, format!("This is not an id that begins with {}_.", T::PREFIX)));
            Uuid::nil().into()
        })
    }

    pub fn client_id(&mut self, id: Option<&scalars::Uuid>) -> Option<Uuid> {
        let parsed = id.map(|id| Uuid::parse_str(&id.0));
        if let Some(Err(_)) = parsed {
            self.refuse(UserError::invalid(&["clientId"], "This is not a UUID."));
        }
        parsed.and_then(std::result::Result::ok)
    }

    /// A name or title: one line, trimmed, in Unicode's composed form, its length in characters.
    pub fn line(&mut self, path: &[&str], text: &str, length: RangeInclusive<usize>) -> String {
        let line: String = text.trim().nfc().collect();
        if line.chars().any(char::is_control) {
            self.refuse(UserError::invalid(path, "Control characters are not allowed."));
        } else if !length.contains(&line.chars().count()) {
            self.refuse(UserError::invalid(path, said(&length)));
        }
        line
    }

    /// A text that is kept as it came, its length in characters.
    pub fn text(&mut self, path: &[&str], text: String, length: RangeInclusive<usize>) -> String {
        if text.contains('\0') {
            self.refuse(UserError::invalid(path, "NUL is not allowed."));
        } else if !length.contains(&text.chars().count()) {
            self.refuse(UserError::invalid(path, said(&length)));
        }
        text
    }

    /// JSON as the database can keep it: no NUL in any string.
    pub fn json(&mut self, path: &[&str], value: serde_json::Value) -> serde_json::Value {
        if has_nul(&value) {
            self.refuse(UserError::invalid(path, "NUL is not allowed."));
        }
        value
    }

    pub fn non_negative(&mut self, path: &[&str], number: Option<i32>) -> Option<i32> {
        if number.is_some_and(|number| number < 0) {
            self.refuse(UserError::invalid(path, "Not below 0."));
        }
        number
    }

    pub fn email(&mut self, path: &[&str], address: &scalars::EmailAddress) -> String {
        let found = self.0.len();
        let address = self.line(path, &address.0, 3..=254);
        let shaped = matches!(address.split_once('@'), Some((name, host))
            if !name.is_empty() && !host.is_empty() && !host.contains('@') && !address.contains(char::is_whitespace));
        if !shaped && self.0.len() == found {
            self.refuse(UserError::invalid(path, "This is not an e-mail address."));
        }
        address
    }

    /// A user name: letters, digits, `.`, `_`, `-`; never one that could be taken for a number or a UUID.
    pub fn username(&mut self, path: &[&str], name: &str) -> String {
        let name = name.trim().to_owned();
        let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        if !(name.chars().all(inner) && ends(name.chars().next()) && ends(name.chars().last()) && name.len() <= 64) {
            self.refuse(UserError::invalid(
                path,
                "1 to 64 of a-z, A-Z, 0-9, `.`, `_` and `-`, beginning and ending with a letter or digit.",
            ));
        } else if name.chars().all(|c| c.is_ascii_digit()) || Uuid::parse_str(&name).is_ok() {
            self.refuse(UserError::invalid(path, "A user name does not look like a number or a UUID."));
        }
        name
    }

    /// A handle: as a user name, but small and without dots.
    pub fn handle(&mut self, path: &[&str], handle: &str) -> String {
        let handle = handle.trim().to_owned();
        let end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let inner = |c: char| end(c) || matches!(c, '_' | '-');
        let fits = handle.chars().all(inner) && handle.starts_with(end) && handle.ends_with(end) && handle.len() <= 64;
        if !fits {
            let message = "1 to 64 of a-z, 0-9, `_` and `-`, beginning and ending with a letter or digit.";
            self.refuse(UserError::invalid(path, message));
        } else if handle.chars().all(|c| c.is_ascii_digit()) || Uuid::parse_str(&handle).is_ok() {
            self.refuse(UserError::invalid(path, "A handle does not look like a number or a UUID."));
        }
        handle
    }

    /// Refuses with everything found, or lets the mutation go on.
    pub fn done(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Refused(self.0)) }
    }
}

fn said(length: &RangeInclusive<usize>) -> String {
    match (length.start(), length.end()) {
        (0, most) => format!("At most {most} characters."),
        (least, most) => format!("{least} to {most} characters."),
    }
}

fn has_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(has_nul),
        serde_json::Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}
