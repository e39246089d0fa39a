//! `stoa user password`.

use std::time::Duration;

use anyhow::Context;
use clap::Args;
use entity::security_event::Kind;
use entity::session::EndReason;
use sea_orm::TransactionTrait;
use serde_json::json;

use super::serve::DATABASE;
use super::user::{in_words, new_password};
use crate::auth::password::Passwords;
use crate::clock::Clock;
use crate::config::{self, Auth};
use crate::database::{self, migrate};
use crate::domain::account::rows::{self, passwords};
use crate::domain::api_key::rows as key_rows;
use crate::domain::device::rows as device_rows;
use crate::domain::user::rows as user_rows;
use crate::error::Error;
use crate::write::{self, Change};

#[derive(Args)]
pub struct Password {
    /// The user name or the e-mail address.
    #[arg(long)]
    username: String,
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    auth: Auth,
    #[command(flatten)]
    database: config::Database,
}

impl Password {
    pub async fn run(self) -> anyhow::Result<()> {
        let words = Passwords::new(&self.auth)?;
        let (password, made) = new_password(self.password_stdin)?;
        let opened = database::open(&self.database, DATABASE, Duration::from_secs(30)).await?;
        migrate::require_current(&opened.connection).await?;
        let clock = Clock::system();
        let user = user_rows::for_sign_in(&opened.connection, &self.username).await.map_err(in_words)?;
        let user = user.context("There is no such account.")?;
        let about = [Some(&user.username), Some(&user.display_name), user.email.as_ref()];
        let about: Vec<&str> = about.into_iter().flatten().map(String::as_str).collect();
        if let Some(refusal) = words.refusal(&["password"], &password, &about).await.map_err(in_words)? {
            return Err(in_words(Error::refused(refusal)));
        }
        let hash = words.hash(password.clone()).await.map_err(in_words)?;
        let transaction = opened.connection.begin().await?;
        passwords::set(&transaction, user.id, &hash, false, clock.now()).await.map_err(in_words)?;
        let ended =
            rows::end_all(&transaction, user.id, EndReason::PasswordChanged, clock.now()).await.map_err(in_words)?;
        let keys = key_rows::revoke_all(&transaction, user.id, clock.now()).await.map_err(in_words)?;
        let untrusted = device_rows::untrust_all(&transaction, user.id, clock.now()).await.map_err(in_words)?;
        let after = json!({ "ended": ended, "keys": keys, "untrusted": untrusted });
        let change = Change::new("password.set", "user", user.id).after(after);
        write::record_by_operator(&transaction, &clock, change).await?;
        write::alert_by_operator(&transaction, &clock, user.id, Kind::PasswordChanged).await?;
        transaction.commit().await?;
        println!("{} has a new password; {ended} session(s) and {keys} API key(s) ended.", user.username);
        if made {
            println!("Password, shown only now: {password}");
        }
        opened.close().await
    }
}
