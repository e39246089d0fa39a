//! Who sees which advisors, and what they may do with them.

use entity::advisor;
use entity::share::Level;

use crate::access::Permission;
use crate::auth::Principal;
use crate::database::shape::{Rule, equal};
use crate::domain::thing::object::AccessLevel;
use crate::domain::thing::reach;
use crate::error::{Error, Result, UserError};

/// The advisors that exist for the viewer: one's own, and those outside the trash that were given to one or are open to
/// everybody.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    if !viewer.holds(Permission::AdvisorsRead) {
        return Rule::none();
    }
    if viewer.holds_only_for_own(Permission::AdvisorsRead) {
        return equal(advisor::Column::OwnerId, viewer.user);
    }
    let given = reach::given_or_open("advisors.id", "null::uuid");
    let text = format!("advisors.owner_id = $1 or advisors.deleted_at is null and {given}");
    Rule::text("own, given or open", text, &reach::asked_by(viewer))
}

/// Those that are listed, in parts that have none in common: one's own, and those that were given to one.
pub fn parts(viewer: &Principal) -> [Rule<'static>; 2] {
    if !viewer.holds(Permission::AdvisorsRead) {
        return [Rule::none(), Rule::none()];
    }
    let own = equal(advisor::Column::OwnerId, viewer.user);
    if viewer.holds_only_for_own(Permission::AdvisorsRead) {
        return [own, Rule::none()];
    }
    let gifts = reach::gifts();
    let given = format!("advisors.owner_id <> $1 and advisors.deleted_at is null and advisors.id in ({gifts})");
    [own, Rule::text("given", given, &reach::asked_by(viewer))]
}

/// The viewer's level, from the row and what was given to them.
pub fn level(viewer: &Principal, row: &advisor::Model, given: Option<Level>) -> Option<AccessLevel> {
    match row.owner_id == viewer.user {
        true => Some(AccessLevel::Owner),
        // Also for those who waited while the owner deleted it.
        false if row.deleted_at.is_some() => None,
        false if viewer.holds_only_for_own(Permission::AdvisorsRead) => None,
        false if viewer.holds_only_for_own(Permission::AdvisorsWrite) => given.map(|_| AccessLevel::Read),
        false => given.map(AccessLevel::from),
    }
}

/// Whether the prompt is shown to somebody with this level.
pub fn shows_prompt(row: &advisor::Model, level: Option<AccessLevel>) -> bool {
    !row.hides_prompt || level >= Some(AccessLevel::Write)
}

/// To copy it, the prompt included.
pub fn may_copy(row: &advisor::Model, level: AccessLevel) -> Result<()> {
    match shows_prompt(row, Some(level)) {
        true => Ok(()),
        false => Err(Error::Forbidden("The prompt of this advisor is not shown, so it is not copied.")),
    }
}

/// To show the prompt to those who read, or to hide it.
pub fn may_reveal(level: AccessLevel) -> Result<()> {
    match level >= AccessLevel::Manage {
        true => Ok(()),
        false => Err(Error::Forbidden("This needs the level MANAGE on the advisor.")),
    }
}

/// What is in the trash does not change until it is restored; `path` names the input that led there.
pub fn outside_trash(row: &advisor::Model, path: &[&str]) -> Result<()> {
    match row.deleted_at {
        None => Ok(()),
        Some(_) => Err(Error::refused(UserError::conflict(path, "The advisor is in the trash: restore it first."))),
    }
}
