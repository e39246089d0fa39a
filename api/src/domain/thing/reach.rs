//! Which things somebody reaches by what they were given, as conditions for statements: `$1` is the person, `$2` the moment.

use chrono::{DateTime, Utc};
use entity::share::Level;
use sea_orm::Value;
use uuid::Uuid;

use crate::auth::Principal;

/// Whom things are given that are given to everybody, among the subjects of shares.
pub const EVERYBODY: Uuid = Uuid::nil();

/// The values behind `$1` and `$2`.
pub fn asked(user: Uuid, at: DateTime<Utc>) -> [Value; 2] {
    [user.into(), at.into()]
}

/// The same for the viewer.
pub fn asked_by(viewer: &Principal) -> [Value; 2] {
    asked(viewer.user.0, viewer.at)
}

/// As what the person may be given things, so that they reach this level.
pub fn subjects(level: Level) -> String {
    format!("(select subjects_of($1, $2, {}))::uuid[]", level.rank())
}

/// Whether a share of `shares` under this name counts at `$2`.
pub fn unexpired(share: &str) -> String {
    format!("({share}.expires_at is null or {share}.expires_at > $2)")
}

/// Whether the thing with this id, in this workspace, was given to the person at this level or above; what everybody may
/// see is no gift. `offset 0` has the planner probe for a share, not list them all.
pub fn given(thing: &str, workspace: &str, level: Level) -> String {
    held(thing, workspace, level, &subjects(level))
}

/// The same, or open to everybody.
pub fn given_or_open(thing: &str, workspace: &str) -> String {
    held(thing, workspace, Level::Read, &format!("({} || '{EVERYBODY}'::uuid)", subjects(Level::Read)))
}

fn held(thing: &str, workspace: &str, level: Level, by: &str) -> String {
    let (rank, unexpired, subjects) = (level.rank(), unexpired("given"), subjects(level));
    format!(
        "(exists (select from shares given where given.thing_id = {thing} and given.subject_id = any({by})
                     and given.rank >= {rank} and {unexpired} offset 0)
          or {workspace} is not null and {workspace} = any({subjects}))"
    )
}

/// The ids of what was given to the person, whatever it is.
pub fn gifts() -> String {
    let (subjects, unexpired) = (subjects(Level::Read), unexpired("given"));
    format!("select given.thing_id from shares given where given.subject_id = any({subjects}) and {unexpired}")
}
