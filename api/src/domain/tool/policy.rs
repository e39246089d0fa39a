//! Who sees which tools, and what they may do with them.

use entity::share::Level;
use entity::tool;

use crate::access::Permission;
use crate::auth::Principal;
use crate::database::shape::{Rule, equal};
use crate::domain::thing::object::AccessLevel;
use crate::domain::thing::reach;
use crate::error::{Error, Result, UserError};

/// The tools that exist for the viewer: one's own, those of the installation, and those outside the trash that were given to
/// one or are open to everybody.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    if !viewer.holds(Permission::ToolsRead) {
        return Rule::none();
    }
    if viewer.holds_only_for_own(Permission::ToolsRead) {
        return equal(tool::Column::OwnerId, viewer.user);
    }
    let given = reach::given_or_open("tools.id", "null::uuid");
    let text = match viewer.holds(Permission::ToolsPublish) {
        true => format!("tools.owner_id = $1 or tools.owner_id is null or tools.deleted_at is null and {given}"),
        false => format!("tools.owner_id = $1 or tools.deleted_at is null and (tools.owner_id is null or {given})"),
    };
    let name = if viewer.holds(Permission::ToolsPublish) { "own, published or given" } else { "own, common or given" };
    Rule::text(name, text, &reach::asked_by(viewer))
}

/// Those that are listed, in parts that have none in common: one's own, those of the installation, those that were given
/// to one. What is merely open to everybody is in no list.
pub fn parts(viewer: &Principal) -> [Rule<'static>; 3] {
    if !viewer.holds(Permission::ToolsRead) {
        return [Rule::none(), Rule::none(), Rule::none()];
    }
    let own = equal(tool::Column::OwnerId, viewer.user);
    if viewer.holds_only_for_own(Permission::ToolsRead) {
        return [own, Rule::none(), Rule::none()];
    }
    let (common, name) = match viewer.holds(Permission::ToolsPublish) {
        true => ("tools.owner_id is null", "published"),
        false => ("tools.owner_id is null and tools.deleted_at is null", "common"),
    };
    let gifts = reach::gifts();
    let given = format!("tools.owner_id <> $1 and tools.deleted_at is null and tools.id in ({gifts})");
    [own, Rule::text(name, common, &[]), Rule::text("given", given, &reach::asked_by(viewer))]
}

/// The viewer's level, from the row and what was given to them.
pub fn level(viewer: &Principal, row: &tool::Model, given: Option<Level>) -> Option<AccessLevel> {
    match row.owner_id {
        Some(owner) if owner == viewer.user => Some(AccessLevel::Owner),
        _ if viewer.holds_only_for_own(Permission::ToolsRead) => None,
        None if viewer.holds(Permission::ToolsPublish) => Some(AccessLevel::Owner),
        // Also for those who waited while the owner deleted it.
        _ if row.deleted_at.is_some() => None,
        None => Some(given.map_or(AccessLevel::Read, AccessLevel::from)),
        Some(_) if viewer.holds_only_for_own(Permission::ToolsWrite) => given.map(|_| AccessLevel::Read),
        Some(_) => given.map(AccessLevel::from),
    }
}

/// Making a tool of the installation.
pub fn may_publish(viewer: &Principal) -> Result<()> {
    match viewer.holds(Permission::ToolsPublish) {
        true => Ok(()),
        false => Err(Error::MissingPermission(Permission::ToolsPublish)),
    }
}

/// What is in the trash does not change until it is restored; `path` names the input that led there.
pub fn outside_trash(row: &tool::Model, path: &[&str]) -> Result<()> {
    match row.deleted_at {
        None => Ok(()),
        Some(_) => Err(Error::refused(UserError::conflict(path, "The tool is in the trash: restore it first."))),
    }
}
