//! The two records of a change: the audit row (who did what, before and after) and the event row (what to tell others).

use chrono::{DateTime, Utc};
use entity::audit_entry::Credential;
use entity::id::{ConversationId, SessionId, UserId};
use futures_util::future::BoxFuture;
use sea_orm::{ActiveEnum, ConnectionTrait, DatabaseTransaction, DbBackend, Statement, TransactionTrait};
use serde_json::Value;
use uuid::Uuid;

use super::Tx;
use crate::app::App;
use crate::auth::{Actor, Via};
use crate::clock::Clock;
use crate::error::Result;
use crate::events::Call;

/// The thing a change is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    pub kind: &'static str,
    pub id: Uuid,
}

/// One change, for both records. `before` and `after` say what changed, but hold no secret and nothing that people wrote:
/// the records outlive what is purged.
#[derive(Clone, Debug)]
pub struct Change {
    /// `noun.verb`, e.g. `conversation.rename`: the audit row's action and the event's kind.
    pub action: &'static str,
    pub subject: Subject,
    pub conversation: Option<ConversationId>,
    /// Who acted, where that is not the request's actor: signing in.
    pub by: Option<(UserId, SessionId)>,
    /// Whom it concerns besides.
    pub also: Option<UserId>,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl Change {
    pub fn new(action: &'static str, kind: &'static str, id: impl Into<Uuid>) -> Self {
        Self {
            action,
            subject: Subject { kind, id: id.into() },
            conversation: None,
            by: None,
            also: None,
            before: None,
            after: None,
        }
    }

    pub fn within(mut self, conversation: ConversationId) -> Self {
        self.conversation = Some(conversation);
        self
    }

    pub fn by(mut self, user: UserId, session: SessionId) -> Self {
        self.by = Some((user, session));
        self
    }

    /// Says that it concerns somebody who neither acts nor is the subject: the person whose session it is.
    pub fn concerning(mut self, user: UserId) -> Self {
        self.also = Some(user);
        self
    }

    /// Whom this concerns: those who watch the conversation or, where there is none, the people it is about. What a
    /// role allows may concern anybody.
    fn call(&self, actor: Option<Uuid>) -> Call {
        match self.conversation {
            Some(conversation) => Call::About(vec![conversation.0]),
            None if self.subject.kind == "role" => Call::Everybody,
            None => {
                let also = self.also.map(|user| user.0);
                Call::About(actor.into_iter().chain([self.subject.id]).chain(also).collect())
            }
        }
    }

    pub fn before(mut self, before: Value) -> Self {
        self.before = Some(before);
        self
    }

    pub fn after(mut self, after: Value) -> Self {
        self.after = Some(after);
        self
    }
}

/// Both rows in one statement.
const RECORD: &str = "
    with audit as (
        insert into audit_log (id, at, actor_id, session_id, request_id, action, subject_kind, subject_id, before, after,
                               on_behalf_of, api_key_id, credential)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, nullif($12, $3), $13, $14))
    insert into events (at, kind, subject_kind, subject_id, conversation_id, actor_id)
    values ($2, $6, $7, $8, $11, $12)";

/// Who does something, by what.
#[derive(Clone, Copy)]
struct Doer {
    credential: Credential,
    /// Who answers for it.
    actor: Option<Uuid>,
    /// In whose name.
    user: Option<Uuid>,
    session: Option<Uuid>,
    api_key: Option<Uuid>,
}

impl Doer {
    /// Nobody who has an account.
    fn nobody(credential: Credential) -> Self {
        Self { credential, actor: None, user: None, session: None, api_key: None }
    }

    fn of(actor: Actor) -> Self {
        let Actor::User(principal) = actor else { return Self::nobody(Credential::None) };
        Self {
            credential: match principal.via {
                Via::Session(_) => Credential::Session,
                Via::Impersonation { .. } => Credential::Impersonation,
                Via::Key { .. } => Credential::ApiKey,
                Via::Password { .. } => Credential::Password,
                Via::Place => Credential::Network,
            },
            actor: Some(principal.actor().0),
            user: Some(principal.user.0),
            session: principal.session().map(|session| session.0),
            api_key: principal.key().map(|key| key.0),
        }
    }
}

impl Tx {
    /// Writes both records of a change. A mutation that changes something and does not call this is not committed.
    pub async fn record(&self, change: Change) -> Result<()> {
        let doer = match change.by {
            Some((user, session)) => {
                let (user, session) = (Some(user.0), Some(session.0));
                Doer { credential: Credential::Session, actor: user, user, session, api_key: None }
            }
            None => Doer::of(self.actor),
        };
        let call = change.call(doer.user);
        insert(self, self.new_id(), doer, self.at, &self.request_id, change).await?;
        self.calls(call);
        self.set_recorded();
        Ok(())
    }
}

/// Writes both records of what an operator changed from the command line: no account acts, and the request is named
/// `command-line`.
pub async fn record_by_operator(db: &impl ConnectionTrait, clock: &Clock, change: Change) -> Result<()> {
    insert(db, clock.new_id(), Doer::nobody(Credential::Operator), clock.now(), "command-line", change).await
}

/// Does what the service itself does, without anybody who asked: one transaction, recorded like a mutation under the
/// request `service`; whom it concerns is told. Whether there was anything to do.
pub async fn by_service(
    app: &App,
    work: impl for<'t> FnOnce(&'t DatabaseTransaction) -> BoxFuture<'t, Result<Option<Change>>> + Send,
) -> Result<bool> {
    let transaction = app.db.begin().await?;
    match work(&transaction).await {
        Ok(Some(change)) => {
            let call = change.call(None);
            let at = app.clock.now();
            insert(&transaction, app.clock.new_id(), Doer::nobody(Credential::None), at, "service", change).await?;
            transaction.commit().await?;
            app.bell.ring(call);
            Ok(true)
        }
        Ok(None) => {
            transaction.rollback().await?;
            Ok(false)
        }
        Err(error) => {
            transaction.rollback().await?;
            Err(error)
        }
    }
}

/// Does what the settings ask for, as an operator would by hand, and records it: one transaction, as with a mutation.
pub async fn by_operator(
    app: &App,
    work: impl for<'t> FnOnce(&'t DatabaseTransaction) -> BoxFuture<'t, Result<Change>> + Send,
) -> Result<()> {
    let transaction = app.db.begin().await?;
    match work(&transaction).await {
        Ok(change) => {
            record_by_operator(&transaction, &app.clock, change).await?;
            Ok(transaction.commit().await?)
        }
        Err(error) => {
            transaction.rollback().await?;
            Err(error)
        }
    }
}

async fn insert(
    db: &impl ConnectionTrait,
    id: Uuid,
    doer: Doer,
    at: DateTime<Utc>,
    request_id: &str,
    change: Change,
) -> Result<()> {
    let values = [
        id.into(),
        at.into(),
        doer.actor.into(),
        doer.session.into(),
        request_id.into(),
        change.action.into(),
        change.subject.kind.into(),
        change.subject.id.into(),
        change.before.into(),
        change.after.into(),
        change.conversation.map(|id| id.0).into(),
        doer.user.into(),
        doer.api_key.into(),
        doer.credential.to_value().into(),
    ];
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, RECORD, values)).await?;
    Ok(())
}
