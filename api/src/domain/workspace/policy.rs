//! Who sees which workspaces, and who changes them.

use entity::share::Level;

use crate::access::Permission;
use crate::auth::Principal;
use crate::database::shape::Rule;
use crate::domain::thing::reach;

/// The workspaces that one is a member of; deleted ones for their owners alone.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    // Nobody owns a workspace alone: reading one's own does not reach it.
    if !viewer.holds(Permission::ConversationsRead) || viewer.holds_only_for_own(Permission::ConversationsRead) {
        return Rule::none();
    }
    let subjects = reach::subjects(Level::Read);
    let text = format!(
        "workspaces.deleted_at is null and workspaces.id = any({subjects})
         or exists (select from shares given where given.thing_id = workspaces.id and given.subject_id = $1
                       and given.level = 'owner' offset 0)"
    );
    Rule::text("member of", text, &reach::asked_by(viewer))
}

/// Those that are listed: not the deleted ones.
pub fn listed(viewer: &Principal) -> Rule<'static> {
    // Nobody owns a workspace alone: reading one's own does not reach it.
    if !viewer.holds(Permission::ConversationsRead) || viewer.holds_only_for_own(Permission::ConversationsRead) {
        return Rule::none();
    }
    let subjects = reach::subjects(Level::Read);
    let text = format!("workspaces.deleted_at is null and workspaces.id = any({subjects})");
    Rule::text("joined", text, &reach::asked_by(viewer))
}
