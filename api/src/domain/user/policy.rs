//! Who sees which users, and what of them.

use chrono::{DateTime, Utc};
use entity::id::UserId;
use entity::{share, user};
use sea_orm::sea_query::{Expr, Func, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition};

use crate::access::{Permission, PermissionSet};
use crate::auth::Principal;
use crate::database::shape::{Rule, equal};
use crate::domain::conversation::policy as conversation_policy;
use crate::domain::thing::reach;
use crate::error::{Error, Result};

/// The users that exist for the viewer.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    if viewer.holds(Permission::UsersRead) {
        return Rule::all();
    }
    if !viewer.holds(Permission::ConversationsRead) {
        return equal(user::Column::Id, viewer.user);
    }
    if viewer.holds_only_for_own(Permission::ConversationsRead) {
        return Rule::kept("in one's own", "", || IN_OWN.to_owned(), &[viewer.user.0.into()]);
    }
    Rule::kept("known", "", acquainted, &reach::asked_by(viewer))
}

/// The viewer, whom [`visible`] holds in any case.
pub fn oneself(viewer: &Principal) -> Rule<'static> {
    equal(user::Column::Id, viewer.user)
}

/// Whether it is the viewer, or takes part in a conversation of theirs.
const IN_OWN: &str = "users.id = $1 or exists (
    select from participants mine join participants theirs on theirs.conversation_id = mine.conversation_id
     where mine.user_id = $1 and mine.is_owner and theirs.user_id = users.id)";

/// Whether it is the viewer, somebody in one of their teams or workspaces, or somebody who takes part in a conversation
/// that the viewer owns or was given; the trash counts for its owner only.
/// It probes from the viewer's conversations while those are few, else from the user's: so what somebody with ten
/// thousand of them costs depends on the other one. What came to the viewer by a team or a workspace is probed from the
/// user's side. `offset 0` keeps the planner from turning a probe into a join.
fn acquainted() -> String {
    let (subjects, unexpired, known) =
        (reach::subjects(share::Level::Read), reach::unexpired("given"), conversation_policy::known("talk"));
    format!(
        r#"users.id = $1
    or exists (select from team_members theirs where theirs.user_id = users.id and theirs.team_id = any({subjects}) offset 0)
    or exists (select from shares given where given.grantee_id = users.id and given.thing_id = any({subjects})
                  and {unexpired} offset 0)
    or exists (select from team_members theirs join shares given on given.team_id = theirs.team_id
                where theirs.user_id = users.id and given.thing_id = any({subjects}) and {unexpired} offset 0)
    or case when cardinality({subjects}) = 1
             and (select count(*) from (select from participants few where few.user_id = $1 limit 101) few) <= 100
    then exists (
        select from participants mine
         where mine.user_id = $1
           and exists (select from participants theirs
                        where theirs.conversation_id = mine.conversation_id and theirs.user_id = users.id offset 0)
           and (mine.is_owner or mine.is_grantee and exists (
                select from conversations talk join shares given on given.thing_id = talk.id and given.grantee_id = $1
                 where talk.id = mine.conversation_id and talk.deleted_at is null and {unexpired})))
    else exists (
        select from participants theirs
         where theirs.user_id = users.id
           and exists (select from conversations talk where talk.id = theirs.conversation_id and ({known}) offset 0))
    end"#
    )
}

/// The accounts that can be used at a moment. `account_is_active` of the database is the one that knows; what is loaded
/// already is asked by `user::Model::is_active`, which says the same.
pub fn active(at: DateTime<Utc>) -> Rule<'static> {
    Rule::new("active", [at.into()], move || is_active(at))
}

/// Their ids.
pub fn active_accounts(at: DateTime<Utc>) -> SelectStatement {
    Query::select().column(user::Column::Id).from(user::Entity).and_where(is_active(at)).take()
}

fn is_active(at: DateTime<Utc>) -> Expr {
    let of = |column| Expr::col((user::Entity, column));
    let state = [of(user::Column::State), of(user::Column::SuspendedUntil), Expr::val(at)];
    Func::cust("account_is_active").args(state).into()
}

/// Those in a state at a moment.
pub fn in_state(state: user::State, at: DateTime<Utc>) -> Rule<'static> {
    match state {
        user::State::Active => active(at),
        user::State::Suspended => {
            let until = user::Column::SuspendedUntil;
            let lasting =
                Rule::new("still", [at.into()], move || Condition::any().add(until.is_null()).add(until.gt(at)));
            equal(user::Column::State, state).and(lasting)
        }
        user::State::Deactivated | user::State::Deleted => equal(user::Column::State, state),
    }
}

/// Those of whose names, or address for those who may see it, a word begins so. The ids come first, from the index: with
/// a list's order in view the planner would rather read all users in that order.
pub fn found_by_beginning(viewer: &Principal, beginning: &str) -> Rule<'static> {
    let escaped = beginning.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let pattern = format!("% {escaped}%");
    let (name, found) = match viewer.holds(Permission::UsersRead) {
        true => ("begins", "\"users\".\"id\" = any(array(select u.id from users u where u.details like $1))"),
        false => ("name begins", "\"users\".\"id\" = any(array(select u.id from users u where u.names like $1))"),
    };
    Rule::new(name, [pattern.clone().into()], move || Expr::cust_with_values(found, [pattern]))
}

/// Those whose names, or address for those who may see it, have a part that is like this, however it is spelt.
pub fn found_by_likeness(viewer: &Principal, text: &str) -> Rule<'static> {
    let text = text.to_lowercase();
    let (name, found) = match viewer.holds(Permission::UsersRead) {
        true => ("like", "\"users\".\"id\" = any(array(select u.id from users u where u.details %> $1))"),
        false => ("name like", "\"users\".\"id\" = any(array(select u.id from users u where u.names %> $1))"),
    };
    Rule::new(name, [text.clone().into()], move || Expr::cust_with_values(found, [text]))
}

/// Change names and address.
pub fn may_change(viewer: &Principal, subject: UserId) -> Result<()> {
    match viewer.user == subject || viewer.holds(Permission::UsersWrite) {
        true => Ok(()),
        false => Err(Error::MissingPermission(Permission::UsersWrite)),
    }
}

/// Handle the account of somebody with these permissions, under whatever conditions: otherwise who may change addresses could take over accounts
/// that may do more than their own.
pub fn may_handle(viewer: &Principal, theirs: PermissionSet) -> Result<()> {
    match viewer.unconditional.holds_all(theirs) {
        true => Ok(()),
        false => Err(Error::Forbidden("Nobody changes an account that may do more than their own.")),
    }
}

/// Suspend, delete, reactivate, restore.
pub fn may_close(viewer: &Principal, subject: UserId) -> Result<()> {
    match viewer.is_self(subject) {
        true => Err(Error::Forbidden("Nobody does this to themselves; see deactivateAccount and deleteAccount.")),
        false => Ok(()),
    }
}

/// Address, last sign-in, second factor: not for whoever holds a key, a password or a place of theirs.
pub fn may_see_reach(viewer: &Principal, subject: UserId) -> bool {
    viewer.user == subject && viewer.session().is_some() || viewer.holds(Permission::UsersRead)
}

/// State, roles, permissions.
pub fn may_see_private(viewer: &Principal, subject: UserId) -> bool {
    viewer.user == subject || viewer.holds(Permission::UsersRead)
}
