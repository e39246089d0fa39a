//! Asking for the password again, before what a borrowed session must not do.

use entity::user;

use crate::domain::user::rows as user_rows;
use crate::error::{Error, ErrorCode, Result, UserError};
use crate::graphql::context::RequestContext;

/// The field of inputs that holds the password.
const FIELD: &str = "currentPassword";

/// That whoever acts has shown the password of their own account, or that it has none.
pub struct Confirmed {
    /// What the password was compared with.
    hash: Option<String>,
}

/// Compares the password with that of the viewer's account. The one place where it is asked for besides signing in.
pub async fn own(cx: &RequestContext, password: Option<String>) -> Result<Confirmed> {
    let row = user_rows::for_session(&cx.db, cx.viewer()?.user).await?.ok_or(Error::BadCredential)?;
    let hash = row.password_hash;
    if hash.is_some() && !cx.app.passwords.verify(password.unwrap_or_default(), hash.clone()).await? {
        return Err(wrong());
    }
    Ok(Confirmed { hash })
}

impl Confirmed {
    /// Whether the locked account still has that password.
    pub fn holds_for(&self, row: &user::Model) -> Result<()> {
        if self.hash == row.password_hash { Ok(()) } else { Err(wrong()) }
    }
}

/// Also said when none was given.
pub fn wrong() -> Error {
    Error::refused(UserError::new(ErrorCode::WrongCredentials, &[FIELD], "The password is wrong."))
}
