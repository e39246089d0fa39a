//! Every statement about the queue of mail.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{ConfirmationId, MailId, MembershipInvitationId, UserId};
use entity::mail::{self, Template};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Statement,
};
use uuid::Uuid;

use crate::auth::device;
use crate::error::Result;
use crate::write::Tx;

/// For so long a mail that was taken belongs to whoever took it; longer than sending can take.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// For so long it is tried.
pub const PATIENCE: TimeDelta = TimeDelta::hours(24);
/// For so long it can be looked at.
const KEPT: TimeDelta = TimeDelta::days(30);

/// A mail as it is put into the queue.
pub struct Letter<'a> {
    pub template: Template,
    pub email: &'a str,
    /// Nobody if it has to be found out whose address it is.
    pub user: Option<UserId>,
    pub confirmation: Option<ConfirmationId>,
}

/// Puts a mail into the queue, with the device and the address of the request.
pub async fn queue(tx: &Tx, letter: Letter<'_>) -> Result<MailId> {
    let row = mail::Model {
        id: MailId(tx.new_id()),
        template: letter.template,
        email: letter.email.to_owned(),
        user_id: letter.user,
        confirmation_id: letter.confirmation,
        invitation_id: None,
        device: Some(device::describe(tx.client.agent()).0),
        address: tx.client.address_text(),
        created_at: tx.at,
        attempts: 0,
        due_at: Some(tx.at),
        sent_at: None,
        dropped_at: None,
    };
    Ok(row.into_active_model().insert(tx).await?.id)
}

/// One address gets so many mails of invitations in so much time, whoever invites it into whatever.
const MOST_INVITATIONS: u64 = 3;
const DAY: TimeDelta = TimeDelta::hours(24);

/// Puts a mail to an address into the queue that was invited, unless it got enough of them today. It says nothing of
/// whoever invited, and nobody looks whether the address is anybody's.
pub async fn queue_invitation(
    tx: &Tx,
    template: Template,
    email: &str,
    invitation: MembershipInvitationId,
) -> Result<()> {
    let turn = "select pg_advisory_xact_lock(hashtextextended('mail of invitations ' || lower($1), 0))";
    tx.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, turn, [email.into()])).await?;
    let today = mail::Entity::find()
        .filter(mail::Column::Email.eq(email))
        .filter(mail::Column::InvitationId.is_not_null())
        .filter(mail::Column::CreatedAt.gt(tx.at - DAY));
    if today.count(tx).await? >= MOST_INVITATIONS {
        return Ok(());
    }
    let row = mail::Model {
        id: MailId(tx.new_id()),
        template,
        email: email.to_owned(),
        user_id: None,
        confirmation_id: None,
        invitation_id: Some(invitation),
        device: None,
        address: None,
        created_at: tx.at,
        attempts: 0,
        due_at: Some(tx.at),
        sent_at: None,
        dropped_at: None,
    };
    row.into_active_model().insert(tx).await?;
    Ok(())
}

/// The mail that has waited longest, taken in one statement: nobody else takes it while the lease lasts.
const TAKE: &str = "
    update mails set attempts = attempts + 1, due_at = $2
     where id = (select id from mails where due_at <= $1 and (user_id is not null or invitation_id is not null)
                  order by due_at, id limit 1 for update skip locked)
    returning id";

/// Takes the next mail that is due, if there is one.
pub async fn take(db: &impl ConnectionTrait, at: DateTime<Utc>) -> Result<Option<mail::Model>> {
    let values = [at.into(), (at + LEASE).into()];
    let taken = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, TAKE, values)).await?;
    match taken {
        Some(row) => find(db, MailId(row.try_get_by_index(0)?)).await,
        None => Ok(None),
    }
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    Sent,
    Dropped,
    /// It is tried again at that time.
    Later(DateTime<Utc>),
}

/// Writes down what became of an attempt, unless the mail belongs to somebody else by now.
pub async fn settle(db: &impl ConnectionTrait, taken: &mail::Model, outcome: Outcome, at: DateTime<Utc>) -> Result<()> {
    let (due, sent, dropped) = match outcome {
        Outcome::Sent => (None, Some(at), None),
        Outcome::Dropped => (None, None, Some(at)),
        Outcome::Later(due) => (Some(due), None, None),
    };
    let settled = mail::Entity::update_many()
        .col_expr(mail::Column::DueAt, Expr::val(due))
        .col_expr(mail::Column::SentAt, Expr::val(sent))
        .col_expr(mail::Column::DroppedAt, Expr::val(dropped))
        .filter(mail::Column::Id.eq(taken.id))
        .filter(mail::Column::Attempts.eq(taken.attempts))
        .filter(mail::Column::DueAt.is_not_null());
    settled.exec(db).await?;
    Ok(())
}

/// Whether the token of a mail still opens anything.
const IS_LIVE: &str = "
    select exists (select 1 from confirmations c join users u on u.id = c.user_id
                    where c.id = $1 and c.used_at is null and c.expires_at > $2 and u.email = c.email
                      and account_is_active(u.state, u.suspended_until, $2))";

pub async fn is_live(db: &impl ConnectionTrait, id: ConfirmationId, at: DateTime<Utc>) -> Result<bool> {
    holds(db, IS_LIVE, id.0, at).await
}

/// Whether an invitation still stands: nobody has answered it, the place is there, and whoever made it can be reached.
const STANDS: &str = "
    select exists (select 1 from membership_invitations i join users u on u.id = i.invited_by
                     left join teams t on t.id = i.team_id left join workspaces w on w.id = i.workspace_id
                    where i.id = $1 and i.answer is null and i.expires_at > $2
                      and coalesce(t.deleted_at, w.deleted_at) is null
                      and account_is_active(u.state, u.suspended_until, $2))";

pub async fn stands(db: &impl ConnectionTrait, id: MembershipInvitationId, at: DateTime<Utc>) -> Result<bool> {
    holds(db, STANDS, id.0, at).await
}

async fn holds(db: &impl ConnectionTrait, sql: &str, id: Uuid, at: DateTime<Utc>) -> Result<bool> {
    let asked = Statement::from_sql_and_values(DbBackend::Postgres, sql, [id.into(), at.into()]);
    let row = db.query_one_raw(asked).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default())
}

pub async fn find(db: &impl ConnectionTrait, id: MailId) -> Result<Option<mail::Model>> {
    Ok(mail::Entity::find_by_id(id).one(db).await?)
}

/// The latest mails, newest first.
pub async fn latest(db: &impl ConnectionTrait, most: u64) -> Result<Vec<mail::Model>> {
    let latest = mail::Entity::find().order_by_desc(mail::Column::CreatedAt).order_by_desc(mail::Column::Id);
    Ok(latest.limit(most).all(db).await?)
}

/// Drops what has been tried for too long.
pub async fn give_up(db: &impl ConnectionTrait, at: DateTime<Utc>) -> Result<u64> {
    let late = mail::Entity::update_many()
        .col_expr(mail::Column::DueAt, Expr::val(None::<DateTime<Utc>>))
        .col_expr(mail::Column::DroppedAt, Expr::val(at))
        .filter(mail::Column::DueAt.lte(at))
        .filter(mail::Column::CreatedAt.lte(at - PATIENCE));
    Ok(late.exec(db).await?.rows_affected)
}

/// Removes what is older than a month.
pub async fn forget_old(db: &impl ConnectionTrait, at: DateTime<Utc>) -> Result<u64> {
    let old = mail::Entity::delete_many().filter(mail::Column::CreatedAt.lte(at - KEPT));
    Ok(old.exec(db).await?.rows_affected)
}
