//! Who sees which teams, and who changes them.

use entity::team_member::{Model as Member, Role};

use crate::access::Permission;
use crate::auth::Principal;
use crate::database::shape::Rule;
use crate::error::{Error, Result};

/// The teams that one is a member of, and with `users:read` all of them; deleted ones for their owners alone.
pub fn visible(viewer: &Principal) -> Rule<'static> {
    let text = "exists (select from team_members mine where mine.team_id = teams.id and mine.user_id = $1
                           and (teams.deleted_at is null or mine.role = 'owner') offset 0)";
    let user = [viewer.user.0.into()];
    match viewer.holds(Permission::UsersRead) {
        true => Rule::text("any or one's own", format!("teams.deleted_at is null or {text}"), &user),
        false => Rule::text("one's own", text, &user),
    }
}

/// The memberships in teams that exist for the viewer.
pub fn members_visible(viewer: &Principal) -> Rule<'static> {
    let text = "exists (select from teams t join team_members mine on mine.team_id = t.id
                         where t.id = team_members.team_id and mine.user_id = $1
                           and (t.deleted_at is null or mine.role = 'owner') offset 0)";
    match viewer.holds(Permission::UsersRead) {
        true => Rule::all(),
        false => Rule::text("of one's own teams", text, &[viewer.user.0.into()]),
    }
}

/// The teams that the viewer is a member of.
pub fn joined(viewer: &Principal) -> Rule<'static> {
    let text = "teams.deleted_at is null and exists (
                    select from team_members mine where mine.team_id = teams.id and mine.user_id = $1 offset 0)";
    Rule::text("joined", text, &[viewer.user.0.into()])
}

/// Rename it, invite, and with `needed` OWNER delete it.
pub fn may(role: Option<Role>, needed: Role) -> Result<()> {
    match role {
        Some(role) if role >= needed => Ok(()),
        _ if needed == Role::Owner => Err(Error::Forbidden("Only the owners of the team do this.")),
        _ => Err(Error::Forbidden("Only the owners and admins of the team do this.")),
    }
}

/// Change what somebody is in the team, or remove them: nobody changes those above them, or makes anybody more than they
/// are themselves. Everybody may leave, or be less.
pub fn may_change_member(viewer: &Principal, own: Option<Role>, member: &Member, role: Option<Role>) -> Result<()> {
    let less = role.is_none_or(|role| role <= member.role);
    if member.user_id == viewer.user && less {
        return Ok(());
    }
    let allowed =
        own.is_some_and(|own| own >= Role::Admin && own >= member.role && role.is_none_or(|role| own >= role));
    match allowed {
        true => Ok(()),
        false => {
            Err(Error::Forbidden("Only owners and admins do this, to nobody above them and no higher than they are."))
        }
    }
}
