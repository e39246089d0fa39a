//! `stoa user`.

use std::io::Read;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand};
use sea_orm::TransactionTrait;
use serde_json::json;

use super::password::Password;
use super::serve::DATABASE;
use crate::access::DefaultRole;
use crate::auth::password::Passwords;
use crate::clock::Clock;
use crate::config::{self, Auth};
use crate::database::{self, migrate};
use crate::domain::account::register::{self, NewAccount};
use crate::domain::role::seed;
use crate::error::Error;
use crate::graphql::checks::Checks;
use crate::graphql::scalars::EmailAddress;
use crate::write::{self, Change};

/// Manage accounts.
#[derive(Args)]
pub struct User {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Create an account. Without --password-stdin a password is made and shown once.
    Create(Create),
    /// Give an account another password, and end its sessions, its API keys and the trust in its devices. Without --password-stdin one is made and shown once.
    Password(Password),
}

#[derive(Args)]
struct Create {
    /// The name to sign in with.
    #[arg(long)]
    username: String,
    /// The name shown to people; the user name if not given.
    #[arg(long)]
    display_name: Option<String>,
    /// The e-mail address.
    #[arg(long)]
    email: Option<String>,
    /// Give the role admin instead of subscriber.
    #[arg(long)]
    admin: bool,
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    auth: Auth,
    #[command(flatten)]
    database: config::Database,
}

impl User {
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            UserCommand::Create(create) => create.run().await,
            UserCommand::Password(password) => password.run().await,
        }
    }
}

impl Create {
    async fn run(self) -> anyhow::Result<()> {
        let passwords = Passwords::new(&self.auth)?;
        let (password, made) = new_password(self.password_stdin)?;
        let account = self.check(&passwords, &password).await?;
        let role = if self.admin { DefaultRole::ADMIN } else { DefaultRole::SUBSCRIBER };
        let opened = database::open(&self.database, DATABASE, Duration::from_secs(30)).await?;
        migrate::require_current(&opened.connection).await?;
        let clock = Clock::system();
        seed::seed(&opened.connection, &clock).await?;
        let account = NewAccount { password_hash: Some(passwords.hash(password.clone()).await?), ..account };
        let transaction = opened.connection.begin().await?;
        let user = register::create(&transaction, clock.new_id(), account, role, None, clock.now()).await;
        let user = user.map_err(in_words)?;
        let change = Change::new("user.create", "user", user.id).after(json!({ "number": user.number, "role": role }));
        write::record_by_operator(&transaction, &clock, change).await?;
        transaction.commit().await?;
        println!("Created {} as user {} with the role {role}.", user.username, user.number);
        if made {
            println!("Password, shown only now: {password}");
        }
        opened.close().await
    }

    async fn check(&self, passwords: &Passwords, password: &str) -> anyhow::Result<NewAccount> {
        let mut checks = Checks::default();
        let username = checks.username(&["--username"], &self.username);
        let display_name = self.display_name.as_ref().map(|name| checks.line(&["--display-name"], name, 1..=100));
        let email = self.email.clone().map(|address| checks.email(&["--email"], &EmailAddress(address)));
        let about = [Some(&username), display_name.as_ref(), email.as_ref()];
        let about: Vec<&str> = about.into_iter().flatten().map(String::as_str).collect();
        if let Some(refusal) = passwords.refusal(&["password"], password, &about).await.map_err(in_words)? {
            checks.refuse(refusal);
        }
        checks.done().map_err(in_words)?;
        Ok(NewAccount { username, display_name, email, password_hash: None })
    }
}

/// A new password: read from standard input, or made, which the second part says.
pub(super) fn new_password(stdin: bool) -> anyhow::Result<(String, bool)> {
    if !stdin {
        return Ok((uuid::Uuid::from_bytes(rand::random()).simple().to_string(), true));
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("the password cannot be read from standard input")?;
    Ok((text.trim_end_matches(['\r', '\n']).to_owned(), false))
}

/// Refusals as one sentence for the terminal.
pub(super) fn in_words(error: Error) -> anyhow::Error {
    match error {
        Error::Refused(errors) => {
            let words = errors.iter().map(|error| format!("{}: {}", error.path.join("."), error.message));
            anyhow::anyhow!("{}", words.collect::<Vec<_>>().join(" "))
        }
        Error::Internal(cause) => anyhow::anyhow!("{cause:#}"),
        other => other.into(),
    }
}
