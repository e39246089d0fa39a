//! The refresh token in a cookie that no script can read.
//!
//! It counts for `refreshSession` and `signOut` only, over HTTP, and only where the page behind the request may use the
//! service: `SameSite=Strict` keeps other sites from sending it, and the origin is looked at besides
//! (`http/operation.rs`). The prefix `__Host-` binds it to this host and to HTTPS; browsers take `localhost` for as good.

use chrono::{DateTime, Utc};

use crate::auth::Client;

const NAME: &str = "__Host-stoa_refresh";
const MANNER: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// The token that came, if one did.
pub fn get(client: &Client) -> Option<&str> {
    client.cookie(NAME)
}

pub fn set(client: &Client, token: &str, until: DateTime<Utc>, now: DateTime<Utc>) {
    let seconds = (until - now).num_seconds().max(0);
    client.set_cookie(&format!("{NAME}={token}; {MANNER}; Max-Age={seconds}"));
}

/// Has the browser drop it, if it sent one.
pub fn clear(client: &Client) {
    if get(client).is_some() {
        client.set_cookie(&format!("{NAME}=; {MANNER}; Max-Age=0"));
    }
}
