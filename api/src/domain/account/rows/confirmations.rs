//! Every statement about mailed tokens. Whoever locks a user and their confirmation locks the user first.

use chrono::{DateTime, TimeDelta, Utc};
use entity::confirmation::Purpose;
use entity::id::{ConfirmationId, UserId};
use entity::user;
use sea_orm::{ActiveEnum, ConnectionTrait, DbBackend, EntityTrait, Statement};

use crate::auth::confirmation::ConfirmationToken;
use crate::clock::Clock;
use crate::error::Result;

/// A user gets one mail of a purpose in so much time.
pub const PAUSE: TimeDelta = TimeDelta::minutes(5);
/// And so many in a day, whatever the address: whose it is has not been shown.
const MOST: i32 = 10;
const DAY: TimeDelta = TimeDelta::hours(24);

/// For so long a token works.
fn lifetime(purpose: Purpose) -> TimeDelta {
    match purpose {
        Purpose::PasswordReset => TimeDelta::hours(1),
        Purpose::EmailVerification => TimeDelta::hours(24),
    }
}

/// Takes the place of the latest one, unless that was a moment ago and for the same address, or there were too many today.
const ISSUE: &str = "
    insert into confirmations (user_id, purpose, id, email, created_at, expires_at, made_since)
    values ($1, $2, $3, $4::citext, $5, $6, $5)
    on conflict on constraint confirmations_pkey do update
       set id = excluded.id, email = excluded.email, created_at = excluded.created_at,
           expires_at = excluded.expires_at, used_at = null,
           made = case when confirmations.made_since <= $8 then 1 else confirmations.made + 1 end,
           made_since = case when confirmations.made_since <= $8 then $5 else confirmations.made_since end
     where (confirmations.created_at <= $7 or confirmations.email <> excluded.email)
       and (confirmations.made_since <= $8 or confirmations.made < $9)
    returning id";

/// A new token for a user at their address; it ends the one before. Nothing if that one is too young, or one of too many.
pub async fn issue(
    db: &impl ConnectionTrait,
    token: ConfirmationToken,
    user: UserId,
    email: &str,
    at: DateTime<Utc>,
) -> Result<Option<ConfirmationId>> {
    let values = [
        user.0.into(),
        token.purpose.to_value().into(),
        token.id.0.into(),
        email.into(),
        at.into(),
        (at + lifetime(token.purpose)).into(),
        (at - PAUSE).into(),
        (at - DAY).into(),
        MOST.into(),
    ];
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, ISSUE, values)).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.map(ConfirmationId))
}

/// Ends the mailed tokens of a user, of one purpose or of all.
pub async fn close(db: &impl ConnectionTrait, user: UserId, purpose: Option<Purpose>, at: DateTime<Utc>) -> Result<()> {
    let sql = "
        update confirmations set used_at = $3
         where user_id = $1 and purpose = coalesce($2, purpose) and used_at is null";
    let values = [user.0.into(), purpose.map(|purpose| purpose.to_value()).into(), at.into()];
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    Ok(())
}

/// One mail that was asked for an address and not looked up yet. If the address is that of an active account that was not
/// sent one a moment ago, the mail becomes that user's, with a token, and goes to the address as the account has it; else
/// it is removed. Its owner is told who asked. Asked again within an hour it is the same token, good for another hour: whoever
/// asks again and again makes no token worthless that the owner holds.
const ANSWER: &str = "
    with asked as (
        select id, email, device, address from mails
         where user_id is null and invitation_id is null and due_at is not null order by id limit 1 for update skip locked),
    account as (
        select u.id, u.email from users u
         where u.email = (select email from asked) and account_is_active(u.state, u.suspended_until, $2)
           for no key update),
    issued as (
        insert into confirmations (user_id, purpose, id, email, created_at, expires_at, made_since)
        select id, 'password_reset', $1, email, $2, $3, $2 from account
        on conflict on constraint confirmations_pkey do update
           set id = case when $6 < confirmations.made_since and $2 < confirmations.expires_at
                          and confirmations.used_at is null and confirmations.email = excluded.email
                         then confirmations.id else $1 end,
               made_since = case when $6 < confirmations.made_since and $2 < confirmations.expires_at
                                  and confirmations.used_at is null and confirmations.email = excluded.email
                                 then confirmations.made_since else $2 end,
               email = excluded.email, created_at = excluded.created_at, expires_at = excluded.expires_at, used_at = null
         where confirmations.created_at <= $4 or confirmations.email <> excluded.email
        returning user_id, id, email),
    known as (
        update mails m set user_id = i.user_id, confirmation_id = i.id, email = i.email
          from asked a, issued i where m.id = a.id),
    noted as (
        insert into security_events (id, user_id, kind, at, device, address)
        select $5, i.user_id, 'password_reset_requested', $2, a.device, a.address from asked a, issued i),
    removed as (
        delete from mails m using asked a where m.id = a.id and not exists (select from issued))
    select 1 from asked";

/// Looks up one mail that was asked for an address, whatever comes of it; whether there was one.
pub async fn answer_reset_request(db: &impl ConnectionTrait, clock: &Clock) -> Result<bool> {
    let at = clock.now();
    let values = [
        clock.new_id().into(),
        at.into(),
        (at + lifetime(Purpose::PasswordReset)).into(),
        (at - PAUSE).into(),
        clock.new_id().into(),
        (at - lifetime(Purpose::PasswordReset)).into(),
    ];
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, ANSWER, values)).await?;
    Ok(row.is_some())
}

/// What makes a token good, of `c` and `u`: it is unused and unexpired, the account active, the address still theirs.
const ACCOUNT: &str = "
    select u.id from confirmations c join users u on u.id = c.user_id
     where c.id = $1 and c.purpose = $2 and c.used_at is null and c.expires_at > $3 and u.email = c.email
       and account_is_active(u.state, u.suspended_until, $3)";

/// Whose account a good token opens. Used by nobody but its holder, who is not signed in.
pub async fn account(
    db: &impl ConnectionTrait,
    token: ConfirmationToken,
    at: DateTime<Utc>,
) -> Result<Option<user::Model>> {
    let values = [token.id.0.into(), token.purpose.to_value().into(), at.into()];
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, ACCOUNT, values)).await?;
    match row {
        Some(row) => Ok(user::Entity::find_by_id(UserId(row.try_get_by_index(0)?)).one(db).await?),
        None => Ok(None),
    }
}

/// Uses a good token up. Of many that try one succeeds: the row is locked by the first, and then it is used.
const USE: &str = "
    with owner as (
        select u.id, u.email from users u
         where u.id = (select user_id from confirmations where id = $1)
           and account_is_active(u.state, u.suspended_until, $3) for no key update)
    update confirmations c set used_at = $3 from owner u
     where c.id = $1 and c.purpose = $2 and c.used_at is null and c.expires_at > $3 and c.user_id = u.id
       and c.email = u.email
    returning c.user_id";

/// Uses a token up, if it is good, and locks its user.
pub async fn use_up(db: &impl ConnectionTrait, token: ConfirmationToken, at: DateTime<Utc>) -> Result<Option<UserId>> {
    let values = [token.id.0.into(), token.purpose.to_value().into(), at.into()];
    let row = db.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, USE, values)).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.map(UserId))
}
